"""The world outside the HTTP room, in memory: doors that answer as their promises say."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from loomwork.apps.api import (
    App,
    AppOverview,
    CheckReport,
    DocumentRefused,
    DraftChanged,
    Environment,
    FormField,
    GraphEdge,
    GraphNode,
    NodeState,
    NotPublished,
    NotRunnableYet,
    OpenQuestion,
    PersonAnswer,
    ProblemReport,
    ReplayRequest,
    Run,
    RunFilter,
    RunRequest,
    RunStatus,
    Starter,
    Version,
)
from loomwork.conversations.api import Conversation, Message
from loomwork.engine.events import (
    TERMINAL,
    Event,
    InputReceived,
    InputRequired,
    NodeStarted,
    NodeSucceeded,
    RunFailed,
    RunPaused,
    RunResumed,
    RunStarted,
    RunStopped,
    RunSucceeded,
    TextChunk,
)
from loomwork.interface.http.services import Services
from loomwork.kernel.errors import Conflict, InvalidInput, NotFound, NotSignedIn
from loomwork.kernel.ids import AppId, ConversationId, KeyId, MessageId, RunId, WorkspaceId, new_id
from loomwork.kernel.page import Page, PageRequest, page_within
from loomwork.kernel.scope import Actor, Scope
from loomwork.model_gateway.api import (
    AudioDelta,
    ChatEvent,
    ChatRequest,
    EmbeddingRequest,
    Embeddings,
    Finished,
    ImageRequest,
    Images,
    MadeImage,
    ModelInfo,
    ModelNotFound,
    ModelReference,
    Moderation,
    ModerationRequest,
    Ranked,
    Ranking,
    RerankRequest,
    ResolvedModel,
    Segment,
    SpeechEvent,
    SpeechRequest,
    Spoken,
    TextDelta,
    Transcription,
    TranscriptionRequest,
    Usage,
    Verdict,
    WeightsStatus,
)
from loomwork.tenancy.api import (
    NO_TERMS,
    PERMISSIONS,
    ApiKey,
    IdempotencyConflict,
    Identity,
    KeyFilter,
    KeyKind,
    KeyTerms,
    NewKey,
    Profile,
    Standing,
    StoredAnswer,
    Workspace,
)

from .gateway_doors import FakeAccounts, FakeProviders

HOME = WorkspaceId("0198c2a4-0000-7000-8000-000000000001")
AWAY = WorkspaceId("0198c2a4-0000-7000-8000-000000000002")
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
USAGE = Usage(prompt_tokens=11, completion_tokens=2, cached_tokens=3, reasoning_tokens=1)
NO_KEY = ModelInfo("x/y", "x", "Y", ready=False, problem="No key.")


def page(items: Sequence[Any], request: PageRequest) -> Page[Any]:
    ids = [item.id for item in items]
    start = ids.index(request.after) + 1 if request.after in ids else 0
    chosen = list(items[start : start + request.limit])
    more = start + request.limit < len(items)
    return Page(chosen, chosen[-1].id if more and chosen else None)


def numbered(events: Sequence[Event]) -> list[dict[str, Any]]:
    """Events in wire form, as a loop would have placed them."""
    for seq, event in enumerate(events, 1):
        event.seq, event.at = seq, seq / 10
    return [event.wire() for event in events]


def usual_events(run: Run, words: Sequence[str]) -> list[Event]:
    """A run of two nodes that says some words."""
    answer = "".join(words)
    usage = {"prompt_tokens": 3, "completion_tokens": len(words), "total_tokens": 3 + len(words)}
    return [
        RunStarted(run.inputs, run.app_id, run.version),
        NodeStarted("Start", "start", {}, node_id="start"),
        NodeSucceeded(dict(run.inputs), None, 0.5, node_id="start"),
        NodeStarted("Model", "llm", {"text": "hi"}, node_id="llm"),
        *[TextChunk(word, ("llm", "text"), node_id="llm") for word in words],
        NodeSucceeded({"text": answer}, usage, 12.0, node_id="llm"),
        RunSucceeded({"answer": answer}, answer, usage),
    ]


@dataclass
class Log:
    """A run's events, and a bell for those who wait for more."""

    events: list[dict[str, Any]] = field(default_factory=list)
    bell: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def ended(self) -> bool:
        return bool(self.events) and self.events[-1]["type"] in TERMINAL

    async def add(self, event: Event) -> None:
        if self.ended:
            return
        event.seq = len(self.events) + 1
        event.at = event.seq / 10
        async with self.bell:
            self.events.append(event.wire())
            self.bell.notify_all()


class FakeApps:
    """Apps whose runs say `words`, one event at a time; `gate` holds every run back before its end until it is set."""

    def __init__(self, conversations: "FakeConversations") -> None:
        self.conversations = conversations
        self.apps: dict[tuple[str, str], App] = {}
        self.runs: dict[tuple[str, str], Run] = {}
        self.logs: dict[str, Log] = {}
        self.words: Sequence[str] = ("Hello", ", ", "world")
        self.fails_with: Mapping[str, str] | None = None
        self.breaks_after: int | None = None
        self.breaks_with: Exception = RuntimeError("the log is gone; the secret is sk-123")
        self.gate = asyncio.Event()
        self.gate.set()
        self.explode = False
        self.tasks: set[asyncio.Task[None]] = set()
        self.requests: list[RunRequest] = []
        self.filters: list[RunFilter | None] = []
        self.questions: dict[str, list[OpenQuestion]] = {}
        self.answers: list[PersonAnswer] = []
        self.answered = asyncio.Event()
        self.asks_first = False
        self.replays: list[ReplayRequest] = []
        self.started: asyncio.Queue[Run] = asyncio.Queue()
        self.readers = 0
        self.nobody_reads = asyncio.Event()
        self.somebody_reads = asyncio.Event()

    def add(self, scope: Scope, *, mode: str = "workflow", published: bool = True, name: str = "An app") -> App:
        app = App(
            id=AppId(new_id()),
            name=name,
            description="Does a thing.",
            mode=mode,
            icon="🧵",
            icon_background="#fff",
            document=f"app:\n  mode: {mode}\n",
            node_count=2,
            warnings=0,
            created_at=NOON,
            updated_at=NOON,
            published_version=1 if published else None,
        )
        self.apps[scope.workspace_id, app.id] = app
        return app

    async def import_app(self, scope: Scope, document: str, *, publish: bool = False) -> App:
        if self.explode:
            raise RuntimeError("the secret is sk-123")
        report = await self.check(document)
        if not report.ok:
            problem = {"level": "error", "code": "not_a_document", "message": "No.", "node_id": None, "place": "line 1"}
            raise DocumentRefused("This document cannot be imported.", problems=[problem])
        return replace(self.add(scope, published=publish), document=document)

    async def replace_document(self, scope: Scope, app_id: AppId, document: str, *, revision: int | None = None) -> App:
        app = await self.get_app(scope, app_id)
        if revision not in (None, app.revision):
            raise DraftChanged("The draft is another now.", revision=app.revision)
        app = replace(app, document=document, revision=app.revision + 1)
        self.apps[scope.workspace_id, app_id] = app
        return app

    async def check(self, document: str) -> CheckReport:
        if "refuse" in document:
            return CheckReport(False, None, None, 0, [ProblemReport("error", "not_a_document", "No.", place="line 1")])
        return CheckReport(True, "workflow", "0.7.0", 2, [])

    async def export_app(self, scope: Scope, app_id: AppId) -> str:
        return (await self.get_app(scope, app_id)).document

    async def list_apps(self, scope: Scope, request: PageRequest, *, search: str = "", tag: str = "") -> Page[App]:
        mine = [app for (workspace, _), app in self.apps.items() if workspace == scope.workspace_id]
        return page([app for app in reversed(mine) if search in app.name and (not tag or tag in app.tags)], request)

    async def get_app(self, scope: Scope, app_id: AppId) -> App:
        if (scope.workspace_id, app_id) not in self.apps:
            raise NotFound("There is no app with this id.")
        return self.apps[scope.workspace_id, app_id]

    async def open_app(self, scope: Scope, app_id: AppId, *, published: bool = False) -> AppOverview:
        app = await self.get_app(scope, app_id)
        if published and app.published_version is None:
            raise NotPublished("Publish the app first.")
        node = GraphNode("start", "start", "Start", "", 1.0, 2.0, None, None, None, [("source", "")], {"type": "start"})
        return AppOverview(
            app=app,
            nodes=[node],
            edges=[GraphEdge("e1", "start", "llm", "source")],
            form=[FormField("text", "Text", "paragraph", True, max_length=9)],
            features={"opening_statement": "Hi!", "text_to_speech": {"enabled": True, "voice": "x"}},
            problems=[ProblemReport("warning", "unreachable_node", "Nothing leads to it.", "n", None)],
            models=[
                {
                    "reference": "openai/gpt-4o",
                    "name": "gpt-4o",
                    "model": "debug/echo",
                    "notice": "openai is not configured.",
                    "blind": "debug/echo cannot see images.",
                    "provider": "openai",
                }
            ],
            runnable=True,
        )

    async def publish_app(
        self, scope: Scope, app_id: AppId, *, notes: str = "", environment: Environment = "prod"
    ) -> Version:
        app = await self.get_app(scope, app_id)
        if environment == "prod":
            self.apps[scope.workspace_id, app_id] = replace(app, published_version=1)
        return Version(app_id, 1, app.document, NOON, scope.actor.id, notes)

    async def delete_app(self, scope: Scope, app_id: AppId) -> None:
        await self.get_app(scope, app_id)
        del self.apps[scope.workspace_id, app_id]

    async def bind_app(self, scope: Scope, app_id: AppId, name: str, other: AppId | None) -> App:
        raise AssertionError("no face binds apps yet")

    async def bind_model(self, scope: Scope, app_id: AppId, reference: str, model: str | None) -> App:
        app = await self.get_app(scope, app_id)
        app = replace(app, bindings={reference: model} if model else {})
        self.apps[scope.workspace_id, app_id] = app
        return app

    async def list_starters(self) -> Sequence[Starter]:
        return [Starter("summarise", "Summarise", "Makes it short.", "workflow", "📝", "#eee", [{"text": "long"}])]

    async def add_starter(self, scope: Scope, starter_id: str) -> App:
        if starter_id != "summarise":
            raise NotFound("There is no starter of this name.")
        return self.add(scope, name="Summarise")

    async def start_run(self, scope: Scope, request: RunRequest) -> Run:
        self.requests.append(request)
        app = await self.get_app(scope, request.app_id)
        self._check(app, request)
        run = await self._written_down(scope, app, request)
        self.runs[scope.workspace_id, run.id] = run
        self.logs[run.id] = Log()
        task = asyncio.create_task(self._execute(scope, run))
        self.tasks.add(task)
        self.started.put_nowait(run)
        return run

    def _check(self, app: App, request: RunRequest) -> None:
        if request.published and app.published_version is None:
            raise NotPublished("Publish the app first.")
        if app.mode == "agent":
            raise NotRunnableYet("Apps of this mode cannot run yet.")
        if "bad" in request.inputs:
            raise InvalidInput("`bad` must not be there.", field="bad")

    async def _written_down(self, scope: Scope, app: App, request: RunRequest) -> Run:
        run_id = RunId(new_id())
        run = Run(
            run_id, app.id, 1 if request.published else None, "queued", request.inputs, request.query,
            request.source, request.end_user, NOON,
        )  # fmt: skip
        if app.mode == "workflow":
            return run
        conversation_id = request.conversation_id or await self._new_conversation(scope, app, request)
        message_id = MessageId(new_id())
        message = Message(message_id, conversation_id, run_id, request.query or "", "", "running", NOON)
        await self.conversations.add_message(scope, message)
        return replace(run, conversation_id=conversation_id, message_id=message_id)

    async def _new_conversation(self, scope: Scope, app: App, request: RunRequest) -> ConversationId:
        conversation_id = ConversationId(new_id())
        conversation = Conversation(conversation_id, app.id, request.end_user, "A talk", request.inputs, {}, NOON, NOON)
        await self.conversations.add_conversation(scope, conversation)
        return conversation_id

    async def _execute(self, scope: Scope, run: Run) -> None:
        *events, last = usual_events(run, self.words)
        for event in events:
            await asyncio.sleep(0)
            await self.logs[run.id].add(event)
        if self.asks_first:
            await self._ask_first(scope, run)
        await self.gate.wait()
        if self.fails_with:
            last = RunFailed(self.fails_with, node_id="llm")
        await self._end(scope, run.id, last)

    async def _ask_first(self, scope: Scope, run: Run) -> None:
        """Ask a person, and go on once somebody has answered."""
        question = self.ask(run)
        log, expires = self.logs[run.id], question.expires_at
        await log.add(NodeStarted(question.title, "human-input", {}, node_id="h"))
        await log.add(InputRequired(question.form, question.actions, expires, node_id="h"))
        self.runs[scope.workspace_id, run.id] = replace(run, status="paused")
        await log.add(RunPaused([{"type": "input", "node_id": "h", "frame": []}]))
        await self.answered.wait()
        self.runs[scope.workspace_id, run.id] = replace(run, status="running")
        [given] = self.answers
        await log.add(InputReceived(given.action, given.values, node_id="h"))
        await log.add(RunResumed(None))
        await log.add(NodeSucceeded(dict(given.values), None, 1.0, node_id="h"))

    async def _end(self, scope: Scope, run_id: str, event: Event) -> None:
        run = self.runs[scope.workspace_id, run_id]
        if self.logs[run_id].ended:
            return
        ended = replace(run, finished_at=NOON + timedelta(seconds=2), started_at=NOON, elapsed_ms=1234.0)
        match event:
            case RunSucceeded():
                states = {"llm": NodeState("succeeded", {"text": event.answer}, None, 12.0, 1)}
                ended = replace(
                    ended,
                    status="succeeded",
                    outputs=event.outputs,
                    answer=event.answer,
                    usage=event.usage,
                    nodes=states,
                )
            case RunFailed():
                ended = replace(ended, status="failed", error={**event.error, "node_id": event.node_id})
            case _:
                ended = replace(ended, status="stopped")
        self.runs[scope.workspace_id, run_id] = ended
        await self.logs[run_id].add(event)

    async def stop_run(self, scope: Scope, run_id: RunId) -> None:
        await self.get_run(scope, run_id)
        await self._end(scope, run_id, RunStopped(scope.actor.id))

    async def pause_run(self, scope: Scope, run_id: RunId) -> None:
        await self._going(scope, run_id, "paused")

    async def resume_run(self, scope: Scope, run_id: RunId) -> None:
        await self._going(scope, run_id, "running")

    async def _going(self, scope: Scope, run_id: RunId, status: RunStatus) -> None:
        run = await self.get_run(scope, run_id)
        if self.logs[run_id].ended:
            raise Conflict("This run has ended.")
        self.runs[scope.workspace_id, run_id] = replace(run, status=status)

    def ask(self, run: Run, **changed: Any) -> OpenQuestion:
        """Have a run ask something."""
        form = {"content": "Fine?", "fields": [{"name": "note", "type": "paragraph", "default": ""}]}
        actions = [{"id": "yes", "title": "Yes", "style": "primary"}]
        question = replace(OpenQuestion("h", "Review", (), form, actions, NOON.timestamp()), **changed)
        self.questions.setdefault(run.id, []).append(question)
        return question

    async def open_questions(self, scope: Scope, run_id: RunId) -> Sequence[OpenQuestion]:
        await self.get_run(scope, run_id)
        return self.questions.get(run_id, [])

    async def answer_run(self, scope: Scope, run_id: RunId, answer: PersonAnswer) -> None:
        asked = await self.open_questions(scope, run_id)
        left = [question for question in asked if (question.node_id, question.frame) != (answer.node_id, answer.frame)]
        if len(left) == len(asked):
            raise Conflict("The run asks nothing there.")
        if answer.action != "yes":
            raise InvalidInput("There is no such action.", field="action")
        self.questions[run_id] = left
        self.answers.append(answer)
        self.answered.set()

    async def replay_run(self, scope: Scope, run_id: RunId, request: ReplayRequest) -> Run:
        source = await self.get_run(scope, run_id)
        self.replays.append(request)
        run = await self.start_run(scope, RunRequest(source.app_id, request.inputs or source.inputs))
        self.runs[scope.workspace_id, run.id] = run = replace(
            run, origin_id=run_id, origin_node_id=request.node_id, source=request.source
        )
        return run

    async def get_run(self, scope: Scope, run_id: RunId) -> Run:
        if (scope.workspace_id, run_id) not in self.runs:
            raise NotFound("There is no run with this id.")
        return self.runs[scope.workspace_id, run_id]

    async def run_graph(self, scope: Scope, run_id: RunId) -> tuple[Sequence[GraphNode], Sequence[GraphEdge]]:
        overview = await self.open_app(scope, (await self.get_run(scope, run_id)).app_id)
        return overview.nodes, overview.edges

    async def list_runs(
        self, scope: Scope, request: PageRequest, *, app_id: AppId | None = None, wanted: RunFilter | None = None
    ) -> Page[Run]:
        self.filters.append(wanted)
        mine = [run for (workspace, _), run in self.runs.items() if workspace == scope.workspace_id]
        return page([run for run in reversed(mine) if app_id in (None, run.app_id)], request)

    async def follow_run(
        self, scope: Scope, run_id: RunId, *, after: int = 0, until_rest: bool = False
    ) -> AsyncIterator[Sequence[Mapping[str, Any]]]:
        await self.get_run(scope, run_id)
        self.readers += 1
        self.nobody_reads.clear()
        self.somebody_reads.set()
        try:
            async for batch in self._read(self.logs[run_id], after):
                yield batch
                if until_rest and batch[-1]["type"] == "run_paused" and batch[-1] is self.logs[run_id].events[-1]:
                    return
        finally:
            self.readers -= 1
            if not self.readers:
                self.nobody_reads.set()

    async def _read(self, log: Log, after: int) -> AsyncIterator[Sequence[Mapping[str, Any]]]:
        while True:
            async with log.bell:
                while len(log.events) <= after and not log.ended:
                    await log.bell.wait()
                batch = log.events[after:]
            if batch:
                yield batch
                after += len(batch)
            if self.breaks_after is not None and after >= self.breaks_after:
                raise self.breaks_with
            if log.ended and after >= len(log.events):
                return

    async def wait_for_run(self, scope: Scope, run_id: RunId, *, until_rest: bool = False) -> Run:
        async for _ in self.follow_run(scope, run_id, until_rest=until_rest):
            pass
        return await self.get_run(scope, run_id)


class FakeConversations:
    def __init__(self) -> None:
        self.conversations: dict[tuple[str, str], Conversation] = {}
        self.messages: dict[tuple[str, str], list[Message]] = {}

    async def add_conversation(self, scope: Scope, conversation: Conversation) -> None:
        self.conversations[scope.workspace_id, conversation.id] = conversation
        self.messages[scope.workspace_id, conversation.id] = []

    async def get_conversation(self, scope: Scope, conversation_id: ConversationId) -> Conversation:
        if (scope.workspace_id, conversation_id) not in self.conversations:
            raise NotFound("There is no conversation with this id.")
        return self.conversations[scope.workspace_id, conversation_id]

    async def delete_conversation(self, scope: Scope, conversation_id: ConversationId) -> None:
        del self.conversations[scope.workspace_id, conversation_id], self.messages[scope.workspace_id, conversation_id]

    async def list_conversations(
        self, scope: Scope, app_id: AppId, request: PageRequest, *, end_user: str | None = None
    ) -> Page[Conversation]:
        mine = [talk for (workspace, _), talk in self.conversations.items() if workspace == scope.workspace_id]
        chosen = [talk for talk in reversed(mine) if talk.app_id == app_id and end_user in (None, talk.end_user)]
        return page(chosen, request)

    async def merge_variables(
        self, scope: Scope, conversation_id: ConversationId, written: Mapping[str, Any]
    ) -> None: ...

    async def add_message(self, scope: Scope, message: Message) -> None:
        self.messages[scope.workspace_id, message.conversation_id].append(message)

    async def finish_message(
        self, scope: Scope, message_id: MessageId, *, answer: str, status: str, usage: Mapping[str, Any]
    ) -> None: ...

    async def list_messages(
        self, scope: Scope, conversation_id: ConversationId, request: PageRequest, *, newest_first: bool = False
    ) -> Page[Message]:
        messages = self.messages[scope.workspace_id, conversation_id]
        return page(list(reversed(messages)) if newest_first else messages, request)

    async def count_messages(self, scope: Scope, conversation_id: ConversationId) -> int:
        return len(self.messages[scope.workspace_id, conversation_id])


class FakeGatekeeper:
    def __init__(self) -> None:
        self.keys: dict[str, tuple[Scope, ApiKey]] = {}
        self.sessions: dict[str, Scope] = {}
        self.tokens: dict[str, Scope] = {}
        self.standing = Standing("owner", PERMISSIONS)

    async def by_key(self, secret: str) -> Identity | None:
        found = self.keys.get(secret)
        if found is None or found[1].revoked_at is not None:
            return None
        scope, key = found
        acting = Scope(scope.workspace_id, Actor("key", key.id))
        return Identity(acting, key.kind, key.subject_id, standing=self.standing, member_id=key.terms.member_id)

    async def by_session(self, token: str, workspace: str | None = None) -> Identity | None:
        return Identity(self.sessions[token], "session", standing=self.standing) if token in self.sessions else None

    async def create_key(
        self, scope: Scope, kind: KeyKind, subject_id: AppId | str | None = None, *, terms: KeyTerms = NO_TERMS
    ) -> NewKey:
        prefix = {"app": "app", "dataset": "dataset", "workspace": "lw", "personal": "lwp"}[kind]
        secret = f"{prefix}-{new_id()}"
        key = ApiKey(KeyId(new_id()), kind, subject_id, secret[-4:], NOON, terms=terms)
        self.keys[secret] = (scope, key)
        return NewKey(key, secret)

    async def list_keys(self, scope: Scope, wanted: KeyFilter, page: PageRequest) -> Page[ApiKey]:
        mine = [key for owner, key in self.keys.values() if owner.workspace_id == scope.workspace_id]
        of_kind = [key for key in mine if wanted.kind in (None, key.kind)]
        return page_within([key for key in of_kind if key.subject_id == wanted.subject_id], page, lambda key: key.id)

    async def get_key(self, scope: Scope, key_id: KeyId) -> ApiKey:
        for owner, key in self.keys.values():
            if key.id == key_id and owner.workspace_id == scope.workspace_id:
                return key
        raise NotFound.of("key", key_id)

    async def revoke_key(self, scope: Scope, key_id: KeyId) -> None:
        for secret, (owner, key) in self.keys.items():
            if key.id == key_id and owner.workspace_id == scope.workspace_id:
                self.keys[secret] = (owner, replace(key, revoked_at=NOON))
                return
        raise NotFound("There is no key with this id.")

    async def create_sign_in_token(self, scope: Scope) -> str:
        token = f"once-{new_id()}"
        self.tokens[token] = scope
        return token

    async def sign_in(self, token: str) -> str:
        if token not in self.tokens:
            raise NotSignedIn("This link has been used, or is too old.")
        session = f"session-{new_id()}"
        self.sessions[session] = self.tokens.pop(token)
        return session

    async def sign_out(self, session_token: str) -> None:
        self.sessions.pop(session_token, None)

    async def profile(self, scope: Scope) -> Profile:
        return Profile(Workspace(scope.workspace_id, "Home", NOON), "Owner")


Said = ChatEvent | Exception
"""What a model says next, or what it fails with."""


class FakeModels:
    """Models that say what a test tells them to. `held` keeps a chat from going on after its first event."""

    def __init__(self) -> None:
        self.says: Sequence[Said] = (TextDelta("Hello"), TextDelta(" there."), Finished("stop", USAGE))
        self.fails_with: Exception | None = None
        self.asked: list[Any] = []
        self.heard = asyncio.Event()
        self.held = asyncio.Event()
        self.held.set()
        self.closed = asyncio.Event()
        self.infos = [ModelInfo("debug/echo", "debug", "Echo"), NO_KEY]

    async def resolve(self, scope: Scope, reference: ModelReference, *, override: str | None = None) -> ResolvedModel:
        return ResolvedModel(reference, "debug/echo")

    async def chat(self, scope: Scope, request: ChatRequest) -> AsyncIterator[ChatEvent]:
        self._hear(request)
        try:
            for said in self.says:
                if isinstance(said, Exception):
                    raise said
                yield said
                await self.held.wait()
        finally:
            self.closed.set()

    async def embed(self, scope: Scope, request: EmbeddingRequest) -> Embeddings:
        self._hear(request)
        await self.held.wait()
        vectors = [[float(len(text)), 0.5, -1.0][: request.dimensions] for text in request.texts]
        return Embeddings(vectors, Usage(prompt_tokens=7), request.model)

    async def rerank(self, scope: Scope, request: RerankRequest) -> Ranking:
        self._hear(request)
        order = sorted(range(len(request.documents)), key=lambda place: -len(request.documents[place]))
        results = [Ranked(place, 1 / (rank + 1)) for rank, place in enumerate(order[: request.top_n])]
        return Ranking(results, Usage(prompt_tokens=5), request.model)

    async def moderate(self, scope: Scope, request: ModerationRequest) -> Moderation:
        self._hear(request)
        verdicts = [Verdict("bad" in text, {"violence": "bad" in text}, {"violence": 0.9}) for text in request.texts]
        return Moderation(verdicts, Usage(), request.model)

    async def speak(self, scope: Scope, request: SpeechRequest) -> AsyncIterator[SpeechEvent]:
        self._hear(request)
        yield AudioDelta(b"RIFF")
        yield AudioDelta(request.text.encode())
        yield Spoken("audio/mpeg", Usage(characters=len(request.text)))

    async def transcribe(self, scope: Scope, request: TranscriptionRequest) -> Transcription:
        self._hear(request)
        segments = [Segment(0.0, 1.5, " One."), Segment(1.5, 3723.25, " Two.\n\n--> Three.")]
        return Transcription("One. Two.", Usage(seconds=3.0), "en", 3.0, segments, request.model)

    async def make_images(self, scope: Scope, request: ImageRequest) -> Images:
        self._hear(request)
        return Images([MadeImage(b"PNG", prompt="A nicer prompt.")] * request.count, Usage(images=request.count))

    async def list_models(self, scope: Scope) -> Sequence[ModelInfo]:
        return self.infos

    def _hear(self, request: Any) -> None:
        self.asked.append(request)
        self.heard.set()
        self.closed.clear()
        if self.fails_with is not None:
            raise self.fails_with


class FakeLocalModels:
    def __init__(self) -> None:
        self.weights = WeightsStatus("local/small", "absent", "a model hub", 100, 0, "Apache-2.0")

    async def status(self) -> Sequence[WeightsStatus]:
        return [self.weights]

    async def fetch(self, model: str) -> WeightsStatus:
        if model != self.weights.model:
            raise ModelNotFound(f"There is no local model {model}.")
        self.weights = replace(self.weights, state="fetching")
        return self.weights

    async def wait(self, model: str) -> WeightsStatus:
        return self.weights


class MemoryIdempotency:
    def __init__(self) -> None:
        self.answers: dict[tuple[str, str, str, str], tuple[str, StoredAnswer | None]] = {}

    @staticmethod
    def _place(scope: Scope, operation: str, key: str) -> tuple[str, str, str, str]:
        return scope.workspace_id, scope.actor.id, operation, key

    async def claim(self, scope: Scope, operation: str, key: str, fingerprint: str) -> StoredAnswer | None:
        place = self._place(scope, operation, key)
        if place not in self.answers:
            self.answers[place] = (fingerprint, None)
            return None
        known, answer = self.answers[place]
        if known != fingerprint:
            raise IdempotencyConflict("This key belongs to another request.")
        if answer is None:
            raise IdempotencyConflict("The request with this key is still in progress.")
        return answer

    async def store(self, scope: Scope, operation: str, key: str, answer: StoredAnswer) -> None:
        place = self._place(scope, operation, key)
        self.answers[place] = (self.answers[place][0], answer)

    async def release(self, scope: Scope, operation: str, key: str) -> None:
        self.answers.pop(self._place(scope, operation, key), None)


class MemoryAliases:
    def __init__(self) -> None:
        self.meanings: dict[tuple[str, str, str], str] = {}

    async def meaning(self, scope: Scope, surface: str, external_id: str) -> str | None:
        return self.meanings.get((scope.workspace_id, surface, external_id))

    async def named(self, scope: Scope, surface: str) -> Mapping[str, str]:
        return {
            meaning: external_id
            for (workspace, where, external_id), meaning in self.meanings.items()
            if (workspace, where) == (scope.workspace_id, surface)
        }

    async def add(self, scope: Scope, surface: str, external_id: str, meaning: str) -> str:
        given = (await self.named(scope, surface)).get(meaning)
        if given is not None:
            return given
        if self.meanings.setdefault((scope.workspace_id, surface, external_id), meaning) != meaning:
            raise Conflict("This id means another thing already.")
        return external_id


@dataclass
class World:
    """Everything behind the HTTP face."""

    conversations: FakeConversations = field(default_factory=FakeConversations)
    gatekeeper: FakeGatekeeper = field(default_factory=FakeGatekeeper)
    models: FakeModels = field(default_factory=FakeModels)
    local_models: FakeLocalModels = field(default_factory=FakeLocalModels)
    idempotency: MemoryIdempotency = field(default_factory=MemoryIdempotency)
    providers: FakeProviders = field(default_factory=FakeProviders)
    accounts: FakeAccounts = field(default_factory=FakeAccounts)
    aliases: MemoryAliases = field(default_factory=MemoryAliases)
    parts: dict[str, str | None] = field(default_factory=lambda: {"database": None})
    home: Scope = field(default_factory=lambda: Scope(HOME, Actor("person", "owner")))
    away: Scope = field(default_factory=lambda: Scope(AWAY, Actor("person", "stranger")))

    def __post_init__(self) -> None:
        self.apps = FakeApps(self.conversations)

    @property
    def services(self) -> Services:
        return Services(
            apps=self.apps,
            gatekeeper=self.gatekeeper,
            conversations=self.conversations,
            models=self.models,
            local_models=self.local_models,
            idempotency=self.idempotency,
            ready=self.ready,
            providers=self.providers,
            accounts=self.accounts,
            aliases=self.aliases,
        )

    async def ready(self) -> Mapping[str, str | None]:
        return self.parts

    async def app_key(self, app: App, scope: Scope | None = None) -> str:
        return (await self.gatekeeper.create_key(scope or self.home, "app", app.id)).secret

    async def workspace_key(self, scope: Scope | None = None) -> str:
        return (await self.gatekeeper.create_key(scope or self.home, "workspace")).secret

    async def session(self) -> str:
        return await self.gatekeeper.sign_in(await self.gatekeeper.create_sign_in_token(self.home))
