"""Which models there are, with the ids by which TaskingAI's clients call them."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from loomwork.interface.http.bodies import StrictRoute
from loomwork.interface.http.compat.openai.call import Call, TheCall
from loomwork.interface.http.compat.taskingai.model_ids import given_ids, listed, model_named, stored_ids
from loomwork.interface.http.errors import json_response
from loomwork.model_gateway.api import ModelInfo, ModelNotFound, ModelType

router = APIRouter(route_class=StrictRoute)

TYPES: Mapping[ModelType, str] = {"chat": "chat_completion", "embedding": "text_embedding", "rerank": "rerank"}
"""Theirs by ours; models of other types are not known there."""


@router.get("/models")
async def list_models(
    call: TheCall,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    after: Annotated[str | None, Query(max_length=500)] = None,
    type: Annotated[str | None, Query(max_length=50)] = None,
) -> Response:
    """List the models that can be called now, by their names."""
    call.model("")
    shown = [model for model in await _shapes(call) if type in (None, model["type"])]
    start = next((place + 1 for place, model in enumerate(shown) if model["model_id"] == after), 0)
    page = shown[start : start + limit]
    more = start + limit < len(shown)
    return json_response({"status": "success", "data": page, "fetched_count": len(page), "has_more": more})


@router.get("/models/{model_id:path}")
async def read_model(call: TheCall, model_id: str) -> Response:
    """Describe a model, by its id or by its name."""
    name = call.model(await model_named(call, model_id))
    found = next((model for model in await _shapes(call) if model["model_schema_id"] == name), None)
    if found is None:
        raise ModelNotFound(f"There is no model {model_id[:80]!r} that can be called now.")
    return json_response({"status": "success", "data": found})


async def _shapes(call: Call) -> list[dict[str, Any]]:
    infos = listed(await call.models.list_models(call.scope))
    ids = given_ids([info.id for info in infos], await stored_ids(call))
    known = [info for info in sorted(infos, key=lambda info: info.id) if info.ready and info.type in TYPES]
    return [_shape(info, ids[info.id]) for info in known]


def _shape(info: ModelInfo, model_id: str) -> dict[str, Any]:
    return {
        "object": "Model",
        "model_id": model_id,
        "model_schema_id": info.id,
        "provider_id": info.provider,
        "provider_model_id": info.id.partition("/")[2],
        "name": info.label,
        "type": TYPES[info.type],
        "properties": _properties(info),
    }


def _properties(info: ModelInfo) -> dict[str, Any]:
    if info.type == "embedding":
        return {"embedding_size": info.dimensions, "input_token_limit": info.context_size}
    if info.type == "rerank":
        return {"input_token_limit": info.context_size}
    return {
        "function_call": "tools" in info.abilities,
        "streaming": True,
        "vision": "vision" in info.abilities,
        "input_token_limit": info.context_size,
        "output_token_limit": info.max_output,
    }
