"""Images of a prompt, and of a prompt and other images, as OpenAI's API has them."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

import orjson

from loomwork.adapters.wires.json_values import count, inner, objects, text
from loomwork.adapters.wires.multipart import FormBody, SentFile, form_body
from loomwork.adapters.wires.openai_failure import sound
from loomwork.adapters.wires.sendable import sendable
from loomwork.adapters.wires.sse import BrokenStream
from loomwork.model_gateway.domain.errors import ModelRefused
from loomwork.model_gateway.domain.image import ImageRequest, Images, MadeImage
from loomwork.model_gateway.domain.usage import Usage
from loomwork.model_gateway.ports import Target

DEFAULT_TYPE = "image/png"


def image_body(target: Target, request: ImageRequest) -> FormBody:
    """The body of `/images/generations`."""
    with sendable(target):
        return FormBody(orjson.dumps(_wishes(target, request)), "application/json")


async def edit_body(target: Target, request: ImageRequest) -> FormBody:
    """The body of `/images/edits`. Raises `ModelRefused` for images that are no `data:` URLs."""
    # Models that start from one picture only know it by the plain name.
    field = "image" if len(request.images) == 1 else "image[]"
    files = [_file(target, field, place, address) for place, address in enumerate(request.images)]
    fields = [(name, str(value)) for name, value in _wishes(target, request).items()]
    with sendable(target):
        return await form_body(fields, files)


def read_images(target: Target, request: ImageRequest, body: bytes) -> Images:
    """Raises `BrokenStream` where there is none."""
    answer = sound(target, body)
    kind = text(answer.get("output_format")) or request.format
    media_type = f"image/{kind.lower()}" if kind else DEFAULT_TYPE
    made = [_made(one, media_type) for one in objects(answer.get("data")) or objects(answer.get("images"))]
    if not made:
        raise BrokenStream("it sent no image")
    used = inner(answer, "usage")
    usage = Usage(count(used.get("input_tokens")), count(used.get("output_tokens")), images=len(made))
    return Images(made, usage)


def _wishes(target: Target, request: ImageRequest) -> dict[str, Any]:
    wishes = {
        "model": target.model,
        "prompt": request.prompt,
        "n": request.count,
        "size": request.size,
        "quality": request.quality,
        "style": request.style,
        "background": request.background,
        "output_format": request.format,
    }
    refused = target.profile.unsupported
    return {name: value for name, value in wishes.items() if value is not None and name not in refused}


def _file(target: Target, field: str, place: int, address: str) -> SentFile:
    head, comma, data = address.partition(",")
    try:
        if not (head.startswith("data:image/") and head.endswith(";base64") and comma):
            raise ValueError
        content = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        problem = f"{target.name} was given an image that is no data: URL in base64."
        raise ModelRefused(problem, cause="bad_request", model=target.name) from None
    kind = head.removeprefix("data:").partition(";")[0]
    return SentFile(field, content, f"image{place}.{kind.partition('/')[2]}", kind)


def _made(found: Mapping[str, Any], media_type: str) -> MadeImage:
    """Bytes, or the address of some."""
    prompt, packed, url = text(found.get("revised_prompt")) or None, text(found.get("b64_json")), text(found.get("url"))
    if not packed and not url.startswith(("http://", "https://")):
        raise BrokenStream("it sent an image that is neither bytes nor a web address")
    try:
        data = base64.b64decode(packed, validate=True) if packed else None
    except (binascii.Error, ValueError):
        raise BrokenStream("it sent an image in base64 that is none") from None
    return MadeImage(data, url or None, media_type, prompt)
