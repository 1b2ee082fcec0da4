"""The application behind each surface, and the one before them all."""

from typing import Any

from fastapi import FastAPI
from fastapi.middleware.asyncexitstack import AsyncExitStackMiddleware
from fastapi.telemetry import TelemetryConfig
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.types import ASGIApp

_NO_TELEMETRY: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False}


class Surface(FastAPI):
    """FastAPI without the layers that repeat what ours do: `CatchUnexpected` is the wall that `ServerErrorMiddleware`
    would be, `BodyLimit` counts what is sent, and nobody is told of requests. Every request passes two surfaces, and
    every piece of an answer each layer of both. Its documents are its own affair, if it has any.
    """

    def __init__(self, title: str, **settings: Any) -> None:
        super().__init__(title=title, openapi_url=None, redirect_slashes=False, telemetry=_NO_TELEMETRY, **settings)

    def build_middleware_stack(self) -> ASGIApp:
        """Ours, then what has errors answered and what FastAPI's handlers rely on."""
        app: ASGIApp = ExceptionMiddleware(
            AsyncExitStackMiddleware(self.router), handlers=self.exception_handlers, debug=False
        )
        for layer, args, kwargs in reversed(self.user_middleware):
            app = layer(app, *args, **kwargs)
        return app
