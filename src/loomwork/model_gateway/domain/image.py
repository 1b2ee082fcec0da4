"""Text to images."""

from collections.abc import Sequence
from dataclasses import dataclass

from loomwork.model_gateway.domain.usage import NOBODY, Spender, Usage


@dataclass(frozen=True, slots=True)
class ImageRequest:
    """`size` is "WIDTHxHEIGHT" in pixels, or a word that the model knows; None: the model's own. `images` are pictures
    to start from (`data:` URLs), for models that edit.
    """

    model: str
    prompt: str
    count: int = 1
    size: str | None = None
    quality: str | None = None
    style: str | None = None
    background: str | None = None
    format: str | None = None
    images: Sequence[str] = ()
    spender: Spender = NOBODY


@dataclass(frozen=True, slots=True)
class MadeImage:
    """Either the bytes or an address where they lie for a while. `prompt` is what the model made of the prompt."""

    data: bytes | None = None
    url: str | None = None
    media_type: str = "image/png"
    prompt: str | None = None


@dataclass(frozen=True, slots=True)
class Images:
    images: Sequence[MadeImage]
    usage: Usage
    model: str | None = None
