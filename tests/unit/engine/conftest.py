"""Graphs made of nodes that do what the test says, and a run that keeps its events."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import pytest

from loomwork.engine import Compilation, GraphRun, RunResult, compile_graph
from loomwork.engine.events import TERMINAL, Event
from loomwork.engine.ports import (
    SOURCE,
    Batch,
    Binder,
    EdgeSpec,
    GraphSpec,
    Node,
    NodeContext,
    NodeResult,
    NodeSpec,
    Record,
    Response,
    RunContext,
)
from loomwork.engine.run import RunLimits
from loomwork.engine.run.loop import DEFAULT_LIMITS
from loomwork.engine.variables import Ref
from loomwork.kernel.clock import SystemClock
from loomwork.kernel.ids import RunId
from loomwork.kernel.scope import Scope, embedded_scope
from tests.unit.engine.retelling import check_retelling

Does = Callable[[NodeContext], NodeResult]
Awaits = Callable[[NodeContext], Awaitable[NodeResult]]


def leave(**outputs: Any) -> Does:
    """Succeed with these outputs."""
    return lambda context: NodeResult(outputs)


def leave_by(handle: str, **outputs: Any) -> Does:
    """Succeed, and leave by a handle."""
    return lambda context: NodeResult(outputs, handle)


@dataclass
class Scripted:
    """A node type whose nodes do what they were told, inline or waiting."""

    does: Does | None = None
    awaits: Awaits | None = None
    is_root: bool = False
    branches: bool = False
    ends: bool = False
    shows: str | None = None
    as_answer: bool = True
    reads: Sequence[tuple[str, list[str]]] = ()

    def compile(self, spec: NodeSpec, binder: Binder) -> Node:
        response = None
        if self.shows is not None:
            response = Response(binder.template(self.shows).segments, self.as_answer)
        inputs = [(name, binder.ref(selector)) for name, selector in self.reads]
        if self.awaits is not None:
            return _Waiting(self.awaits, inputs, self.branches, self.ends, response)
        return _Inline(self.does or leave(), inputs, self.branches, self.ends, response)


@dataclass
class _Inline:
    does: Does
    inputs: Sequence[tuple[str, Ref]]
    branches: bool
    ends: bool
    response: Response | None
    waits: Literal[False] = False

    def run(self, context: NodeContext) -> NodeResult:
        return self.does(context)


@dataclass
class _Waiting:
    awaits: Awaits
    inputs: Sequence[tuple[str, Ref]]
    branches: bool
    ends: bool
    response: Response | None
    waits: Literal[True] = True

    async def run(self, context: NodeContext) -> NodeResult:
        return await self.awaits(context)


@dataclass
class Kept:
    """An event sink and a journal in one, with the order in which they were called."""

    events: list[Event] = field(default_factory=list)
    batches: list[Batch] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)

    async def publish(self, scope: Scope, run_id: RunId, events: Sequence[Event]) -> None:
        self.calls.append("publish")
        self.events.extend(events)

    async def commit(self, scope: Scope, run_id: RunId, batch: Batch) -> None:
        self.calls.append("commit")
        self.batches.append(batch)
        await asyncio.sleep(0)

    async def records(self, scope: Scope, run_id: RunId) -> Sequence[Record]:
        return [record for batch in self.batches for record in batch.records]

    async def last_seq(self, scope: Scope, run_id: RunId) -> int:
        return self.batches[-1].events[-1].seq if self.batches else 0

    async def ending(self, scope: Scope, run_id: RunId) -> Mapping[str, Any] | None:
        return self.events[-1].wire() if self.events and self.events[-1].type in TERMINAL else None

    def of_type(self, *types: str) -> list[Event]:
        return [event for event in self.events if event.type in types]

    def text(self) -> str:
        return "".join(event.data["text"] for event in self.of_type("text_chunk"))


@dataclass
class Graph:
    """A graph written down as `a>b, a:yes>c` with a type for each node."""

    types: Mapping[str, Scripted]
    edges: str
    configs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    kept: Kept = field(default_factory=Kept)

    def spec(self) -> GraphSpec:
        nodes = [NodeSpec(name, "scripted", name, self.configs.get(name, {})) for name in self.types]
        return GraphSpec(nodes, [_edge(text) for text in self.edges.replace("\n", ",").split(",") if text.strip()])

    def compiled(self) -> Compilation:
        return compile_graph(self.spec(), lambda spec: self.types[spec.id])

    def begin(
        self,
        *,
        journalled: bool = False,
        journal: Kept | None = None,
        limits: RunLimits = DEFAULT_LIMITS,
        steps_at_once: Callable[[], int] | None = None,
        **context: Any,
    ) -> GraphRun:
        """A run; with `journalled`, its journal is that which is its log, too."""
        plan = self.compiled().plan
        assert plan is not None
        return GraphRun(
            plan,
            RunContext(RunId("run"), embedded_scope(), **context),
            log=self.kept,
            clock=SystemClock(),
            journal=self.kept if journalled else journal,
            limits=limits,
            steps_at_once=steps_at_once,
        )

    async def run(self, *, journalled: bool = False, **how: Any) -> RunResult:
        """Run to the end; whatever happened, its journal tells it again."""
        journal = self.kept if journalled else Kept()
        run = self.begin(journalled=journalled, journal=journal, **how)
        result = await run.execute()
        check_retelling(run._plan, run._context, journal.batches)
        return result


def _edge(text: str) -> EdgeSpec:
    source, target = text.strip().split(">")
    source, _, handle = source.partition(":")
    return EdgeSpec(source, target, handle or SOURCE)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def graph() -> Callable[..., Graph]:
    return Graph


@pytest.fixture
def node() -> Callable[..., Scripted]:
    return Scripted


@pytest.fixture
def root() -> Scripted:
    """A node that a run may begin with."""
    return Scripted(is_root=True)
