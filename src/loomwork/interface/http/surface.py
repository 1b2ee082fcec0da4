"""The application behind each surface, and the one before them all."""

from collections.abc import Iterable, Sequence
from itertools import takewhile
from typing import Any

from fastapi import FastAPI
from fastapi.middleware.asyncexitstack import AsyncExitStackMiddleware
from fastapi.telemetry import TelemetryConfig
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.routing import BaseRoute, Match, Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

_NO_TELEMETRY: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False}


class Surface(FastAPI):
    """FastAPI without the layers that repeat what ours do: `CatchUnexpected` is the wall that `ServerErrorMiddleware`
    would be, `BodyLimit` counts what is sent, and nobody is told of requests. Every request passes two surfaces, and
    every piece of an answer each layer of both: so what stands first among its routes, before any of FastAPI's own, and
    answers its own errors, is reached without the layers behind ours. Its documents are its own affair, if it has any.
    """

    def __init__(self, title: str, **settings: Any) -> None:
        super().__init__(title=title, openapi_url=None, redirect_slashes=False, telemetry=_NO_TELEMETRY, **settings)

    def build_middleware_stack(self) -> ASGIApp:
        """Ours, the straight way, then what has errors answered and what FastAPI's handlers rely on."""
        app: ASGIApp = ExceptionMiddleware(
            AsyncExitStackMiddleware(self.router), handlers=self.exception_handlers, debug=False
        )
        app = StraightWay(app, takewhile(_answers_for_itself, self.router.routes))
        for layer, args, kwargs in reversed(self.user_middleware):
            app = layer(app, *args, **kwargs)
        return app


class StraightWay:
    """Leads to mounted applications, and to routes of one address that take POST, before anything else is looked at.
    Whatever is not exactly that, another method included, goes on to where every route is found.
    """

    def __init__(self, app: ASGIApp, routes: Iterable[BaseRoute]) -> None:
        self._app = app
        known = list(routes)
        self._mounts: Sequence[tuple[str, Mount]] = [(f"{one.path}/", one) for one in known if isinstance(one, Mount)]
        self._posts = {one.path: one for one in known if isinstance(one, Route)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = self._found(scope) if scope["type"] == "http" else None
        await (found or self._app)(scope, receive, send)

    def _found(self, scope: Scope) -> ASGIApp | None:
        path, root = scope["path"], scope.get("root_path", "")
        within = path[len(root) :] if root and path.startswith(f"{root}/") else path
        route = self._posts.get(within)
        if route is not None and scope["method"] == "POST":
            scope.update(endpoint=route.endpoint, path_params={})
            return route.app
        for prefix, mount in self._mounts:
            if within.startswith(prefix):
                match, child = mount.matches(scope)
                if match is Match.FULL:
                    scope.update(child)
                    return mount.app
        return None


def _answers_for_itself(route: BaseRoute) -> bool:
    """A surface that is mounted does, and so does an application behind a route; a mere handler has its errors answered
    around it.
    """
    if isinstance(route, Mount):
        return bool(route.path) and isinstance(route.app, Surface)
    return type(route) is Route and route.methods == {"POST"} and "{" not in route.path and _is_application(route)


def _is_application(route: Route) -> bool:
    """Starlette wraps handlers, which are functions, and leaves applications as they are."""
    return route.app is route.endpoint
