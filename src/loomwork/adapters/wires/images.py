"""Images as messages carry them: web addresses, and `data:` URLs (RFC 2397) with base64 in them."""

import base64
import binascii
from dataclasses import dataclass

from loomwork.model_gateway.domain.chat import Message
from loomwork.model_gateway.domain.errors import ModelRefused
from loomwork.model_gateway.ports import Call

DEFAULT_TYPE = "image/png"


@dataclass(frozen=True, slots=True)
class InlineImage:
    """`data` is base64, as it was written."""

    media_type: str
    data: str

    @property
    def kind(self) -> str:
        """The part of the type behind the slash, as it is commonly called: png, jpeg, gif, webp."""
        kind = self.media_type.partition("/")[2]
        return "jpeg" if kind == "jpg" else kind


@dataclass(frozen=True, slots=True)
class LinkedImage:
    url: str


def images_of(call: Call, message: Message) -> list[InlineImage | LinkedImage]:
    """Raises `ModelRefused` for images where the model sees none, and for what is no image."""
    if message.images and not call.profile.vision:
        raise ModelRefused(
            f"{call.name} does not see images. Choose a model that does, or leave the images out.",
            cause="bad_request",
            model=call.name,
        )
    return [_image(call, address) for address in message.images]


def _image(call: Call, address: str) -> InlineImage | LinkedImage:
    if address.startswith(("http://", "https://")):
        return LinkedImage(address)
    head, comma, data = address.partition(",")
    if not head.startswith("data:image/") or not head.endswith(";base64") or not comma:
        raise _unfit(call, "neither a web address nor a data: URL in base64")
    try:
        base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        raise _unfit(call, "a data: URL whose base64 is broken") from None
    return InlineImage(head.removeprefix("data:").partition(";")[0].lower() or DEFAULT_TYPE, data)


def _unfit(call: Call, what: str) -> ModelRefused:
    return ModelRefused(f"{call.name} was given an image that is {what}.", cause="bad_request", model=call.name)
