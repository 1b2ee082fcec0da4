"""Workflow apps: run, look up, follow, stop."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from loomwork.apps.api import RunRequest
from loomwork.interface.http.bodies import StrictRoute
from loomwork.interface.http.compat.dify.bodies import RunBody, UserBody
from loomwork.interface.http.compat.dify.call import TheCall, TheUser
from loomwork.interface.http.compat.dify.errors import NotWorkflowApp, VersionPinned
from loomwork.interface.http.compat.dify.runs import run_detail, stream_run, wait_for, workflow_answer
from loomwork.interface.http.errors import json_response
from loomwork.interface.http.starting import start_once
from loomwork.interface.http.streams import resume_point

router = APIRouter(route_class=StrictRoute)


@router.post("/workflows/run")
async def run_workflow(call: TheCall, request: Request, body: RunBody) -> Response:
    """Run the published version, streaming its events or waiting for its end."""
    app = await call.apps.get_app(call.scope, call.app_id)
    if app.mode != "workflow":
        raise NotWorkflowApp(f"This key opens an app of mode {app.mode}; send chats to /v1/chat-messages.")
    if body.workflow_id:
        raise VersionPinned("Only the published version can be run; leave `workflow_id` out.")
    wanted = RunRequest(
        app_id=call.app_id,
        inputs=body.inputs,
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
    return json_response(await workflow_answer(call, await wait_for(call, run.id)), headers=headers)


@router.get("/workflows/run/{run_id}")
async def read_run(call: TheCall, run_id: str) -> Response:
    """Say how a run stands."""
    return json_response(run_detail(await call.own_run(run_id)))


@router.get("/workflow/{run_id}/events")
async def follow_run(
    call: TheCall,
    request: Request,
    run_id: str,
    user: TheUser,
    after: Annotated[int | None, Query(ge=0, le=2**53)] = None,
    continue_on_pause: bool = False,
) -> Response:
    """Follow a run again, from its start or from after the last `id:` that was seen; with `continue_on_pause` also
    while it waits for somebody.
    """
    run = await call.own_run(run_id, user=user)
    app = await call.apps.get_app(call.scope, call.app_id)
    return stream_run(call, run, app.mode, after=resume_point(request, after), until_rest=not continue_on_pause)


@router.post("/workflows/tasks/{task_id}/stop")
async def stop_workflow(call: TheCall, task_id: str, body: UserBody) -> Response:
    """Ask a run to stop."""
    await call.stop_own_run(task_id, user=body.user)
    return json_response({"result": "success"})
