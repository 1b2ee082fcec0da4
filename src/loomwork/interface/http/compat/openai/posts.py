"""Routes whose body is JSON of one shape: the calls that come by the hundred.

FastAPI finds out anew with each request what a handler asks for, through several layers; here that is known, and what
it promises is kept: strict JSON, its errors in OpenAI's shape, 405 for another method.
"""

import json
from collections.abc import Awaitable, Callable
from email.message import Message
from typing import Any, Generic, TypeVar

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from loomwork.interface.http.bodies import StrictRequest
from loomwork.interface.http.compat.openai.call import Call, call_of
from loomwork.interface.http.compat.openai.errors import answer_to
from loomwork.kernel.errors import LoomworkError

B = TypeVar("B", bound=BaseModel)
Answering = Callable[[Call, Request, B], Awaitable[Response]]


def post(path: str, shape: type[B]) -> Callable[[Answering[B]], Route]:
    """Make a handler the route that takes POST at this path, with a body of this shape."""

    def route_of(answering: Answering[B]) -> Route:
        return Route(path, _JsonPost(shape, answering), methods=["POST"], name=answering.__name__)

    return route_of


class _JsonPost(Generic[B]):
    """The application behind one such route."""

    def __init__(self, shape: type[B], answering: Answering[B]) -> None:
        self._shape = shape
        self._answering = answering

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = StrictRequest(scope, receive)
        try:
            response = await self._answering(call_of(request), request, await _body(request, self._shape))
        except (LoomworkError, RequestValidationError, HTTPException) as error:
            response = answer_to(request, error)
        await response(scope, receive, send)


async def _body(request: StrictRequest, shape: type[B]) -> B:
    """Raises `RequestValidationError` for what is not JSON of the shape."""
    try:
        said: Any = await request.body()
        if said and _is_json(request.headers.get("content-type")):
            said = await request.json()
    except json.JSONDecodeError as error:
        where = {"loc": ("body", error.pos), "input": {}, "ctx": {"error": error.msg}}
        raise RequestValidationError([{"type": "json_invalid", "msg": "JSON decode error", **where}]) from error
    try:
        return shape.model_validate(said)
    except ValidationError as problem:
        raise RequestValidationError([_within_body(error) for error in problem.errors(include_url=False)]) from None


def _is_json(content_type: str | None) -> bool:
    """Whether a body is sent as JSON. Pages of other sites may send forms and text without asking, and JSON not."""
    if content_type == "application/json":
        return True
    message = Message()
    message["content-type"] = content_type or ""
    subtype = message.get_content_subtype()
    return message.get_content_maintype() == "application" and (subtype == "json" or subtype.endswith("+json"))


def _within_body(error: Any) -> dict[str, Any]:
    return {**error, "loc": ("body", *error["loc"])}
