"""The decision core under random graphs with containers in containers, random outcomes, exits and interleavings.

Iterations and loops are the real ones; the nodes inside answer as the driver likes. The shape of a graph is
Hypothesis's to shrink; what happens in it follows from a seed, which a failing example prints.
"""

import dataclasses
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loomwork.engine.graph import Plan, compile_graph
from loomwork.engine.ports import EdgeSpec, GraphSpec, NodeContext, NodeError, NodeResult, NodeSpec, NodeType, Rounds
from loomwork.engine.run.containers import ContainerRun
from loomwork.engine.run.core import Core
from loomwork.engine.run.decisions import (
    Begin,
    CancelAsked,
    CoreEvent,
    DropFrame,
    Failed,
    FailRun,
    FinishRun,
    LeaveRounds,
    Opened,
    ReportFailure,
    RetryDue,
    RetryNode,
    Said,
    Say,
    SkipNode,
    StartNode,
    StopRun,
    Succeeded,
    TellRounds,
)
from loomwork.engine.run.frames import Frame
from loomwork.engine.run.node_run import FrameView
from loomwork.nodes.iteration import IterationType
from loomwork.nodes.loop import LoopType
from tests.unit.engine.run.test_core_simulation import HANDLES, RETRY, Plain

MODES = ("terminated", "continue-on-error", "remove-abnormal-output")
OUTERMOST = 3
"""So deep do containers nest."""

MOST_STEPS = 600
"""A history that goes on for longer is cancelled: nested rounds multiply."""


@dataclass
class Level:
    """A random graph, perhaps inside a container: it begins at node 0, edges lead from lower to higher numbers."""

    count: int
    edges: list[tuple[int, str, int]]
    answers: set[int]
    leaving: set[int]
    strategies: dict[int, str]
    retried: set[int]
    containers: dict[int, tuple[str, Mapping[str, Any], "Level"]]


@st.composite
def levels(draw: st.DrawFn, depth: int = OUTERMOST) -> Level:
    count = draw(st.integers(3, 6))
    edges = [
        (start, draw(st.sampled_from(("source", "source", *HANDLES))), target)
        for target in range(1, count)
        for start in draw(st.sets(st.integers(0, target - 1), min_size=1, max_size=2))
    ]
    some = st.sets(st.integers(1, count - 1), max_size=2)
    containers: dict[int, tuple[str, Mapping[str, Any], Level]] = {}
    for index in draw(st.sets(st.integers(1, count - 1), min_size=1, max_size=2)) if depth else ():
        config = {
            "is_parallel": True,
            "parallel_nums": draw(st.integers(1, 4)),
            "error_handle_mode": draw(st.sampled_from(MODES)),
            "loop_count": draw(st.integers(0, 3)),
            "flatten_output": False,
        }
        containers[index] = (draw(st.sampled_from(("iteration", "loop"))), config, draw(levels(depth - 1)))
    return Level(
        count=count,
        edges=edges,
        answers=draw(some),
        leaving=draw(some) if depth < OUTERMOST else set(),
        strategies={index: draw(st.sampled_from(["fail-branch", "default-value"])) for index in draw(some)},
        retried=draw(some),
        containers=containers,
    )


class Written:
    """A level written down as a graph, its nodes named by their way in: `n1_n0` is the first node inside `n1`."""

    def __init__(self, level: Level) -> None:
        self.nodes: list[NodeSpec] = []
        self.edges: list[EdgeSpec] = []
        self.types: dict[str, NodeType] = {}
        self.leaving: set[str] = set()
        self._write(level, "", None)

    def plan(self) -> Plan:
        plan = compile_graph(GraphSpec(self.nodes, self.edges), lambda spec: self.types[spec.id]).plan
        assert plan is not None
        return plan

    def _write(self, level: Level, prefix: str, home: str | None) -> None:
        self.edges += [EdgeSpec(f"{prefix}n{start}", f"{prefix}n{to}", handle) for start, handle, to in level.edges]
        for index in range(level.count):
            name = f"{prefix}n{index}"
            config: dict[str, Any] = dict(RETRY) if index in level.retried else {}
            if index in level.strategies:
                config["error_strategy"] = level.strategies[index]
            container = level.containers.get(index)
            if container is None:
                self.types[name] = self._plain(level, prefix, index, home)
            else:
                family, further, body = container
                self.types[name] = IterationType() if family == "iteration" else LoopType()
                config |= {**further, "start_node_id": f"{name}_n0", "iterator_selector": [f"{prefix}n0", "list"]}
                config["output_selector"] = [f"{name}_n{body.count - 1}", "text"]
                self._write(body, f"{name}_", name)
            if index in level.leaving:
                self.leaving.add(name)
            self.nodes.append(NodeSpec(name, "t", name, config, home))

    def _plain(self, level: Level, prefix: str, index: int, home: str | None) -> NodeType:
        template = None
        if index in level.answers:
            around = f"{{{{#{home}.item#}}}}" if home is not None else ""
            template = f"<{around}{{{{#{prefix}n{index - 1}.text#}}}}{{{{#{prefix}n0.text#}}}}>"
        branches = any(handle != "source" for start, handle, _ in level.edges if start == index)
        return cast(NodeType, Plain(index == 0 and home is None, template, branches))


Key = tuple[int, int]
"""A frame's id and a node's place."""


@dataclass
class Nested:
    """What one simulated run did, with its invariants checked at each step."""

    plan: Plan
    leaving: set[str]
    chance: random.Random
    core: Core = field(init=False)
    unreliable: float = field(init=False)
    frames: dict[int, Frame] = field(default_factory=dict)
    running: list[Key] = field(default_factory=list)
    due: list[Key] = field(default_factory=list)
    leaves: list[Succeeded] = field(default_factory=list)
    late: list[Key] = field(default_factory=list)
    started: set[Key] = field(default_factory=set)
    skipped: set[Key] = field(default_factory=set)
    done: set[Key] = field(default_factory=set)
    dropped: set[int] = field(default_factory=set)
    ended: set[int] = field(default_factory=set)
    exited: set[int] = field(default_factory=set)
    rounds_open: set[Key] = field(default_factory=set)
    said: list[tuple[Key, str]] = field(default_factory=list)
    turn: dict[ContainerRun, int] = field(default_factory=dict)
    endings: list[Any] = field(default_factory=list)
    inputs: list[Callable[[Core], CoreEvent]] = field(default_factory=list)
    trace: list[Any] = field(default_factory=list)

    def go(self, *, cancel_after: int | None) -> None:
        self.core = Core(self.plan)
        self.unreliable = self.chance.choice((0.0, 0.02, 0.1))
        self.feed(lambda core: Begin(self.plan.roots[0], {}))
        for _ in range(MOST_STEPS if cancel_after is None else cancel_after):
            if self.core.ended:
                return
            self.step()
        if not self.core.ended:
            self.feed(lambda core: CancelAsked("test"))

    def step(self) -> None:
        self._late_answer()
        ways = [way for way in (self._answer, self._retry, self._leave) if self._can(way)]
        assert ways, "the run hangs: nothing runs and it has not ended"
        self.chance.choice(ways)()

    def _can(self, way: Callable[[], None]) -> bool:
        return bool({"_answer": self.running, "_retry": self.due, "_leave": self.leaves}[way.__name__])

    def _retry(self) -> None:
        key = self._any(self.due)
        self.feed(lambda core: RetryDue(key[0], key[1]))

    def _leave(self) -> None:
        event = self._any(self.leaves)
        self.done.add((event.frame, event.node))
        self.feed(lambda core: event)

    def _late_answer(self) -> None:
        """A node of a frame that was given up answers all the same: nothing may come of it."""
        if self.late:
            key = self._any(self.late)
            assert self.core.apply(Succeeded(key[0], key[1], NodeResult({"text": "late"}))) == []

    def _answer(self) -> None:
        key = self._any(self.running)
        plan_node = self.frames[key[0]].plan.nodes[key[1]]
        if self.chance.random() < self.unreliable:
            error = {"code": "x", "message": "m"}
            self.feed(lambda core: Failed(key[0], key[1], error, retryable=True))
        elif plan_node.container is not None:
            self.rounds_open.add(key)
            self.feed(lambda core: Opened(key[0], key[1], _rounds(core.frames[key[0]], key[1])))
        elif self.chance.random() < 0.2:
            self.running.append(key)
            self.feed(lambda core: Said(key[0], key[1], "text", "c"))
        else:
            self._succeed(key, plan_node.id, branches=plan_node.node.branches)

    def _succeed(self, key: Key, node_id: str, *, branches: bool) -> None:
        self.done.add(key)
        handle = self.chance.choice(HANDLES) if branches else "source"
        outputs = {"text": f"t{key}", "list": list(range(self.chance.randrange(5)))}
        exits = node_id in self.leaving and self.chance.random() < 0.5
        if exits:
            self.exited.add(key[0])
        self.feed(lambda core: Succeeded(key[0], key[1], NodeResult(outputs, handle, exits=exits)))

    def _any(self, among: list[Any]) -> Any:
        return among.pop(self.chance.randrange(len(among)))

    def feed(self, event: Callable[[Core], CoreEvent]) -> None:
        self.inputs.append(event)
        assert not self.endings, "something was fed after the end"
        decisions = self.core.apply(event(self.core))
        self.trace.extend(decisions)
        for decision in decisions:
            self.take(decision)
        self._check_frames()

    def take(self, decision: Any) -> None:
        assert not self.endings, "something was decided after the end"
        frame: Any = getattr(decision, "frame", None)
        if frame is not None:
            assert frame.id not in self.dropped, f"{decision} is about a frame that was given up"
            self.frames[frame.id] = frame
        match decision:
            case StartNode(node=node):
                self._start((frame.id, node))
            case SkipNode(node=node):
                assert (frame.id, node) not in self.skipped | self.started
                self.skipped.add((frame.id, node))
            case RetryNode(node=node):
                self.due.append((frame.id, node))
                self.said = [(producer, text) for producer, text in self.said if producer != (frame.id, node)]
            case ReportFailure(node=node):
                self.done.add((frame.id, node))
            case LeaveRounds(node=node, result=result):
                self.leaves.append(Succeeded(frame.id, node, result))
            case DropFrame():
                self._drop(frame.id)
            case TellRounds(node=node, what="succeeded" | "failed"):
                self.rounds_open.remove((frame.id, node))
            case Say(text=text, producer=producer):
                self.said.append((producer, text))
                self._check_turn(frame)
            case FinishRun() | FailRun() | StopRun():
                self.endings.append(decision)

    def _start(self, key: Key) -> None:
        assert key not in self.done, "a node with a result ran again"
        assert key not in self.running
        self.started.add(key)
        self.running.append(key)

    def _drop(self, frame: int) -> None:
        self.dropped.add(frame)
        self.late += [key for key in self.running if key[0] == frame]
        self.running = [key for key in self.running if key[0] != frame]
        self.due = [key for key in self.due if key[0] != frame]
        self.leaves = [event for event in self.leaves if event.frame != frame]
        self.rounds_open = {key for key in self.rounds_open if key[0] != frame}

    def _check_turn(self, frame: Frame) -> None:
        """Rounds speak in order, however they run."""
        current: Frame | None = frame
        while current is not None and current.round is not None:
            assert self.turn.get(current.round, 0) <= current.index, "a round spoke out of turn"
            self.turn[current.round] = current.index
            current = current.parent

    def _check_frames(self) -> None:
        for frame in self.core.frames.values():
            for container in frame.containers.values():
                assert len(container.open) <= container.rounds.width
                assert list(container.open) == sorted(container.open)
        for frame_id in self.frames.keys() - self.core.frames.keys() - self.dropped - self.ended:
            self.ended.add(frame_id)
            self._check_end(frame_id)

    def _check_end(self, frame_id: int) -> None:
        """A frame that ended by itself has left nothing undone."""
        started = {key for key in self.started if key[0] == frame_id}
        assert started <= self.done
        if frame_id not in self.exited:
            skipped = {key for key in self.skipped if key[0] == frame_id}
            assert {node for _, node in started | skipped} == set(range(len(self.frames[frame_id].plan.nodes)))


def _rounds(frame: Frame, node: int) -> Rounds:
    plan_node = frame.plan.nodes[node]
    assert plan_node.container is not None
    try:
        return plan_node.container.open(cast(NodeContext, FrameView(frame, plan_node.id)))
    except NodeError:
        return _NoRounds()


class _NoRounds:
    """What a container opens whose list was never set."""

    length = 0
    width = 1

    def variables(self, index: int) -> None:
        return None

    def enter(self, index: int, view: Any) -> bool:
        return False

    def end(self, index: int, view: Any, failure: Any, *, exits: bool) -> bool:
        return False

    def result(self) -> NodeResult:
        raise NodeError("There is no list.")


def check_history(level: Level, seed: int, cancel_after: int | None) -> None:
    written = Written(level)
    history = Nested(written.plan(), written.leaving, random.Random(seed))
    history.go(cancel_after=cancel_after)
    assert len(history.endings) == 1
    ending = history.endings[0]
    if isinstance(ending, FinishRun):
        history.ended.add(0)
        history._check_end(0)
        assert list(history.core.frames) == [0]
        assert not history.running
        assert not history.rounds_open
        assert history.core.answers.sessions == []
        assert set(history.core.answers.chunks) <= {0}
        assert (ending.answer or "") == "".join(text for _, text in history.said)


@settings(max_examples=500, deadline=None)
@given(levels(), st.integers(0, 2**32), st.none() | st.integers(0, 40))
def test_every_history_with_rounds_ends_once_and_leaves_nothing_undone(
    level: Level, seed: int, cancel_after: int | None
) -> None:
    check_history(level, seed, cancel_after)


@pytest.mark.nightly
@settings(max_examples=10_000, deadline=None)
@given(levels(), st.integers(0, 2**32), st.none() | st.integers(0, 40))
def test_so_does_every_one_of_ten_thousand_with_rounds(level: Level, seed: int, cancel_after: int | None) -> None:
    check_history(level, seed, cancel_after)


@settings(max_examples=100, deadline=None)
@given(levels(), st.integers(0, 2**32))
def test_the_same_events_give_the_same_decisions_in_rounds(level: Level, seed: int) -> None:
    written = Written(level)
    first = Nested(written.plan(), written.leaving, random.Random(seed))
    first.go(cancel_after=None)
    core = Core(first.plan)
    again = [decision for event in first.inputs for decision in core.apply(event(core))]
    assert [_described(decision) for decision in again] == [_described(decision) for decision in first.trace]


def _described(decision: Any) -> Sequence[Any]:
    """A decision without the identity of the frame that it holds."""
    fields = ((item.name, getattr(decision, item.name)) for item in dataclasses.fields(decision))
    return (
        type(decision).__name__,
        *((name, (value.id, value.path) if name == "frame" else value) for name, value in fields),
    )
