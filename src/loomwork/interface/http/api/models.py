"""Models: which there are, and the weights of those that run here."""

from fastapi import APIRouter

from loomwork.interface.http.api.call import TheCall
from loomwork.interface.http.api.shapes import FetchBody, ListOf, LocalModelShape, ModelShape
from loomwork.interface.http.bodies import StrictRoute

router = APIRouter(route_class=StrictRoute, tags=["models"])


@router.get("/models")
async def list_models(call: TheCall) -> ListOf[ModelShape]:
    """List the models of every provider, those that are not configured included."""
    return ListOf(data=[ModelShape.of(model) for model in await call.services.models.list_models(call.scope)])


@router.get("/models/local")
async def list_local_models(call: TheCall) -> ListOf[LocalModelShape]:
    """Say where the weights of each model of this machine stand, the default model first."""
    return ListOf(data=[LocalModelShape.of(status) for status in await call.services.local_models.status()])


@router.post("/models/local/fetch", status_code=202)
async def fetch_local_model(call: TheCall, body: FetchBody) -> LocalModelShape:
    """Begin, or join, fetching the weights of a model; they are never fetched twice."""
    return LocalModelShape.of(await call.services.local_models.fetch(body.model))
