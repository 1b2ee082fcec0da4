"""What a request passes on its way through a surface."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from fastapi import Depends, FastAPI
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.types import Receive, Scope, Send

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
        "StraightWay",
        "ExceptionMiddleware",
        "AsyncExitStackMiddleware",
    ]
    (models,) = (route.app for route in app.routes if isinstance(route, Mount) and route.path == "/openai/v1")
    assert isinstance(models, FastAPI)
    assert list(layers_of(models)) == [
        "CatchUnexpectedTheirWay",
        "KeyGuard",
        "RequestLimits",
        "StraightWay",
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


async def say_what_is_known(scope: Scope, receive: Receive, send: Send) -> None:
    known = (scope["app"].title, scope["root_path"], scope["path"])
    await Response(" ".join(known))(scope, receive, send)


class Application:
    """Behind a route, as an object; Starlette would wrap a function."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await say_what_is_known(scope, receive, send)


@pytest.fixture
def mounted() -> Surface:
    inner, outer = Surface("Inner"), Surface("Outer")
    inner.router.routes += [Route("/word", Application(), methods=["POST"])]
    inner.get("/{name}")(lambda name: name)
    outer.router.routes += [Mount("/in/side", inner)]
    outer.get("/in/sides")(lambda: "outer")
    return outer


@pytest.mark.parametrize(
    ("method", "path", "status", "said"),
    [
        ("POST", "/in/side/word", 200, "Inner /in/side /in/side/word"),
        ("GET", "/in/side/other", 200, '"other"'),
        # The first route of that address takes no other method, so the next one is asked.
        ("GET", "/in/side/word", 200, '"word"'),
        ("PUT", "/in/side/word", 405, "Method Not Allowed"),
        ("POST", "/in/side/word/", 404, "Not Found"),
        ("POST", "/in/side/in/side/word", 404, "Not Found"),
        ("GET", "/in/sides", 200, '"outer"'),
        ("POST", "/in/side%0A/word", 404, "Not Found"),
        ("POST", "/word", 404, "Not Found"),
    ],
)
async def test_the_straight_way_leads_where_every_other_does(
    mounted: Surface, method: str, path: str, status: int, said: str
) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(mounted), base_url="http://x") as client:
        answer = await client.request(method, path)
    assert (answer.status_code, said in answer.text) == (status, True)


async def test_what_stands_behind_a_route_of_a_framework_is_not_reached_before_it() -> None:
    """An earlier route of the same address goes first, as everywhere."""
    app = Surface("A surface")
    app.post("/word")(lambda: "first")
    app.router.routes += [Route("/word", Application(), methods=["POST"])]
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as client:
        assert (await client.post("/word")).text == '"first"'
