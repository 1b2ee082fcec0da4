"""LangGraph: the graph compiled once, every update consumed; each node renders the same sandboxed template."""

import asyncio
import functools
import time
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypedDict

from jinja2.sandbox import ImmutableSandboxedEnvironment
from langgraph.graph import END, START, StateGraph

from benchmarks.runners.loop import REPEATS, serve
from benchmarks.runners.shapes import Shape, first_predecessor, shape

STATE = {"values": {"start": "hello"}}


def merge(left: dict[str, str], right: dict[str, str]) -> dict[str, str]:
    return {**left, **right}


class State(TypedDict):
    values: Annotated[dict[str, str], merge]


def render_node(made: Shape, node: str) -> Callable[[State], Awaitable[dict[str, Any]]]:
    template = ImmutableSandboxedEnvironment().from_string("{{ x }}")
    source = first_predecessor(made, node)

    async def run(state: State) -> dict[str, Any]:
        return {"values": {node: template.render(x=state["values"][source])}}

    return run


async def pass_on(_: State) -> dict[str, Any]:
    return {"values": {}}


@functools.cache
def compiled(name: str) -> Any:
    made = shape(name)
    graph = StateGraph(State)
    for node in ("start", "end"):
        graph.add_node(node, pass_on)
    for node in made.nodes:
        graph.add_node(node, render_node(made, node))
    graph.add_edge(START, "start")
    joins: dict[str, list[str]] = {}
    for source, target in made.edges:
        joins.setdefault(target, []).append(source)
    for target, sources in joins.items():
        graph.add_edge(sources if len(sources) > 1 else sources[0], target)
    graph.add_edge("end", END)
    return graph.compile()


async def seconds_of_one(graph: Any) -> float:
    began = time.perf_counter()
    for _ in range(REPEATS):
        async for _update in graph.astream(STATE, {"recursion_limit": 1000}, stream_mode="updates"):
            pass
    return (time.perf_counter() - began) / REPEATS


def main() -> None:
    with asyncio.Runner() as runner:

        def time_one(name: str) -> float:
            return runner.run(seconds_of_one(compiled(name)))

        serve(time_one)


if __name__ == "__main__":
    main()
