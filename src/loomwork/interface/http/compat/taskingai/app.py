"""`/taskingai/v1` as an application of its own: its guard, its routes, its error shape. Its OpenAI face answers in
OpenAI's shapes.
"""

from fastapi import FastAPI

from loomwork.interface.http.compat.key_guard import KeyGuard
from loomwork.interface.http.compat.openai import chat, embeddings
from loomwork.interface.http.compat.taskingai import inference, models
from loomwork.interface.http.compat.taskingai.errors import CatchUnexpectedTheirWay, handle_their_way, refuse
from loomwork.interface.http.compat.taskingai.model_ids import model_named
from loomwork.interface.http.request_limits import RequestLimits
from loomwork.interface.http.services import HttpOptions, Services
from loomwork.interface.http.surface import Surface

PREFIX = "/taskingai/v1"

_POSTS = (chat.create_chat_completion, embeddings.create_embeddings)
_ROUTERS = (inference.router, models.router)


def create_taskingai_app(services: Services, options: HttpOptions) -> FastAPI:
    """Build the application that is mounted at `/taskingai/v1`."""
    app = Surface("TaskingAI's API")
    app.state.services = services
    app.state.options = options
    app.state.model_named = model_named
    app.router.routes += _POSTS
    for router in _ROUTERS:
        app.include_router(router)
    handle_their_way(app)
    app.add_middleware(RequestLimits, limits=services.limits, refuse=refuse)
    app.add_middleware(KeyGuard, gatekeeper=services.gatekeeper, refuse=refuse)
    app.add_middleware(CatchUnexpectedTheirWay)
    return app
