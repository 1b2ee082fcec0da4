"""Chat completions: of models, and of apps as models."""

from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import Response

from loomwork.interface.http.compat.openai.answers import ChunkTeller, Facts, completion, heard_answer, unfinished
from loomwork.interface.http.compat.openai.app_runs import run_events, start_app_run
from loomwork.interface.http.compat.openai.asking import chat_request
from loomwork.interface.http.compat.openai.bodies import ChatBody
from loomwork.interface.http.compat.openai.call import Call
from loomwork.interface.http.compat.openai.errors import mid_stream_error
from loomwork.interface.http.compat.openai.posts import post
from loomwork.interface.http.errors import json_response
from loomwork.interface.http.hanging_up import while_connected
from loomwork.interface.http.streams import close, closed_after, event_stream, frame, opened, with_heartbeat
from loomwork.kernel.ids import AppId, new_id
from loomwork.model_gateway.api import ChatEvent

HEARTBEAT = b": still here\n\n"
DONE = b"data: [DONE]\n\n"


@post("/chat/completions", ChatBody)
async def create_chat_completion(call: Call, request: Request, body: ChatBody) -> Response:
    """Answer messages, at once or as a stream: by a model, or by a published app."""
    body.model = await call.named(body.model)
    if (app_id := call.app_of(body.model)) is not None:
        return await _of_app(call, request, body, app_id)
    wanted = chat_request(body, body.model, call.spender(body.end_user))
    facts = Facts(f"chatcmpl-{new_id()}", call.now, body.model, legacy=bool(body.functions))
    return await _answer(call, request, body, call.models.chat(call.scope, wanted), facts)


async def _of_app(call: Call, request: Request, body: ChatBody, app_id: AppId) -> Response:
    run, headers = await start_app_run(call, request, body, app_id)
    facts = Facts(f"chatcmpl-{run.id}", int(run.created_at.timestamp()), body.model)
    events = run_events(call.apps, call.scope, run, live=bool(body.stream))
    response = await _answer(call, request, body, events, facts)
    response.headers.update(headers)
    return response


async def _answer(
    call: Call, request: Request, body: ChatBody, events: AsyncIterator[ChatEvent], facts: Facts
) -> Response:
    if body.stream:
        return await stream_answer(call, request, events, ChunkTeller(facts, wants_usage=body.wants_usage))
    try:
        response = json_response(completion(facts, await while_connected(request, heard_answer(events))))
    except BaseException:
        await close(events)
        raise
    response.background = closed_after(events)
    return response


async def stream_answer(
    call: Call, request: Request, events: AsyncIterator[ChatEvent], teller: ChunkTeller
) -> Response:
    """The events as a stream of chunks. An error that comes before the first of them, and soon, has its own status."""
    begun = await while_connected(request, opened(events, patience=call.options.heartbeat_seconds))
    chunks = told_chunks(begun, teller, call.path)
    return event_stream(
        with_heartbeat(chunks, beat=HEARTBEAT, every=call.options.heartbeat_seconds), after=closed_after(begun)
    )


async def told_chunks(events: AsyncIterator[ChatEvent], teller: ChunkTeller, path: str) -> AsyncIterator[bytes]:
    """The frames of a stream. What goes wrong is told in it, since the status is sent. Whoever takes them closes the
    events: the client hears the end before the call is written down.
    """
    try:
        yield frame(teller.opening())
        async for event in events:
            told = b"".join(frame(chunk) for chunk in teller.tell(event))
            if teller.ended:
                yield told + DONE
                return
            if told:
                yield told
        raise unfinished()
    except Exception as error:  # noqa: BLE001 - the status is sent; all that can be told is told in the stream
        yield frame(mid_stream_error(path, error))
