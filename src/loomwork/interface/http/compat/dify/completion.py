"""Completion apps: one prompt, one answer, no conversation."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from loomwork.apps.api import App, RunRequest
from loomwork.interface.http.bodies import StrictRoute
from loomwork.interface.http.compat.dify.bodies import CompletionBody, UserBody
from loomwork.interface.http.compat.dify.call import Call, TheCall
from loomwork.interface.http.compat.dify.errors import NotCompletionApp
from loomwork.interface.http.compat.dify.runs import chat_answer, stream_run, wait_for
from loomwork.interface.http.errors import json_response
from loomwork.interface.http.starting import start_once

router = APIRouter(route_class=StrictRoute)


@router.post("/completion-messages")
async def complete(call: TheCall, request: Request, body: CompletionBody) -> Response:
    """Have the published version write its text, streaming it or waiting for it."""
    app = await _completion_app(call)
    wanted = RunRequest(
        app_id=call.app_id,
        inputs=({"query": body.query} if body.query else {}) | body.inputs,
        files=tuple(body.files or ()),
        published=True,
        source="dify",
        end_user=body.user,
    )
    run, headers = await start_once(request, call.services, call.identity, wanted)
    if body.response_mode == "streaming":
        response = stream_run(call, run, app.mode)
        response.headers.update(headers)
        return response
    return json_response(await chat_answer(call, await wait_for(call, run.id), app.mode), headers=headers)


@router.post("/completion-messages/{task_id}/stop")
async def stop_completion(call: TheCall, task_id: str, body: UserBody) -> Response:
    """Ask the text to stop."""
    await _completion_app(call)
    await call.stop_own_run(task_id, user=body.user)
    return json_response({"result": "success"})


async def _completion_app(call: Call) -> App:
    app = await call.apps.get_app(call.scope, call.app_id)
    if app.mode != "completion":
        raise NotCompletionApp(f"This key opens an app of mode {app.mode}, which is no completion app.")
    return app
