"""`/openai/v1` as an application of its own: its guard, its routes, its error shape."""

from fastapi import FastAPI

from loomwork.interface.http.compat.key_guard import KeyGuard
from loomwork.interface.http.compat.openai import audio, chat, embeddings, images, models, moderations
from loomwork.interface.http.compat.openai.errors import CatchUnexpectedTheirWay, handle_their_way, refuse
from loomwork.interface.http.request_limits import RequestLimits
from loomwork.interface.http.services import HttpOptions, Services

PREFIX = "/openai/v1"

_ROUTERS = (chat.router, embeddings.router, models.router, moderations.router, audio.router, images.router)


def create_openai_app(services: Services, options: HttpOptions) -> FastAPI:
    """Build the application that is mounted at `/openai/v1`."""
    app = FastAPI(title="OpenAI's API", openapi_url=None, redirect_slashes=False)
    app.state.services = services
    app.state.options = options
    for router in _ROUTERS:
        app.include_router(router)
    handle_their_way(app)
    app.add_middleware(RequestLimits, limits=services.limits, refuse=refuse)
    app.add_middleware(KeyGuard, gatekeeper=services.gatekeeper, refuse=refuse)
    app.add_middleware(CatchUnexpectedTheirWay)
    return app
