"""Starting a run once, and telling of it in Dify's way: as a stream, or when it is over."""

import dataclasses
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any

from starlette.responses import Response

from loomwork.apps.api import Run
from loomwork.interface.http.compat.dify.call import Call
from loomwork.interface.http.compat.dify.classic import CLASSIC_MODES, translator_of
from loomwork.interface.http.compat.dify.errors import RunFailure, run_error, status_and_code
from loomwork.interface.http.compat.dify.translate import RunFacts, Translator, tokens_of, usage_of, workflow_id_of
from loomwork.interface.http.errors import log_unexpected
from loomwork.interface.http.streams import event_stream, frame, with_heartbeat
from loomwork.kernel.errors import LoomworkError
from loomwork.kernel.ids import RunId

_PING = b"event: ping\n\n"


def facts_of(call: Call, run: Run, mode: str) -> RunFacts:
    """The text of a completion is a message without a conversation, which goes by the id of its run."""
    return RunFacts(
        run_id=run.id,
        workflow_id=workflow_id_of(run.app_id, run.version),
        created_at=seconds(run.created_at) or 0,
        end_user=run.end_user,
        conversation_id=run.conversation_id,
        message_id=message_id_of(run, mode),
        signing_key=call.options.signing_key,
    )


def message_id_of(run: Run, mode: str) -> str | None:
    """The id of a run's message; None in an app that has none."""
    return run.message_id or (run.id if mode in CLASSIC_MODES else None)


def seconds(moment: datetime | None) -> int | None:
    """Whole seconds since 1970, as Dify writes times."""
    return None if moment is None else int(moment.timestamp())


def stream_run(call: Call, run: Run, mode: str, *, after: int = 0, until_rest: bool = True) -> Response:
    """The run's events as Dify's frames, those of a seq above `after`; a pause ends the stream with `until_rest`."""
    chunks = _chunks(call, run, mode, after, until_rest=until_rest)
    return event_stream(with_heartbeat(chunks, beat=_PING, every=call.options.ping_seconds))


async def _chunks(call: Call, run: Run, mode: str, after: int, *, until_rest: bool) -> AsyncIterator[bytes]:
    translator = translator_of(facts_of(call, run, mode), mode)
    try:
        async for batch in call.apps.follow_run(call.scope, run.id, until_rest=until_rest):
            chunk = b"".join(_encoded(translator, event, after) for event in batch)
            if chunk:
                yield chunk
    except LoomworkError as error:
        status, code = status_and_code(error)
        yield frame({"event": "error", "task_id": run.id, "status": status, "code": code, "message": error.message})
    except Exception as error:  # noqa: BLE001 - the status is sent; all that can be told is told in the stream
        reference = log_unexpected(f"/v1/workflow/{run.id}/events", error)
        message = f"The stream broke off. The log has the details under {reference}."
        facts = {"event": "error", "task_id": run.id, "status": 500, "code": "internal_server_error"}
        yield frame(facts | {"message": message})


def _encoded(translator: Translator, event: Mapping[str, Any], after: int) -> bytes:
    """The frames of one event; the last carries its seq, so that one cut in two is told again from its start."""
    frames = translator.translate(event)
    if not frames or event["seq"] <= after:
        return b""
    *first, last = frames
    return b"".join(frame(item) for item in first) + frame(last, seq=event["seq"])


async def wait_for(call: Call, run_id: RunId) -> Run:
    """The run once it is paused or has ended. That the client has hung up meanwhile does not stop it. Raises
    `RunFailure` where this server lets go of it before: what is known of it then is no answer.
    """
    run = await call.apps.wait_for_run(call.scope, run_id, until_rest=True)
    if run.status in ("queued", "running"):
        message = (
            f"The server let go of this run before it ended: it is being stopped, or cannot store what the run does. "
            f"The run goes on as soon as it can; ask for it by its id, {run_id}."
        )
        raise RunFailure(message, status=503, dify_code="service_unavailable")
    return run


def run_detail(run: Run) -> dict[str, Any]:
    """A run as workflow clients read it."""
    return {
        "id": run.id,
        "workflow_id": workflow_id_of(run.app_id, run.version),
        "status": "running" if run.status == "queued" else run.status,
        "inputs": run.inputs,
        "outputs": run.outputs,
        "error": run.error.get("message") if run.error else None,
        "elapsed_time": _elapsed(run),
        "total_tokens": tokens_of(run.usage),
        "total_steps": sum(node.runs for node in run.nodes.values()),
        "created_at": seconds(run.created_at),
        "finished_at": seconds(run.finished_at),
    }


async def _paused(call: Call, run: Run, mode: str) -> tuple[dict[str, Any], str]:
    """What a stream would say of a run that waits, and the text that was said until then."""
    translator = translator_of(facts_of(call, run, mode), mode)
    paused: dict[str, Any] = {}
    async for batch in call.apps.follow_run(call.scope, run.id, until_rest=True):
        for event in batch:
            told = [frame["data"] for frame in translator.translate(event) if frame["event"] == "workflow_paused"]
            paused = told[-1] if told else paused
    return paused, translator.text


async def workflow_answer(call: Call, run: Run) -> dict[str, Any]:
    """The blocking answer of a workflow, a failed one and one that waits for somebody included."""
    detail = run_detail(run)
    del detail["inputs"]
    if run.status == "paused":
        detail = (await _paused(call, run, "workflow"))[0] | detail
    return {"task_id": run.id, "workflow_run_id": run.id, "data": detail}


async def chat_answer(call: Call, run: Run, mode: str) -> dict[str, Any]:
    """The blocking answer of a chat, or how it stands where it waits for somebody. Raises `RunFailure` where there is
    none.
    """
    if run.status == "paused":
        paused, text = await _paused(call, run, mode)
        waits = {"event": "workflow_paused", "workflow_run_id": run.id, "data": paused}
        return _message(dataclasses.replace(run, answer=text), mode) | waits
    if run.status == "failed":
        error = run.error or {}
        status, code = run_error(error.get("code", ""))
        raise RunFailure(str(error.get("message") or "The run failed."), status=status, dify_code=code)
    return _message(run, mode)


def _message(run: Run, mode: str) -> dict[str, Any]:
    return {
        "event": "message",
        "task_id": run.id,
        "id": message_id_of(run, mode),
        "message_id": message_id_of(run, mode),
        "conversation_id": run.conversation_id,
        "mode": mode,
        "answer": run.answer or "",
        "metadata": {"usage": usage_of(run.usage, _elapsed(run)), "retriever_resources": []},
        "created_at": seconds(run.created_at),
    }


def _elapsed(run: Run) -> float:
    return round((run.elapsed_ms or 0.0) / 1000, 6)
