"""`/v1` as an application of its own: its guard, its routes, its error shape."""

from fastapi import FastAPI

from loomwork.interface.http.compat.dify import about, chat, completion, forms, logs, workflows
from loomwork.interface.http.compat.dify.errors import (
    CatchUnexpectedTheirWay,
    handle_their_way,
    loomwork_error_response,
)
from loomwork.interface.http.compat.dify.guard import AppKeyGuard
from loomwork.interface.http.request_limits import RequestLimits
from loomwork.interface.http.services import HttpOptions, Services
from loomwork.interface.http.surface import Surface

PREFIX = "/v1"


def create_dify_app(services: Services, options: HttpOptions) -> FastAPI:
    """Build the application that is mounted at `/v1`."""
    app = Surface("Dify's Service API")
    app.state.services = services
    app.state.options = options
    for router in (about.router, chat.router, completion.router, workflows.router, forms.router, logs.router):
        app.include_router(router)
    handle_their_way(app)
    app.add_middleware(RequestLimits, limits=services.limits, refuse=loomwork_error_response)
    app.add_middleware(AppKeyGuard, gatekeeper=services.gatekeeper)
    app.add_middleware(CatchUnexpectedTheirWay)
    return app
