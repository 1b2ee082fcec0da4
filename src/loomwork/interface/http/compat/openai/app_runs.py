"""Published apps as models: a question starts a run, and what the run says is the answer."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from starlette.requests import Request

from loomwork.apps.api import App, Apps, FormField, Run, RunRequest
from loomwork.engine.events import is_taken_back
from loomwork.interface.http.compat.openai.asking import check_supported, images_of, text_of
from loomwork.interface.http.compat.openai.bodies import ChatBody, MessageBody
from loomwork.interface.http.compat.openai.call import APP_PREFIX, Call
from loomwork.interface.http.compat.openai.errors import Unsupported
from loomwork.interface.http.encoding import plain, to_json
from loomwork.interface.http.starting import start_once
from loomwork.kernel.errors import Conflict, InvalidInput, LoomworkError, NotFound
from loomwork.kernel.ids import AppId, ConversationId, RunId
from loomwork.kernel.scope import Scope
from loomwork.model_gateway.api import ChatEvent, Finished, ModelNotFound, ReasoningDelta, TextDelta, Usage

RUN_ID = "x-loomwork-run-id"
CONVERSATION_ID = "x-loomwork-conversation-id"

WITHOUT_QUERY = frozenset({"workflow", "completion"})
"""Modes of apps that ask for a form to be filled in, and for no message."""

TEXT_FIELDS = frozenset({"paragraph", "text-input"})


class RunFailed(LoomworkError):
    """The app failed. `details["code"]` is the code of its own error."""

    code = "run_failed"


class RunWaits(Conflict):
    """The app asks a person something, who is not at this end of the line."""

    code = "run_paused"


class AnswerReplaced(LoomworkError):
    """The app took back what it had said already, which a stream of this API cannot say."""

    code = "answer_replaced"


async def start_app_run(call: Call, request: Request, body: ChatBody, app_id: AppId) -> tuple[Run, Mapping[str, str]]:
    """Start the run that a chat completion asks of an app, and the headers that say which run it is."""
    check_supported(body)
    for field in ("tools", "functions", "response_format"):
        if getattr(body, field):
            raise Unsupported(f"An app has tools and formats of its own; leave `{field}` out.", field=field)
    app = await _published(call, app_id)
    wanted = await _run_request(call, body, app)
    run, headers = await start_once(request, call.services, call.identity, wanted)
    named = {CONVERSATION_ID: run.conversation_id} if run.conversation_id is not None else {}
    return run, {**headers, RUN_ID: run.id, **named}


async def _published(call: Call, app_id: AppId) -> App:
    try:
        app = await call.apps.get_app(call.scope, app_id)
    except NotFound:
        app = None
    if app is None or app.published_version is None:
        raise ModelNotFound(f"There is no published app {APP_PREFIX}{app_id[:80]}; GET /models lists those there are.")
    return app


async def _run_request(call: Call, body: ChatBody, app: App) -> RunRequest:
    last, where = body.messages[-1], f"messages.{len(body.messages) - 1}"
    if last.role != "user":
        raise InvalidInput("An app answers the last message, which must be of role `user`.", field=f"{where}.role")
    query = text_of(last, where)
    given = dict(body.inputs if body.inputs is not None else body.metadata or {})
    conversation_id = given.pop("conversation_id", None)
    chats = app.mode not in WITHOUT_QUERY
    if not chats:
        form = (await call.apps.open_app(call.scope, app.id, published=True)).form
        given = with_message(form, given, query)
    return RunRequest(
        app_id=app.id,
        inputs=given,
        query=query if chats else None,
        conversation_id=ConversationId(str(conversation_id)) if conversation_id and chats else None,
        files=[_file(address) for address in images_of(last, where)],
        # A conversation that is kept here knows what was said in it.
        history=earlier_turns(body.messages[:-1]) if chats and not conversation_id else (),
        published=True,
        source="openai",
        end_user=body.end_user or call.scope.actor.id,
    )


def with_message(form: Sequence[FormField], inputs: Mapping[str, Any], message: str) -> dict[str, Any]:
    """The inputs, and the message in the first text field that they leave empty, the required ones before others."""
    empty = [field for field in form if field.type in TEXT_FIELDS and field.variable not in inputs]
    place = next((field.variable for field in sorted(empty, key=lambda field: not field.required)), None)
    return {**inputs, place: message} if place is not None and message else dict(inputs)


def earlier_turns(messages: Sequence[MessageBody]) -> tuple[tuple[str, str], ...]:
    """What was asked and answered before. Instructions and results of tools are left out: an app has its own."""
    turns: list[tuple[str, str]] = []
    asked, answered = "", ""
    for place, message in enumerate(messages):
        if message.role == "user":
            if answered:
                turns.append((asked, answered))
                asked, answered = "", ""
            asked = _joined(asked, text_of(message, f"messages.{place}"))
        elif message.role == "assistant" and asked and message.content is not None:
            answered = _joined(answered, text_of(message, f"messages.{place}"))
    return (*turns, (asked, answered)) if answered else tuple(turns)


def _joined(one: str, other: str) -> str:
    return f"{one}\n{other}" if one and other else one or other


def _file(address: str) -> dict[str, Any]:
    return {"type": "image", "transfer_method": "remote_url", "url": address}


async def run_events(apps: Apps, scope: Scope, run: Run, *, live: bool) -> AsyncIterator[ChatEvent]:
    """What a run says, as a model would say it; all at its end, unless `live`. Whoever leaves before its end stops it:
    nobody else can hear this answer. Raises what kept it from answering.
    """
    spoken = SpokenText(live=live)
    ended = False
    try:
        async for batch in apps.follow_run(scope, run.id, until_rest=True):
            for event in batch:
                ended = ended or event["type"] in ENDS
                for said in _said(spoken, event):
                    yield said
    finally:
        if not ended:
            _stop_aside(apps, scope, run.id)


def _said(spoken: "SpokenText", event: Mapping[str, Any]) -> Sequence[ChatEvent]:
    """What one event comes to."""
    data = event["data"]
    match event["type"]:
        case "text_chunk":
            return [TextDelta(spoken.add(event))]
        case "reasoning_chunk":
            return [ReasoningDelta(data["text"])]
        case "node_retrying":
            spoken.take_back(event)
        case "run_succeeded" | "run_partially_succeeded":
            return [TextDelta(spoken.end(_answer(data))), Finished("stop", _usage(data.get("usage") or {}))]
        case "run_failed":
            error = data["error"]
            raise RunFailed(str(error.get("message") or "The app failed."), code=error.get("code"))
        case "run_stopped":
            raise RunFailed("The run was stopped.", code="run_stopped")
        case "run_paused":
            raise RunWaits(
                "The app waits for a person's answer, which cannot be given here. Answer it in the console, over "
                "/api/v1 or over /v1; it goes on then."
            )
    return []


ENDS = frozenset({"run_succeeded", "run_partially_succeeded", "run_failed", "run_stopped", "run_paused"})


def _answer(data: Mapping[str, Any]) -> str:
    """The answer of a chat; of a workflow its one text output, else all outputs as JSON."""
    if data.get("answer") is not None:
        return str(data["answer"])
    outputs = dict(data.get("outputs") or {})
    if len(outputs) == 1 and isinstance(only := next(iter(outputs.values())), str):
        return only
    return to_json(plain(outputs)).decode()


def _usage(usage: Mapping[str, Any]) -> Usage:
    return Usage(prompt_tokens=usage.get("prompt_tokens"), completion_tokens=usage.get("completion_tokens"))


class SpokenText:
    """The text of an answer as far as it can be said: what was sent cannot be taken back. Where a node that spoke runs
    again, nothing is sent until it has come as far as before; where it says something else, `AnswerReplaced` is raised.
    """

    def __init__(self, *, live: bool) -> None:
        self._live = live
        self._chunks: list[Mapping[str, Any]] = []
        self._sent: list[str] = []
        self._behind = False

    def add(self, chunk: Mapping[str, Any]) -> str:
        """What to send once this `text_chunk` was said."""
        if not self._live:
            return ""
        self._chunks.append(chunk)
        if self._behind:
            return self._catch_up("".join(each["data"]["text"] for each in self._chunks))
        self._sent.append(chunk["data"]["text"])
        return self._sent[-1]

    def take_back(self, retrying: Mapping[str, Any]) -> None:
        """Forget what a `node_retrying` says is to be forgotten."""
        kept = [chunk for chunk in self._chunks if not is_taken_back(chunk, retrying)]
        self._behind = self._behind or len(kept) < len(self._chunks)
        self._chunks = kept

    def end(self, answer: str) -> str:
        """What is left to be sent of the whole answer."""
        left = self._catch_up(answer)
        if self._behind:
            raise self._replaced()
        return left

    def _catch_up(self, text: str) -> str:
        sent = "".join(self._sent)
        if text.startswith(sent):
            self._sent, self._behind = [text], False
            return text[len(sent) :]
        if not sent.startswith(text):
            raise self._replaced()
        self._behind = True
        return ""

    @staticmethod
    def _replaced() -> AnswerReplaced:
        return AnswerReplaced("A part of the app began anew and says something else now; ask again.")


_STOPPING: set["asyncio.Task[None]"] = set()
"""Held here, because the loop itself holds its tasks only weakly."""


def _stop_aside(apps: Apps, scope: Scope, run_id: RunId) -> None:
    """Have the run stopped by a task of its own: the one that is left is being cancelled."""

    async def stop() -> None:
        await apps.stop_run(scope, run_id)

    task = asyncio.ensure_future(stop())
    _STOPPING.add(task)
    task.add_done_callback(_STOPPING.discard)
