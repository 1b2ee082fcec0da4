"""The decision core under random graphs, random outcomes and random interleavings.

No loop, no clock, no task: a driver feeds the core what nodes answer, in whatever order Hypothesis likes.
"""

import dataclasses
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loomwork.engine.graph import Plan, compile_graph
from loomwork.engine.ports import EdgeSpec, GraphSpec, NodeResult, NodeSpec, Response
from loomwork.engine.run.core import Core
from loomwork.engine.run.decisions import (
    Begin,
    CancelAsked,
    CoreEvent,
    Failed,
    FailRun,
    FinishRun,
    RetryDue,
    RetryNode,
    Say,
    SkipNode,
    StartNode,
    StopRun,
    Succeeded,
)

HANDLES = ("source", "left", "right")
RETRY = {"retry_config": {"retry_enabled": True, "max_retries": 1, "retry_interval": 0}}


@dataclass
class Plain:
    """A node type for a core that never runs its nodes."""

    is_root: bool
    template: str | None
    branches: bool

    def compile(self, spec: NodeSpec, binder: Any) -> Any:
        segments = binder.template(self.template).segments if self.template is not None else None
        return PlainNode(self.branches, Response(segments, is_answer=True) if segments is not None else None)


@dataclass
class PlainNode:
    branches: bool
    response: Response | None
    waits: bool = False
    ends: bool = False
    inputs: Sequence[Any] = ()


@dataclass
class Shape:
    """A random graph: node 0 is the root, edges lead from lower to higher numbers."""

    count: int
    edges: list[tuple[int, str, int]]
    answers: set[int]
    strategies: dict[int, str]
    retried: set[int]

    def plan(self) -> Plan:
        nodes = [NodeSpec(f"n{index}", "t", f"n{index}", self._config(index)) for index in range(self.count)]
        edges = [EdgeSpec(f"n{source}", f"n{target}", handle) for source, handle, target in self.edges]
        plan = compile_graph(GraphSpec(nodes, edges), self._type).plan
        assert plan is not None
        return plan

    def _config(self, index: int) -> dict[str, Any]:
        config: dict[str, Any] = dict(RETRY) if index in self.retried else {}
        return config | ({"error_strategy": self.strategies[index]} if index in self.strategies else {})

    def _type(self, spec: NodeSpec) -> Any:
        index = int(spec.id[1:])
        template = f"<{{{{#n{index - 1}.text#}}}}>" if index in self.answers else None
        return Plain(index == 0, template, branches=any(h != "source" for s, h, _ in self.edges if s == index))


@st.composite
def shapes(draw: st.DrawFn) -> Shape:
    count = draw(st.integers(2, 12))
    pairs = [(source, target) for target in range(1, count) for source in range(target)]
    chosen = draw(st.lists(st.sampled_from(pairs), min_size=1, max_size=24, unique=True))
    edges = [(source, draw(st.sampled_from(HANDLES)), target) for source, target in chosen]
    some = st.sets(st.integers(1, count - 1), max_size=4)
    strategies = {index: draw(st.sampled_from(["fail-branch", "default-value"])) for index in draw(some)}
    return Shape(count, edges, draw(some), strategies, draw(some))


@dataclass
class History:
    """What one simulated run did, with its invariants checked at each step."""

    plan: Plan
    draw: Any
    core: Core = field(init=False)
    running: list[int] = field(default_factory=list)
    due: list[int] = field(default_factory=list)
    started: Counter[int] = field(default_factory=Counter)
    skipped: Counter[int] = field(default_factory=Counter)
    done: set[int] = field(default_factory=set)
    said: list[str] = field(default_factory=list)
    endings: list[Any] = field(default_factory=list)
    inputs: list[CoreEvent] = field(default_factory=list)
    trace: list[Any] = field(default_factory=list)

    def go(self, *, cancel_after: int | None) -> None:
        self.core = Core(self.plan)
        self.feed(Begin(self.plan.roots[0], {}))
        steps = 0
        while not self.core.ended:
            steps += 1
            if cancel_after is not None and steps > cancel_after:
                self.feed(CancelAsked("test"))
            else:
                self.step()

    def step(self) -> None:
        assert self.running or self.due, "the run hangs: nothing runs and it has not ended"
        if self.due and (not self.running or self.draw(st.booleans())):
            node = self.due.pop(0)
            self.feed(RetryDue(0, node))
            return
        node = self.running.pop(self.draw(st.integers(0, len(self.running) - 1)))
        if self.draw(st.integers(0, 9)) == 0:
            self.feed(Failed(0, node, {"code": "x", "message": "m"}, retryable=True))
        else:
            self.done.add(node)
            handle = self.draw(st.sampled_from(HANDLES)) if self.plan.nodes[node].node.branches else "source"
            self.feed(Succeeded(0, node, NodeResult({"text": f"t{node}"}, handle)))

    def feed(self, event: CoreEvent) -> None:
        self.inputs.append(event)
        assert not self.endings, "something was fed after the end"
        decisions = self.core.apply(event)
        self.trace.extend(decisions)
        for decision in decisions:
            self.take(decision)

    def take(self, decision: Any) -> None:
        assert not self.endings, "something was decided after the end"
        match decision:
            case StartNode(node=node):
                assert node not in self.done, "a node with a result ran again"
                self.started[node] += 1
                self.running.append(node)
            case SkipNode(node=node):
                self.skipped[node] += 1
            case RetryNode(node=node):
                self.due.append(node)
            case Say(text=text):
                self.said.append(text)
            case FinishRun() | FailRun() | StopRun():
                self.endings.append(decision)


@settings(max_examples=500, deadline=None)
@given(shapes(), st.data(), st.none() | st.integers(0, 12))
def test_every_history_ends_once_and_runs_no_finished_node_again(
    shape: Shape, data: st.DataObject, cancel_after: int | None
) -> None:
    check_history(shape, data, cancel_after)


@pytest.mark.nightly
@settings(max_examples=10_000, deadline=None)
@given(shapes(), st.data(), st.none() | st.integers(0, 12))
def test_so_does_every_one_of_ten_thousand(shape: Shape, data: st.DataObject, cancel_after: int | None) -> None:
    check_history(shape, data, cancel_after)


def check_history(shape: Shape, data: st.DataObject, cancel_after: int | None) -> None:
    """One history, with its invariants at the end."""
    history = History(shape.plan(), data.draw)
    history.go(cancel_after=cancel_after)
    assert len(history.endings) == 1
    assert not set(history.started) & set(history.skipped)
    assert all(count == 1 for count in history.skipped.values())
    ending = history.endings[0]
    if isinstance(ending, FinishRun):
        assert set(history.started) | set(history.skipped) == set(range(len(history.plan.nodes)))
        assert not history.running
        if ending.answer is not None:
            assert ending.answer == "".join(history.said)


@settings(max_examples=100, deadline=None)
@given(shapes(), st.data())
def test_the_same_events_give_the_same_decisions(shape: Shape, data: st.DataObject) -> None:
    first = History(shape.plan(), data.draw)
    first.go(cancel_after=None)
    core = Core(shape.plan())
    again = [decision for event in first.inputs for decision in core.apply(event)]
    assert [described(decision) for decision in again] == [described(decision) for decision in first.trace]


def described(decision: Any) -> tuple[Any, ...]:
    """A decision without the identity of the frame that it holds."""
    fields = ((item.name, getattr(decision, item.name)) for item in dataclasses.fields(decision))
    return (type(decision).__name__, *((name, value.id if name == "frame" else value) for name, value in fields))
