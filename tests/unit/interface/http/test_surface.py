"""What a request passes on its way through a surface."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from fastapi import Depends, FastAPI
from starlette.routing import Mount

from loomwork.interface.http.errors import CatchUnexpected
from loomwork.interface.http.surface import Surface

pytestmark = pytest.mark.anyio


def layers_of(app: FastAPI) -> Iterator[str]:
    layer: Any = app.build_middleware_stack()
    while layer is not app.router:
        yield type(layer).__name__
        layer = layer._app if hasattr(layer, "_app") else layer.app


async def test_a_request_for_a_model_passes_these_layers_and_no_others(build: Callable[..., FastAPI]) -> None:
    app = build()
    assert list(layers_of(app)) == [
        "SecurityHeaders",
        "HostGuard",
        "BodyLimit",
        "EmptyParameters",
        "CatchUnexpected",
        "ExceptionMiddleware",
        "AsyncExitStackMiddleware",
    ]
    (models,) = (route.app for route in app.routes if isinstance(route, Mount) and route.path == "/openai/v1")
    assert isinstance(models, FastAPI)
    assert list(layers_of(models)) == [
        "CatchUnexpectedTheirWay",
        "KeyGuard",
        "RequestLimits",
        "ExceptionMiddleware",
        "AsyncExitStackMiddleware",
    ]


async def test_what_handlers_of_a_surface_rely_on_is_there(caplog: pytest.LogCaptureFixture) -> None:
    app = Surface("A surface")
    closed = []

    def thing() -> Iterator[str]:
        yield "thing"
        closed.append("thing")

    @app.get("/{number}")
    async def show(number: int, thing: str = Depends(thing)) -> dict[str, Any]:
        return {"is": thing, "part": 10 // number}

    app.add_middleware(CatchUnexpected)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as client:
        assert (await client.get("/5")).json() == {"is": "thing", "part": 2}
        assert (await client.get("/five")).status_code == 422
        assert (await client.get("/")).status_code == 404
        assert (await client.put("/5")).status_code == 405
        assert (await client.get("/docs")).status_code == 422
        answer = await client.get("/0")
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "internal_error")
    assert "ZeroDivisionError" in caplog.text
    assert closed[:1] == ["thing"]
