"""Runs: start, follow, look up, pause, answer, stop, repeat."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from loomwork.apps.api import Apps, Environment, PersonAnswer, ReplayRequest, RunFilter, RunRequest, RunStatus
from loomwork.interface.http.api.call import Call, TheCall, ThePage
from loomwork.interface.http.api.logs import Word
from loomwork.interface.http.api.shapes import (
    AnswerBody,
    EdgeShape,
    EventShape,
    GraphShape,
    NewRunBody,
    NodeShape,
    PageOf,
    ReplayBody,
    RunShape,
    page_of,
)
from loomwork.interface.http.bodies import StrictRoute
from loomwork.interface.http.errors import log_unexpected
from loomwork.interface.http.idempotency import CreatingRoute
from loomwork.interface.http.moments import in_utc
from loomwork.interface.http.needs import needs, require
from loomwork.interface.http.streams import event_stream, frame, resume_point, with_heartbeat
from loomwork.kernel.errors import LoomworkError
from loomwork.kernel.ids import AppId, ConversationId, RunId
from loomwork.kernel.scope import Scope

router = APIRouter(route_class=StrictRoute, tags=["runs"])
creating = APIRouter(route_class=CreatingRoute, tags=["runs"])

_HEARTBEAT = b": ping\n\n"


@creating.post("/runs", status_code=202, dependencies=[needs("apps.run", somewhere=True)])
async def start_run(call: TheCall, body: NewRunBody) -> RunShape:
    """Start a run of an app's draft, or of one of its versions, and answer at once."""
    require(call.identity, "apps.run", body.app_id)
    return RunShape.of(await call.services.apps.start_run(call.scope, _request_of(call, body)))


def _request_of(call: Call, body: NewRunBody) -> RunRequest:
    return RunRequest(
        app_id=AppId(body.app_id),
        inputs=body.inputs,
        query=body.query,
        conversation_id=ConversationId(body.conversation_id) if body.conversation_id else None,
        published=body.published,
        environment=body.environment,
        version=body.version,
        source=_face(call),
        end_user=call.scope.actor.id,
    )


def _face(call: Call) -> str:
    return "console" if call.identity.kind == "session" else "api"


async def _shown(call: Call, run_id: RunId) -> RunShape:
    run = await call.services.apps.get_run(call.scope, run_id)
    return RunShape.of(run, await call.services.apps.open_questions(call.scope, run_id))


@router.get("/runs", dependencies=[needs("runs.read")])
async def list_runs(
    call: TheCall,
    page: ThePage,
    app_id: Annotated[str | None, Query(max_length=100)] = None,
    status: Annotated[list[RunStatus], Query(max_length=10, description="May be repeated.")] = [],  # noqa: B006 - FastAPI copies it
    end_user: Word = None,
    version: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
    environment: Environment | None = None,
    source: Word = None,
    since: datetime | None = None,
    until: datetime | None = None,
    text: Annotated[str, Query(max_length=500, description="Part of what was asked, answered, put in or out.")] = "",
) -> PageOf[RunShape]:
    """List runs, newest first, of one app or of all."""
    wanted = RunFilter(
        statuses=frozenset(status),
        end_user=end_user,
        version=version,
        environment=environment,
        source=source,
        since=in_utc(since, "since"),
        until=in_utc(until, "until"),
        text=text,
    )
    of_app = AppId(app_id) if app_id else None
    return page_of(RunShape, await call.services.apps.list_runs(call.scope, page, app_id=of_app, wanted=wanted))


@router.get("/runs/{run_id}", dependencies=[needs("runs.read")])
async def read_run(call: TheCall, run_id: str) -> RunShape:
    """Say how a run stands, node by node, and what it asks people."""
    return await _shown(call, RunId(run_id))


@router.get("/runs/{run_id}/graph", dependencies=[needs("runs.read")])
async def read_run_graph(call: TheCall, run_id: str) -> GraphShape:
    """Show the graph that the run ran, whatever the draft is now."""
    nodes, edges = await call.services.apps.run_graph(call.scope, RunId(run_id))
    return GraphShape(nodes=[NodeShape.of(node) for node in nodes], edges=[EdgeShape.of(edge) for edge in edges])


@router.post("/runs/{run_id}/stop", status_code=204, dependencies=[needs("runs.act")])
async def stop_run(call: TheCall, run_id: str) -> Response:
    """Ask a run to stop; one that has ended is left as it is."""
    await call.services.apps.stop_run(call.scope, RunId(run_id))
    return Response(status_code=204)


@router.post("/runs/{run_id}/pause", dependencies=[needs("runs.act")])
async def pause_run(call: TheCall, run_id: str) -> RunShape:
    """Ask a run to rest: nodes in flight end, nothing new starts, and no process holds it until it is resumed."""
    await call.services.apps.pause_run(call.scope, RunId(run_id))
    return await _shown(call, RunId(run_id))


@router.post("/runs/{run_id}/resume", dependencies=[needs("runs.act")])
async def resume_run(call: TheCall, run_id: str) -> RunShape:
    """Have a run go on that was paused; questions to people stay open."""
    await call.services.apps.resume_run(call.scope, RunId(run_id))
    return await _shown(call, RunId(run_id))


@creating.post("/runs/{run_id}/answers", dependencies=[needs("runs.act")])
async def answer_run(call: TheCall, run_id: str, body: AnswerBody) -> RunShape:
    """Answer a question of a run. Once this has answered, the answer is stored, and the run goes on with it."""
    answer = PersonAnswer(body.node_id, body.action, body.values, tuple(body.frame))
    await call.services.apps.answer_run(call.scope, RunId(run_id), answer)
    return await _shown(call, RunId(run_id))


@creating.post("/runs/{run_id}/replay", status_code=202, dependencies=[needs("runs.act")])
async def replay_run(call: TheCall, run_id: str, body: ReplayBody) -> RunShape:
    """Run a run again, as a whole or from a node on, as a new run; answers at once, with the new run."""
    request = ReplayRequest(body.node_id, body.inputs, body.outputs, source=_face(call))
    return RunShape.of(await call.services.apps.replay_run(call.scope, RunId(run_id), request))


@router.get(
    "/runs/{run_id}/events",
    response_class=Response,
    responses={
        200: {
            "model": EventShape,
            "description": "Server-sent events. Each `data:` is one event, each `id:` its seq; the last is terminal.",
        }
    },
    dependencies=[needs("runs.read")],
)
async def follow_run(
    call: TheCall, request: Request, run_id: str, after: Annotated[int | None, Query(ge=0, le=2**53)] = None
) -> Response:
    """Follow a run's events live, from the first one or from after a seq (`?after=`, or `Last-Event-ID`)."""
    run = await call.services.apps.get_run(call.scope, RunId(run_id))
    chunks = _event_chunks(call.services.apps, call.scope, run.id, resume_point(request, after))
    return event_stream(with_heartbeat(chunks, beat=_HEARTBEAT, every=call.options.heartbeat_seconds))


async def _event_chunks(apps: Apps, scope: Scope, run_id: RunId, after: int) -> AsyncIterator[bytes]:
    try:
        async for batch in apps.follow_run(scope, run_id, after=after):
            yield b"".join(frame(event, seq=event["seq"]) for event in batch)
    except LoomworkError as error:
        told = {"code": error.code, "message": error.message, "details": dict(error.details)}
        yield b"event: error\n" + frame({"error": told})
    except Exception as error:  # noqa: BLE001 - the status is sent; all that can be told is told in the stream
        reference = log_unexpected(f"/api/v1/runs/{run_id}/events", error)
        message = f"The stream broke off; ask again with `Last-Event-ID`. The log has the details under {reference}."
        error_facts = {"code": "internal_error", "message": message, "details": {"reference": reference}}
        yield b"event: error\n" + frame({"error": error_facts})
