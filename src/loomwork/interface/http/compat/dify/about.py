"""What an app is and what its form asks, for clients that draw it."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from loomwork.apps.api import FormField
from loomwork.interface.http.bodies import StrictRoute
from loomwork.interface.http.compat.dify.call import TheCall
from loomwork.interface.http.errors import json_response

router = APIRouter(route_class=StrictRoute)

_SWITCHES = (
    "annotation_reply",
    "more_like_this",
    "retriever_resource",
    "sensitive_word_avoidance",
    "speech_to_text",
    "suggested_questions_after_answer",
    "text_to_speech",
)

_SYSTEM_PARAMETERS = {
    "file_size_limit": 15,
    "image_file_size_limit": 10,
    "audio_file_size_limit": 25,
    "video_file_size_limit": 25,
    "workflow_file_upload_limit": 10,
}
"""Sizes in MB, and the number of files that one run takes."""


@router.get("/info")
async def read_info(call: TheCall) -> Response:
    """Say what the app is called and what it does."""
    app = await call.apps.get_app(call.scope, call.app_id)
    facts = {"name": app.name, "description": app.description, "tags": [], "mode": app.mode, "author_name": ""}
    return json_response(facts)


@router.get("/parameters")
async def read_parameters(call: TheCall) -> Response:
    """Give the form and the features of the published version."""
    overview = await call.apps.open_app(call.scope, call.app_id, published=True)
    form = [_form_item(field) for field in overview.form]
    return json_response(_features(overview.features) | {"user_input_form": form})


def _features(features: Mapping[str, Any]) -> dict[str, Any]:
    switches = {name: features.get(name) or {"enabled": False} for name in _SWITCHES}
    return switches | {
        "opening_statement": features.get("opening_statement") or "",
        "suggested_questions": features.get("suggested_questions") or [],
        "file_upload": features.get("file_upload") or {"enabled": False},
        "system_parameters": _SYSTEM_PARAMETERS,
    }


def _form_item(field: FormField) -> dict[str, Any]:
    return {
        field.type: {
            "type": field.type,
            "variable": field.variable,
            "label": field.label,
            "required": field.required,
            "default": field.default if field.default is not None else "",
            "options": list(field.options),
            "max_length": field.max_length,
            "hide": field.hide,
        }
    }


@router.get("/meta")
async def read_meta(_call: TheCall) -> Response:
    """Give the icons of the app's tools, of which there are none."""
    return json_response({"tool_icons": {}})


@router.get("/site")
async def read_site(call: TheCall) -> Response:
    """Say how the app wants to be shown."""
    app = await call.apps.get_app(call.scope, call.app_id)
    look = {
        "title": app.name,
        "description": app.description,
        "icon_type": "emoji",
        "icon": app.icon,
        "icon_background": app.icon_background,
        "icon_url": None,
        "use_icon_as_answer_icon": False,
        "chat_color_theme": None,
        "chat_color_theme_inverted": False,
        "copyright": None,
        "privacy_policy": None,
        "custom_disclaimer": "",
        "default_language": "en-US",
        "show_workflow_steps": True,
    }
    return json_response(look)
