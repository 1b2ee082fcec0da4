"""The shapes as a LangGraph user would write them; each node renders the same sandboxed template.

A condition is a router on an edge, not a node. The items of an iteration are sent all at once (`Send`), which is
faster than a node that comes back for each. `is_async` says how a graph will be called: functions fit the call.
"""

import operator
from collections.abc import Callable, Mapping
from typing import Annotated, Any, TypedDict

from jinja2.sandbox import ImmutableSandboxedEnvironment
from langgraph.graph import END, START, StateGraph
from langgraph.types import Send

from benchmarks.runners.shapes import GREETING, Branches, Iteration, Loop, Shape, Straight

Values = dict[str, Any]
Step = Callable[[Any], Mapping[str, Any]]


def merge(left: Values, right: Values) -> Values:
    """How what nodes leave comes together."""
    return {**left, **right}


class State(TypedDict):
    """What nodes have left, by their names; `r` is what the end says."""

    values: Annotated[Values, merge]
    r: Any


class Rounds(TypedDict):
    """The items or rounds, and what has come of them; `r` is what the end says."""

    items: list[str]
    results: Annotated[list[str], operator.add]
    rounds: int
    r: Any


class Item(TypedDict):
    """What one branch of an iteration is sent."""

    item: str


class Builder:
    """A graph that grows: nodes are given as plain functions."""

    def __init__(self, schema: type, *, is_async: bool) -> None:
        self.graph = StateGraph(schema)
        self._is_async = is_async

    def add(self, name: str, step: Step, **options: Any) -> None:
        """A node."""

        async def later(state: Any) -> Mapping[str, Any]:
            return step(state)

        self.graph.add_node(name, later if self._is_async else step, **options)


def build(made: Shape, *, is_async: bool, checkpointer: Any = None) -> Any:
    """The compiled graph."""
    builder = Builder(Rounds if isinstance(made, Iteration | Loop) else State, is_async=is_async)
    match made:
        case Straight():
            _straight(made, builder)
        case Branches():
            _branches(made, builder)
        case Iteration():
            _iteration(builder)
        case Loop():
            _loop(made, builder)
    return builder.graph.compile(checkpointer=checkpointer)


def first_state(made: Shape) -> dict[str, Any]:
    """What a run begins with."""
    if isinstance(made, Iteration | Loop):
        return {"items": made.items if isinstance(made, Iteration) else [], "results": [], "rounds": 0}
    return {"values": {"start": GREETING}}


def _template(text: str = "{{ x }}") -> Callable[..., str]:
    return ImmutableSandboxedEnvironment().from_string(text).render


def _straight(made: Straight, builder: Builder) -> None:
    builder.add("start", _leave_nothing)
    for node in made.nodes:
        builder.add(node, _render(node, made.first_predecessor(node)))
    builder.add("end", _end(made.first_predecessor("end")))
    builder.graph.add_edge(START, "start")
    joins: dict[str, list[str]] = {}
    for source, target in made.edges:
        joins.setdefault(target, []).append(source)
    for target, sources in joins.items():
        builder.graph.add_edge(sources if len(sources) > 1 else sources[0], target)
    builder.graph.add_edge("end", END)


def _branches(made: Branches, builder: Builder) -> None:
    builder.add("start", _leave_nothing)
    builder.graph.add_edge(START, "start")
    before = "start"
    for index in range(made.size):
        yes, no, join = f"yes{index}", f"no{index}", f"join{index}"
        builder.add(yes, _render(yes, before, "{{ x }}+"))
        builder.add(no, _render(no, before, "{{ x }}-"))
        builder.add(join, _first_of(join, yes, no))
        builder.graph.add_conditional_edges(before, _router(made.holds(index), yes, no), [yes, no])
        for way in (yes, no):
            builder.graph.add_edge(way, join)
        before = join
    builder.add("end", _end(before))
    builder.graph.add_edge(before, "end")
    builder.graph.add_edge("end", END)


def _iteration(builder: Builder) -> None:
    render = _template()

    def send(state: Rounds) -> list[Send]:
        return [Send("body", {"item": item}) for item in state["items"]]

    builder.add("start", _leave_nothing)
    builder.add("body", lambda state: {"results": [render(x=state["item"])]}, input_schema=Item)
    builder.add("end", lambda state: {"r": state["results"]})
    builder.graph.add_edge(START, "start")
    builder.graph.add_conditional_edges("start", send, ["body"])
    builder.graph.add_edge("body", "end")
    builder.graph.add_edge("end", END)


def _loop(made: Loop, builder: Builder) -> None:
    render = _template()

    def body(state: Rounds) -> Mapping[str, Any]:
        render(x=GREETING)
        return {"rounds": state["rounds"] + 1}

    builder.add("start", _leave_nothing)
    builder.add("body", body)
    builder.add("end", lambda state: {"r": state["rounds"]})
    builder.graph.add_edge(START, "start")
    builder.graph.add_edge("start", "body")
    again = _again(made.size)
    builder.graph.add_conditional_edges("body", again, ["body", "end"])
    builder.graph.add_edge("end", END)


def _again(size: int) -> Callable[[Rounds], str]:
    return lambda state: "body" if state["rounds"] < size else "end"


def _router(holds: bool, yes: str, no: str) -> Callable[[State], str]:
    expected = GREETING if holds else "something else"
    return lambda state: yes if state["values"]["start"] == expected else no


def _render(node: str, source: str, text: str = "{{ x }}") -> Step:
    render = _template(text)
    return lambda state: {"values": {node: render(x=state["values"][source])}}


def _end(source: str) -> Step:
    return lambda state: {"r": state["values"][source]}


def _first_of(node: str, *sources: str) -> Step:
    def step(state: State) -> Mapping[str, Any]:
        values = state["values"]
        return {"values": {node: next(values[source] for source in sources if source in values)}}

    return step


def _leave_nothing(_: Any) -> Mapping[str, Any]:
    return {}
