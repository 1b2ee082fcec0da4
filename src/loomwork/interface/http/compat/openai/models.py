"""Which models there are: those that can be called, and the published apps."""

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from loomwork.apps.api import App
from loomwork.interface.http.compat.openai.call import APP_PREFIX, Call, TheCall
from loomwork.interface.http.compat.openai.errors import OpenAIRoute
from loomwork.interface.http.errors import json_response
from loomwork.kernel.errors import NotFound
from loomwork.kernel.page import PageRequest
from loomwork.model_gateway.api import ModelInfo, ModelNotFound

router = APIRouter(route_class=OpenAIRoute)

PAGE = 100
EPOCH = 0
"""What is said to be the age of a model: nobody knows it, and clients want a number."""


@router.get("/models")
async def list_models(call: TheCall) -> Response:
    """List the models that can be called now, and the published apps."""
    return json_response({"object": "list", "data": [*await _models(call), *await _apps(call)]})


@router.get("/models/{model:path}")
async def read_model(call: TheCall, model: str) -> Response:
    """Describe a model."""
    app_id = call.app_of(model)
    if app_id is not None:
        try:
            app = await call.apps.get_app(call.scope, app_id)
        except NotFound:
            app = None
        if app is None or app.published_version is None:
            raise ModelNotFound(f"There is no published app {model[:200]!r}.", model=model[:200])
        return json_response(_of_app(app))
    found = [info for info in await call.models.list_models(call.scope) if info.id == model]
    if not found:
        raise ModelNotFound(f"There is no model {model[:200]!r}; GET /models lists those there are.", model=model[:200])
    return json_response(_of_model(found[0]))


async def _models(call: Call) -> list[dict[str, Any]]:
    if call.own_app is not None:
        return []
    models = await call.models.list_models(call.scope)
    # Any name would do for a provider that takes any: there is nothing to list, and `*` is no name.
    return [_of_model(info) for info in models if info.ready and not info.id.endswith("/*")]


async def _apps(call: Call) -> list[dict[str, Any]]:
    if call.own_app is not None:
        app = await call.apps.get_app(call.scope, call.own_app)
        return [_of_app(app)] if app.published_version is not None else []
    found: list[dict[str, Any]] = []
    page = await call.apps.list_apps(call.scope, PageRequest(PAGE))
    while True:
        found += [_of_app(app) for app in page.items if app.published_version is not None]
        if page.next is None:
            return found
        page = await call.apps.list_apps(call.scope, PageRequest(PAGE, page.next))


def _of_model(info: ModelInfo) -> dict[str, Any]:
    return {
        "id": info.id,
        "object": "model",
        "created": EPOCH,
        "owned_by": info.provider,
        "name": info.label,
        "type": info.type,
        "context_window": info.context_size,
        "max_output_tokens": info.max_output,
        "shutdown_date": info.retires,
    }


def _of_app(app: App) -> dict[str, Any]:
    return {
        "id": f"{APP_PREFIX}{app.id}",
        "object": "model",
        "created": int(app.created_at.timestamp()),
        "owned_by": "loomwork",
        "name": app.name,
        "type": "app",
    }
