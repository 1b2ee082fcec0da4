"""Lives through a scenario, process after process, and keeps its journal. What is outside is part of it."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

from loomwork.adapters.storage.sql import json_text, record_text
from loomwork.engine import GraphRun, RunResult
from loomwork.engine.commands import Command
from loomwork.engine.events import Event
from loomwork.engine.ports import Batch, NodeType, Record
from loomwork.engine.run import RunLimits, node_run
from loomwork.engine.run.loop import DEFAULT_LIMITS
from loomwork.engine.run.records import Reused
from loomwork.engine.variables import File
from loomwork.kernel.ids import RunId
from loomwork.kernel.scope import Scope
from loomwork.knowledge.api import Found, KnowledgeBase, KnowledgeSettings, Passage, Question
from loomwork.model_gateway.api import (
    ChatEvent,
    ChatRequest,
    Finished,
    ModelInfo,
    ModelReference,
    ReasoningDelta,
    ResolvedModel,
    TextDelta,
    Usage,
)
from loomwork.nodes.ports import (
    EgressFailed,
    EgressLimits,
    EgressRequest,
    EgressResponse,
    FileUnreadable,
    Outside,
    SubflowRequest,
    SubflowResult,
)
from loomwork.nodes.registry import node_types
from tests.replays.recording import Recording, context_of

NOW = "2026-01-02T03:04:05+00:00"


@dataclass(frozen=True)
class Life:
    """One process. `asked` is asked of the run before it goes, `then` when an event (`type` or `type:node`) is shown;
    the process dies instead of its commit number `dies_at`.
    """

    asked: Sequence[Command] = ()
    then: Mapping[str, Command] = field(default_factory=dict)
    dies_at: int | None = None


@dataclass(frozen=True)
class Scenario:
    """What runs, what it is started with, and what becomes of it."""

    tells: str
    nodes: Sequence[Mapping[str, Any]]
    edges: str
    mode: str = "workflow"
    mocks: Mapping[str, Any] = field(default_factory=dict)
    inputs: Mapping[str, Any] = field(default_factory=dict)
    query: str | None = None
    files: Sequence[Mapping[str, Any]] = ()
    conversation: Mapping[str, Any] = field(default_factory=dict)
    lives: Sequence[Life] = (Life(),)
    limits: RunLimits = DEFAULT_LIMITS
    reuses: "tuple[Scenario, Sequence[str]] | None" = None
    """A run whose results stand in, and the nodes for which they do."""


class Died(Exception):
    """The process is no more."""


class World:
    """A model that repeats what it is told, an address that fails the first time, and files with known content."""

    def __init__(self) -> None:
        self._fetched: Counter[str] = Counter()

    async def resolve(self, scope: Scope, reference: ModelReference, *, override: str | None = None) -> ResolvedModel:
        return ResolvedModel(reference, "debug/echo")

    async def chat(self, scope: Scope, request: ChatRequest) -> AsyncIterator[ChatEvent]:
        said = request.messages[-1].text
        if any("Shipping" in message.text for message in request.messages):
            said = '{"category": "Shipping"}'
        yield ReasoningDelta("Let me think. ")
        for word in said.split(" "):
            await asyncio.sleep(0)
            yield TextDelta(f"{word} ")
        yield Finished("stop", Usage(3, 5))

    async def list_models(self, scope: Scope) -> Sequence[ModelInfo]:
        return []

    async def fetch(self, request: EgressRequest, limits: EgressLimits) -> EgressResponse:
        self._fetched[request.url] += 1
        if "down" in request.url or ("flaky" in request.url and self._fetched[request.url] == 1):
            raise EgressFailed("The address does not answer.")
        await asyncio.sleep(0)
        return EgressResponse(200, request.url, {"content-type": "text/plain"}, request.url.rpartition("/")[2].encode())

    async def read(self, scope: Scope, file: File, *, limit: int) -> bytes:
        if file.name != "note.txt":
            raise FileUnreadable(f"The file '{file.name}' is not here.")
        return b"A note."

    async def parse(self, content: bytes, *, name: str, mime_type: str) -> str:
        return content.decode()

    async def find_base(self, scope: Scope, reference: str) -> KnowledgeBase | None:
        settings = KnowledgeSettings(name=reference, embedding_model="acme/small", store="zvec")
        moment = datetime.fromisoformat(NOW)
        return KnowledgeBase(reference, settings, None, "1", moment, moment)

    async def search(self, scope: Scope, question: Question) -> Found:
        await asyncio.sleep(0)
        (base,) = question.knowledge_ids
        said = f"What is known of: {question.text}"
        return Found([Passage("c1", "d1", "handbook.md", base, base, said, 0.5, number=2, tokens=7, page=3)])

    async def render(self, source: str, values: Mapping[str, Any], *, limit: int) -> str:
        raise AssertionError("a template that needs a worker")

    def missing(self) -> str | None:
        return None

    def packages(self) -> frozenset[str]:
        return frozenset()

    async def run(self, *call: Any) -> Any:
        """As a sandbox, and as the other apps of the workspace."""
        if len(call) == 4:
            return {"doubled": call[2]["text"] * 2}
        request: SubflowRequest = call[1]
        return SubflowResult("Other", "succeeded", {"got": dict(request.inputs)}, usage={"total_tokens": 2})


def types_of(world: World) -> Mapping[str, NodeType]:
    outside = Outside(
        templates=world, egress=world, files=world, documents=world, sandbox=world, subflows=world, knowledge=world
    )
    return node_types(world, outside)


@dataclass
class Kept:
    """A journal and a log in one. Its clock goes on by a second whenever somebody looks at it."""

    texts: list[str] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    then: dict[str, Command] = field(default_factory=dict)
    send: Callable[[Command], bool] | None = None
    dies_at: int | None = None
    time: float = 0.0
    seq: int = 0

    def now(self) -> datetime:
        return datetime.fromisoformat(NOW).astimezone(UTC) + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        self.time += 0.001
        return self.time

    async def commit(self, scope: Scope, run_id: RunId, batch: Batch) -> None:
        if self.dies_at is not None:
            self.dies_at -= 1
            if self.dies_at <= 0:
                raise Died
        self.texts.append(record_text.encode(batch.records))
        self.events.extend(batch.events)
        self.seq = batch.events[-1].seq

    async def publish(self, scope: Scope, run_id: RunId, events: Sequence[Event]) -> None:
        assert self.send is not None
        for event in events:
            for name in (event.type, f"{event.type}:{event.node_id}"):
                command = self.then.pop(name, None)
                if command is not None:
                    self.send(command)

    async def records(self, scope: Scope, run_id: RunId) -> Sequence[Record]:
        return self.told()

    async def last_seq(self, scope: Scope, run_id: RunId) -> int:
        return self.seq

    async def ending(self, scope: Scope, run_id: RunId) -> Mapping[str, Any] | None:
        return None

    def told(self) -> list[Record]:
        return [record for text in self.texts for record in record_text.decode(text)]


async def live(scenario: Scenario) -> Recording:
    """The run, with all its processes. What its nodes say is not merged, so that no clock decides what is an event."""
    with patch.object(node_run, "MERGE_CHARACTERS", 1):
        return await _live_through(scenario)


async def _live_through(scenario: Scenario) -> Recording:
    reused, origin = await _reused(scenario)
    context = {
        "run_id": "run-of-the-recording",
        "now": NOW,
        "inputs": scenario.inputs,
        "query": scenario.query,
        "files": scenario.files,
        "history": [{"query": "Hello?", "answer": "Hello."}] if scenario.query else [],
        "conversation": scenario.conversation,
        "origin": origin,
    }
    recording = Recording(scenario.tells, _document(scenario), scenario.mocks, context, (), ())
    world, kept = World(), Kept()
    for life in scenario.lives:
        await _live(life, recording, scenario, world, kept, reused)
    events = [json.loads(json_text.encode(event.wire())) for event in kept.events]
    return Recording(recording.tells, recording.document, scenario.mocks, context, kept.texts, events)


async def _live(
    life: Life, recording: Recording, scenario: Scenario, world: World, kept: Kept, reused: Reused | None
) -> None:
    flow = recording.flow(types_of(world))
    run = GraphRun(
        flow.runnable(),
        context_of(flow, recording.context),
        log=kept,
        clock=kept,
        journal=kept,
        epoch=1,
        limits=scenario.limits,
        records=kept.told(),
        reused=reused,
    )
    kept.then, kept.send, kept.dies_at = dict(life.then), run.send, life.dies_at
    for command in life.asked:
        run.send(command)
    try:
        await run.execute()
    except Died:
        assert life.dies_at is not None


async def taken_up(recording: Recording, batches: int) -> RunResult:
    """What comes of the run where its process died after so many batches, and today's code goes on."""
    world = World()
    flow = recording.flow(types_of(world))
    kept = Kept(list(recording.records[:batches]), send=lambda command: False)
    following = record_text.decode(recording.records[batches])
    kept.seq = following[0].seq if following else len(recording.events)
    context = context_of(flow, recording.context)
    return await GraphRun(
        flow.runnable(), context, log=kept, clock=kept, journal=kept, epoch=1, records=kept.told()
    ).execute()


async def _reused(scenario: Scenario) -> tuple[Reused | None, Mapping[str, Any] | None]:
    if scenario.reuses is None:
        return None, None
    earlier, nodes = scenario.reuses
    told = (await live(earlier)).told()
    ended = [record for record in told if record.kind in ("succeeded", "failed") and record.node_id in nodes]
    results: Reused = {(record.frame, str(record.node_id)): (record.kind, record.data) for record in ended}
    return results, {"run_id": "run-before", "node_id": "from here"}


def _document(scenario: Scenario) -> str:
    """The app file: nodes are their `data`, with an id; edges are `a>b, a:handle>c`."""
    kinds = {str: "string", int: "number", list: "array[string]"}
    variables = [
        {"id": name, "name": name, "value_type": kinds[type(value)], "value": value}
        for name, value in scenario.conversation.items()
    ]
    nodes = [{"id": node["id"], "type": "custom", "data": dict(node)} for node in scenario.nodes]
    graph = {"nodes": nodes, "edges": [_edge(text) for text in scenario.edges.split(",")]}
    app = {"name": "Recorded", "mode": scenario.mode}
    workflow = {"graph": graph, "conversation_variables": variables}
    tree = {"version": "0.6.0", "kind": "app", "app": app, "workflow": workflow}
    return json.dumps(tree, ensure_ascii=False)


def _edge(text: str) -> Mapping[str, str]:
    source, target = text.strip().split(">")
    source, _, handle = source.partition(":")
    return {"id": text.strip(), "source": source, "sourceHandle": handle or "source", "target": target}
