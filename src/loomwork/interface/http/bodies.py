"""Request bodies are strict JSON: UTF-8, no NaN, no half surrogates, no bottomless nesting."""

import json
from collections.abc import Callable, Coroutine
from typing import Any

import orjson
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class StrictRequest(Request):
    """A request whose JSON is read strictly; what is not JSON raises `json.JSONDecodeError`."""

    @classmethod
    def of(cls, request: Request) -> "StrictRequest":
        """The request itself where it is strict already, so that a body that was read is not waited for again."""
        return request if isinstance(request, StrictRequest) else cls(request.scope, request.receive)

    async def json(self) -> Any:
        body = await self.body()
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise json.JSONDecodeError(error.msg, "", error.pos) from error


class StrictRoute(APIRoute):
    """A route that reads its body strictly."""

    def get_route_handler(self) -> Handler:
        handle = super().get_route_handler()

        async def handle_strictly(request: Request) -> Response:
            return await handle(StrictRequest.of(request))

        return handle_strictly
