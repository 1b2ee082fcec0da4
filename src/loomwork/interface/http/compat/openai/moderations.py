"""Moderations."""

from typing import Annotated, Any

from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from loomwork.interface.http.compat.openai.call import Call
from loomwork.interface.http.compat.openai.embeddings import MOST_TEXTS, texts_of
from loomwork.interface.http.compat.openai.errors import Unsupported
from loomwork.interface.http.compat.openai.posts import post
from loomwork.interface.http.errors import json_response
from loomwork.interface.http.hanging_up import while_connected
from loomwork.kernel.errors import InvalidInput
from loomwork.kernel.ids import new_id
from loomwork.model_gateway.api import ModerationRequest, Verdict


class ModerationBody(BaseModel):
    model: Annotated[str, Field(min_length=1, max_length=500)] | None = None
    input: Any


@post("/moderations", ModerationBody)
async def create_moderation(call: Call, request: Request, body: ModerationBody) -> Response:
    """Say of texts whether they may be said."""
    texts = _texts(body.input)
    model = call.model(body.model) if body.model is not None else await _first(call)
    wanted = ModerationRequest(model=model, texts=texts, spender=call.spender())
    made = await while_connected(request, call.models.moderate(call.scope, wanted))
    results = [_result(verdict) for verdict in made.verdicts]
    return json_response({"id": f"modr-{new_id()}", "model": made.model or model, "results": results})


def _texts(given: Any) -> tuple[str, ...]:
    """Texts, or OpenAI's content parts of type text: those are one input, and get one result."""
    if not (isinstance(given, list) and given and all(isinstance(part, dict) for part in given)):
        return texts_of(given, most=MOST_TEXTS)
    if any(part.get("type") != "text" or not isinstance(part.get("text"), str) for part in given):
        raise Unsupported("Only text is moderated: every part must be of type `text`.", field="input")
    return ("\n".join(part["text"] for part in given),)


async def _first(call: Call) -> str:
    """The model that answers where none is named."""
    call.model("")
    models = await call.models.list_models(call.scope)
    ready = [info.id for info in models if info.type == "moderation" and info.ready]
    if not ready:
        raise InvalidInput("No model that moderates is configured here; name one in `model`.", field="model")
    return ready[0]


def _result(verdict: Verdict) -> dict[str, Any]:
    return {
        "flagged": verdict.flagged,
        "categories": dict(verdict.categories),
        "category_scores": dict(verdict.scores),
        "category_applied_input_types": {name: ["text"] for name in verdict.categories},
    }
