"""Images out of words, and out of other images."""

import base64
from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from loomwork.interface.http.compat.openai.bodies import ModelName
from loomwork.interface.http.compat.openai.call import Call, TheCall
from loomwork.interface.http.compat.openai.errors import OpenAIRoute, Unsupported
from loomwork.interface.http.compat.openai.forms import Form, SentFile
from loomwork.interface.http.errors import json_response
from loomwork.interface.http.hanging_up import while_connected
from loomwork.kernel.errors import InvalidInput
from loomwork.model_gateway.api import ImageRequest, MadeImage

router = APIRouter(route_class=OpenAIRoute)


class ImageBody(BaseModel):
    """`response_format` is a wish: an image that has only one of both, bytes or address, is given as it is."""

    model: ModelName
    prompt: Annotated[str, Field(min_length=1, max_length=32_000)]
    n: Annotated[int, Field(ge=1, le=10)] | None = None
    size: Annotated[str, Field(max_length=50)] | None = None
    quality: Annotated[str, Field(max_length=50)] | None = None
    style: Annotated[str, Field(max_length=50)] | None = None
    background: Annotated[str, Field(max_length=50)] | None = None
    output_format: Annotated[str, Field(max_length=20)] | None = None
    stream: bool | None = None
    user: Annotated[str, Field(max_length=255)] | None = None


@router.post("/images/generations")
async def create_image(call: TheCall, request: Request, body: ImageBody) -> Response:
    """Make images of a prompt."""
    return await _make(call, request, body, ())


@router.post("/images/edits")
async def edit_image(call: TheCall, request: Request) -> Response:
    """Make images of a prompt and other images."""
    form = await Form.of(request)
    if "mask" in form.files:
        raise Unsupported("A `mask` is not supported; leave it out.", field="mask")
    given = [_data_url(file) for file in form.files.get("image", ())]
    if not given:
        raise InvalidInput("Send the image to begin with as `image`.", field="image")
    return await _make(call, request, form.fields(ImageBody), tuple(given))


def _data_url(file: SentFile) -> str:
    media_type = file.media_type if file.media_type.startswith("image/") else "image/png"
    return f"data:{media_type};base64,{base64.b64encode(file.content).decode('ascii')}"


async def _make(call: Call, request: Request, body: ImageBody, images: tuple[str, ...]) -> Response:
    if body.stream:
        raise Unsupported("Images are not streamed; leave `stream` out.", field="stream")
    wanted = ImageRequest(
        model=call.model(body.model),
        prompt=body.prompt,
        count=body.n or 1,
        size=body.size,
        quality=body.quality,
        style=body.style,
        background=body.background,
        format=body.output_format,
        images=images,
        spender=call.spender(body.user),
    )
    made = await while_connected(request, call.models.make_images(call.scope, wanted))
    prompt, completion = made.usage.prompt_tokens, made.usage.completion_tokens
    answer: dict[str, Any] = {"created": call.now, "data": [_image(image) for image in made.images]}
    if made.usage.total_tokens is not None:
        answer["usage"] = {
            "input_tokens": prompt or 0,
            "output_tokens": completion or 0,
            "total_tokens": made.usage.total_tokens,
            "input_tokens_details": {"image_tokens": 0, "text_tokens": prompt or 0},
        }
    return json_response(answer)


def _image(image: MadeImage) -> dict[str, Any]:
    data = {"b64_json": base64.b64encode(image.data).decode("ascii")} if image.data is not None else {}
    return {**data, **({"url": image.url} if image.url else {}), "revised_prompt": image.prompt}
