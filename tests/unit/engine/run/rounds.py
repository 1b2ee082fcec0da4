"""Flows with containers, written down in few words: real iterations, loops, assigners and answers, and steps between
them that do what the test says.

Nodes are named by where they stand (`it/step` is inside `it`, `it/lo/step` inside a loop in it); every container gets
an entry of its own, `it_start`. Edges name nodes by the last part: `s>it, it_start>step`.
"""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, Literal

from loomwork.engine import Compilation, GraphRun, RunResult, compile_graph
from loomwork.engine.commands import Command
from loomwork.engine.events import Event
from loomwork.engine.ports import (
    SOURCE,
    Batch,
    Binder,
    EdgeSpec,
    GraphSpec,
    Node,
    NodeContext,
    NodeError,
    NodeResult,
    NodeSpec,
    NodeType,
    Question,
    Record,
    Response,
    RunContext,
    View,
)
from loomwork.engine.variables import Ref
from loomwork.kernel.clock import SystemClock
from loomwork.kernel.ids import RunId
from loomwork.kernel.scope import Scope, embedded_scope
from loomwork.nodes.answer import AnswerType
from loomwork.nodes.assigner import AssignerType
from loomwork.nodes.container_start import ContainerStartType
from loomwork.nodes.if_else import IfElseType
from loomwork.nodes.iteration import IterationType
from loomwork.nodes.loop import LoopType
from loomwork.nodes.loop_end import LoopEndType
from tests.unit.engine.retelling import check_retelling

Does = Callable[[Any], Any]
"""Gets what the step reads, by name, with `context`; gives outputs or a whole result, perhaps awaited."""


@dataclass(frozen=True)
class Part:
    """A node of a flow: its type, and its `data`."""

    type: NodeType
    config: Mapping[str, Any] = field(default_factory=dict)
    type_name: str = "step"

    def having(self, **config: Any) -> "Part":
        return Part(self.type, {**self.config, **config}, self.type_name)


@dataclass(frozen=True)
class StepType:
    does: Does
    reads: Mapping[str, Sequence[str]]
    is_root: bool = False
    branches: bool = False
    ends: bool = False

    def compile(self, spec: NodeSpec, binder: Binder) -> Node:
        refs = [(name, binder.ref(selector)) for name, selector in self.reads.items()]
        made = _AwaitedStep if inspect.iscoroutinefunction(self.does) else _Step
        return made(self.does, refs, self.branches, self.ends)


@dataclass(frozen=True)
class AskType:
    """Asks for `note`; its actions are the handles that it leaves by. Time is over after `timeout` seconds."""

    timeout: float | None
    fails_unanswered: bool
    is_root: bool = False

    def compile(self, spec: NodeSpec, binder: Binder) -> Node:
        return _Ask(spec.id, self.timeout, self.fails_unanswered)


@dataclass
class _Ask:
    node_id: str
    timeout: float | None
    fails_unanswered: bool
    inputs: Sequence[tuple[str, Ref]] = ()
    branches: bool = True
    ends: bool = False
    response: Response | None = None
    waits: Literal[False] = False
    asks: Literal[True] = True

    def ask(self, context: NodeContext) -> Question:
        return Question({"content": self.node_id}, [{"id": "source", "title": "Go on"}], self.timeout)

    def answer(self, view: View, question: Question, action: str | None, values: Mapping[str, Any]) -> NodeResult:
        if action is None and not self.fails_unanswered:
            return NodeResult({"note": None}, "over")
        if action != "source":
            raise NodeError("That is no answer.", code="no_answer")
        return NodeResult({"note": values.get("note")})


@dataclass
class _Step:
    does: Does
    inputs: Sequence[tuple[str, Ref]]
    branches: bool
    ends: bool
    response: Response | None = None
    waits: Literal[False] = False

    def run(self, context: NodeContext) -> NodeResult:
        return _as_result(self.does(_seen(self.inputs, context)))


@dataclass
class _AwaitedStep:
    does: Callable[[Any], Awaitable[Any]]
    inputs: Sequence[tuple[str, Ref]]
    branches: bool
    ends: bool
    response: Response | None = None
    waits: Literal[True] = True

    async def run(self, context: NodeContext) -> NodeResult:
        return _as_result(await self.does(_seen(self.inputs, context)))


def _seen(inputs: Sequence[tuple[str, Ref]], context: NodeContext) -> SimpleNamespace:
    return SimpleNamespace(context=context, **{name: context.get(ref) for name, ref in inputs})


def _as_result(given: Any) -> NodeResult:
    return given if isinstance(given, NodeResult) else NodeResult(given or {})


def step(does: Does | None = None, *, branches: bool = False, ends: bool = False, **reads: Sequence[str]) -> Part:
    """A node that does what it is told, with what it reads by name. A coroutine function makes it one that waits."""
    return Part(StepType(does or (lambda seen: None), reads, branches=branches, ends=ends))


def ask(timeout: float | None = None, *, fails_unanswered: bool = False) -> Part:
    """A question with one action, `source`; unanswered it leaves by `over`."""
    return Part(AskType(timeout, fails_unanswered))


def source(**outputs: Any) -> Part:
    """The root, leaving these outputs."""
    return Part(StepType(lambda seen: outputs, {}, is_root=True))


def iteration(over: Sequence[str], collects: Sequence[str], *, width: int = 1, **config: Any) -> Part:
    return Part(
        IterationType(),
        {
            "iterator_selector": list(over),
            "output_selector": list(collects),
            "is_parallel": width > 1,
            "parallel_nums": width,
            **config,
        },
        "iteration",
    )


def loop(count: int, *variables: Mapping[str, Any], until: Sequence[Mapping[str, Any]] = (), **config: Any) -> Part:
    data = {"loop_count": count, "loop_variables": list(variables), "break_conditions": list(until), **config}
    return Part(LoopType(), data, "loop")


def variable(label: str, value: Any, *, kind: str = "string", source: str = "constant") -> dict[str, Any]:
    """A loop variable; with `source` "variable", `value` is a selector."""
    return {"id": label, "label": label, "var_type": kind, "value_type": source, "value": value}


def condition(selector: Sequence[str], operator: str, value: Any = None) -> dict[str, Any]:
    return {"variable_selector": list(selector), "comparison_operator": operator, "value": value}


def when(*conditions: Mapping[str, Any]) -> Part:
    """An if-else with handles `true` and `false`."""
    case = {"case_id": "true", "logical_operator": "and", "conditions": list(conditions)}
    return Part(IfElseType(), {"cases": [case]}, "if-else")


def assign(*items: Mapping[str, Any]) -> Part:
    return Part(AssignerType(), {"version": "2", "items": list(items)}, "assigner")


def item(target: Sequence[str], operation: str, *, constant: Any = None, of: Sequence[str] | None = None) -> Any:
    """One assignment: of a constant, or of what a selector reads."""
    given = {"input_type": "constant", "value": constant} if of is None else {"input_type": "variable", "value": of}
    return {"variable_selector": list(target), "operation": operation, **given}


def answer(template: str) -> Part:
    return Part(AnswerType(), {"answer": template}, "answer")


def leave_now() -> Part:
    return Part(LoopEndType(), {}, "loop-end")


def failing(message: str = "no", code: str = "broken", *, when: Does | None = None, **reads: Sequence[str]) -> Part:
    """A step that fails, always or when what it reads says so; else it leaves what it read."""

    def fail(seen: Any) -> Any:
        if when is None or when(seen):
            raise NodeError(message, code=code)
        return {name: value for name, value in vars(seen).items() if name != "context"}

    return Part(StepType(fail, reads))


async def soon(holds: Callable[[], bool]) -> None:
    """Let other tasks go on until something holds."""
    for _ in range(10_000):
        if holds():
            return
        await asyncio.sleep(0)
    raise AssertionError("it never came to that")


@dataclass
class Seen:
    """An event sink and a journal in one. `then` is asked of the run when a `type` or `type:node` of event is shown."""

    events: list[Event] = field(default_factory=list)
    batches: list[Batch] = field(default_factory=list)
    then: dict[str, list[Command]] = field(default_factory=dict)
    run: GraphRun | None = None

    async def publish(self, scope: Scope, run_id: RunId, events: Sequence[Event]) -> None:
        self.events.extend(events)
        for event in events:
            for name in (event.type, f"{event.type}:{event.node_id}"):
                for command in self.then.pop(name, ()):
                    assert self.run is not None
                    self.run.send(command)

    def keep(self, batches: int) -> None:
        """A process died after so many batches: what came later is not."""
        del self.batches[batches:]
        self.events[:] = [event for batch in self.batches for event in batch.events]

    async def commit(self, scope: Scope, run_id: RunId, batch: Batch) -> None:
        self.batches.append(batch)
        await asyncio.sleep(0)

    async def records(self, scope: Scope, run_id: RunId) -> Sequence[Record]:
        return [record for batch in self.batches for record in batch.records]

    async def last_seq(self, scope: Scope, run_id: RunId) -> int:
        return self.batches[-1].events[-1].seq if self.batches else 0

    async def ending(self, scope: Scope, run_id: RunId) -> Mapping[str, Any] | None:
        return None

    def of_type(self, *types: str) -> list[Event]:
        return [event for event in self.events if event.type in types]

    def about(self, node_id: str) -> list[str]:
        return [event.type for event in self.events if event.node_id == node_id]

    def text(self) -> str:
        return "".join(event.data["text"] for event in self.of_type("text_chunk"))


@dataclass
class Flow:
    """Nodes by place, and the edges between them. `type_of` may put other types in the place of some."""

    nodes: Mapping[str, Part]
    edges: str
    replaced: Mapping[str, NodeType] = field(default_factory=dict)
    seen: Seen = field(default_factory=Seen)

    def spec(self) -> GraphSpec:
        nodes: list[NodeSpec] = []
        for place, part in self.nodes.items():
            around, _, name = place.rpartition("/")
            home = around.rpartition("/")[2] or None
            nodes.append(NodeSpec(name, part.type_name, name, part.config, home))
            if part.type_name in ("iteration", "loop"):
                nodes.append(NodeSpec(f"{name}_start", f"{part.type_name}-start", "Start", {}, name))
        return GraphSpec(nodes, [_edge(text) for text in self.edges.split(",") if text.strip()])

    def type_of(self, spec: NodeSpec) -> NodeType:
        if spec.id in self.replaced:
            return self.replaced[spec.id]
        if spec.type in ("iteration-start", "loop-start"):
            return ContainerStartType()
        return next(part.type for place, part in self.nodes.items() if place.rpartition("/")[2] == spec.id)

    def compiled(self) -> Compilation:
        return compile_graph(self.spec(), self.type_of)

    def begin(self, **namespaces: Mapping[str, Any]) -> GraphRun:
        compilation = self.compiled()
        assert compilation.plan is not None, compilation.problems
        context = RunContext(RunId("run"), embedded_scope(), namespaces=namespaces)
        run = GraphRun(compilation.plan, context, log=self.seen, clock=SystemClock(), journal=self.seen)
        self.seen.run = run
        return run

    def again(self, *commands: Command, batches: int | None = None, **how: Any) -> GraphRun:
        """Another process: a run that goes on from the journal as it is, or after so many batches of it, and is asked
        something before it goes.
        """
        compilation = self.compiled()
        assert compilation.plan is not None, compilation.problems
        if batches is not None:
            self.seen.keep(batches)
        records = [record for batch in self.seen.batches for record in batch.records]
        context = RunContext(RunId("run"), embedded_scope())
        given = {"clock": SystemClock(), "journal": self.seen, "records": records, **how}
        run = GraphRun(compilation.plan, context, log=self.seen, **given)
        self.seen.run = run
        for command in commands:
            run.send(command)
        return run

    async def run(self, **namespaces: Mapping[str, Any]) -> RunResult:
        """Run to the end; whatever happened, its journal tells it again."""
        run = self.begin(**namespaces)
        result = await run.execute()
        check_retelling(run._plan, run._context, self.seen.batches)
        return result


def _edge(text: str) -> EdgeSpec:
    start, target = text.strip().split(">")
    start, _, handle = start.partition(":")
    return EdgeSpec(start, target, handle or SOURCE)
