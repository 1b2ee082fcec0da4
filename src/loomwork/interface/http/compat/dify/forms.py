"""What runs ask people: the form, and its submission."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from loomwork.apps.api import OpenQuestion, PersonAnswer
from loomwork.interface.http.bodies import StrictRoute
from loomwork.interface.http.compat.dify.call import Call, TheCall
from loomwork.interface.http.compat.dify.errors import FormSubmitted
from loomwork.interface.http.compat.dify.form_tokens import FormPlace, no_such_form, read_form_token
from loomwork.interface.http.errors import json_response
from loomwork.kernel.errors import Conflict, NotFound

router = APIRouter(route_class=StrictRoute)


class SubmitBody(BaseModel):
    """`user` names the person who answers."""

    model_config = ConfigDict(coerce_numbers_to_str=True)

    inputs: dict[str, Any] = Field(default_factory=dict)
    action: str = Field(min_length=1, max_length=200)
    user: str | None = Field(default=None, max_length=255)


@router.get("/form/human_input/{form_token}")
async def read_form(call: TheCall, form_token: str) -> Response:
    """Show the form."""
    _, question = await _question(call, form_token)
    shown = form_of(question.form, question.actions, question.expires_at)
    return json_response({**shown, "user_actions": shown["actions"]})


@router.post("/form/human_input/{form_token}")
async def submit_form(call: TheCall, form_token: str, body: SubmitBody) -> Response:
    """Answer, and have the run go on."""
    place, _ = await _question(call, form_token)
    answer = PersonAnswer(place.node_id, body.action, body.inputs, place.frame)
    try:
        await call.apps.answer_run(call.scope, place.run_id, answer)
    except Conflict as error:
        raise FormSubmitted(error.message) from error
    return json_response({})


async def _question(call: Call, form_token: str) -> tuple[FormPlace, OpenQuestion]:
    place = read_form_token(form_token, call.options.signing_key)
    try:
        await call.own_run(place.run_id)
    except NotFound:
        # In the words for a token that nobody made: whose it is, is nothing to others.
        raise no_such_form() from None
    for question in await call.apps.open_questions(call.scope, place.run_id):
        if (question.node_id, question.frame) == (place.node_id, place.frame):
            return place, question
    raise FormSubmitted("This form was answered already, or the time for it is over.")


def form_of(form: Mapping[str, Any], actions: Any, expires_at: float | None) -> dict[str, Any]:
    """A form as Dify's clients draw it. Whole seconds since 1970."""
    fields = form.get("fields") or ()
    return {
        "form_content": form.get("content") or "",
        "inputs": [_field(field) for field in fields],
        "actions": [
            {"id": row["id"], "title": row.get("title") or "", "button_style": row.get("style") or "default"}
            for row in actions
        ],
        "resolved_default_values": {field["name"]: field["default"] for field in fields if field.get("default")},
        "expiration_time": None if expires_at is None else int(expires_at),
    }


def _field(field: Mapping[str, Any]) -> dict[str, Any]:
    default: dict[str, Any] = {"type": "constant", "selector": [], "value": field.get("default")}
    kept = {name: value for name, value in field.items() if name not in ("name", "default", "options")}
    shown = {**kept, "output_variable_name": field["name"], "default": default}
    if "options" in field:
        shown["option_source"] = {"type": "constant", "selector": [], "value": field["options"]}
    return shown
