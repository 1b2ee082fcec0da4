"""Texts to vectors."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from loomwork.model_gateway.domain.usage import NOBODY, Spender, Usage


@dataclass(frozen=True, slots=True)
class EmbeddingRequest:
    """`texts` is never empty, and may be more than the provider takes at once: the gateway splits. `kind` matters to
    models that embed a question otherwise than a passage. `dimensions` where the model can shorten its vectors.
    """

    model: str
    texts: Sequence[str]
    kind: Literal["query", "document"] | None = None
    dimensions: int | None = None
    spender: Spender = NOBODY


@dataclass(frozen=True, slots=True)
class Embeddings:
    """One vector for each text, in their order, all of one length."""

    vectors: Sequence[Sequence[float]]
    usage: Usage
    model: str | None = None
