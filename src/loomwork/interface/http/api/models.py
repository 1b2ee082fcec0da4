"""Models: which there are, whether one answers, and the weights of those that run here."""

from typing import Annotated

from fastapi import APIRouter, Query

from loomwork.interface.http.api.call import TheCall
from loomwork.interface.http.api.model_shapes import ModelShape, ModelTypeName, TestedShape
from loomwork.interface.http.api.shapes import FetchBody, ListOf, LocalModelShape, PageOf
from loomwork.interface.http.bodies import StrictRoute
from loomwork.interface.http.needs import needs

router = APIRouter(route_class=StrictRoute, tags=["models"])


@router.get("/models", dependencies=[needs("models.read")])
async def list_models(
    call: TheCall,
    type: Annotated[ModelTypeName | None, Query(description="Only models of this type.")] = None,
    provider: Annotated[str | None, Query(max_length=100, description="Only those of this provider.")] = None,
    ready: Annotated[bool | None, Query(description="Only those that can be called, or cannot.")] = None,
    limit: Annotated[int | None, Query(ge=1, le=1000, description="How many; all of them where absent.")] = None,
    after: Annotated[str | None, Query(max_length=500, description="The `next` of the page before.")] = None,
) -> PageOf[ModelShape]:
    """List the models of every provider by their ids, those that are not configured included."""
    found = [
        model
        for model in sorted(await call.services.models.list_models(call.scope), key=lambda model: model.id)
        if type in (None, model.type) and provider in (None, model.provider) and ready in (None, model.ready)
    ]
    rest = [model for model in found if after is None or model.id > after]
    shown = rest if limit is None else rest[:limit]
    following = shown[-1].id if len(shown) < len(rest) else None
    return PageOf[ModelShape](data=[ModelShape.of(model) for model in shown], next=following)


@router.get("/models/local", dependencies=[needs("models.read")])
async def list_local_models(call: TheCall) -> ListOf[LocalModelShape]:
    """Say where the weights of each model of this machine stand, the default model first."""
    return ListOf(data=[LocalModelShape.of(status) for status in await call.services.local_models.status()])


@router.post("/models/local/fetch", status_code=202, dependencies=[needs("models.manage")])
async def fetch_local_model(call: TheCall, body: FetchBody) -> LocalModelShape:
    """Begin, or join, fetching the weights of a model; they are never fetched twice."""
    return LocalModelShape.of(await call.services.local_models.fetch(body.model))


@router.post("/models/{model:path}/test", dependencies=[needs("models.use")])
async def test_model(call: TheCall, model: str) -> TestedShape:
    """Call a model for real, as cheaply as can be; answers once it has answered."""
    return TestedShape(model=model, message=await call.providers.test_model(call.scope, model))
