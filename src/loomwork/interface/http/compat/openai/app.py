"""`/openai/v1` as an application of its own: its guard, its routes, its error shape."""

from fastapi import FastAPI

from loomwork.interface.http.compat.key_guard import KeyGuard
from loomwork.interface.http.compat.openai import audio, chat, embeddings, images, models, moderations
from loomwork.interface.http.compat.openai.errors import CatchUnexpectedTheirWay, handle_their_way, refuse
from loomwork.interface.http.request_limits import RequestLimits
from loomwork.interface.http.services import HttpOptions, Services
from loomwork.interface.http.surface import Surface

PREFIX = "/openai/v1"

_POSTS = (chat.create_chat_completion, embeddings.create_embeddings, moderations.create_moderation)
_ROUTERS = (models.router, audio.router, images.router)


def create_openai_app(services: Services, options: HttpOptions) -> FastAPI:
    """Build the application that is mounted at `/openai/v1`."""
    app = Surface("OpenAI's API")
    app.state.services = services
    app.state.options = options
    # Before the others, as they come by the hundred.
    app.router.routes += _POSTS
    for router in _ROUTERS:
        app.include_router(router)
    handle_their_way(app)
    app.add_middleware(RequestLimits, limits=services.limits, refuse=refuse)
    app.add_middleware(KeyGuard, gatekeeper=services.gatekeeper, refuse=refuse)
    app.add_middleware(CatchUnexpectedTheirWay)
    return app
