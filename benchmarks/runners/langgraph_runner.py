"""LangGraph: the graph compiled once, every update consumed. Called either way, because which is faster varies."""

import asyncio
import functools
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from benchmarks.runners.langgraph_graphs import build, first_state
from benchmarks.runners.loop import Answerer, serve
from benchmarks.runners.shapes import Shape, shape

CONFIG = {"recursion_limit": 10_000}
SYNCHRONOUS = "PRAGMA synchronous = NORMAL"
"""As in our own database: with a write-ahead log, which both keep, a crash of the process then loses nothing."""


@functools.cache
def compiled(name: str, *, is_async: bool) -> Any:
    return build(shape(name), is_async=is_async)


def run_sync(name: str, repeats: int) -> dict[str, Any]:
    """Seconds of one run of a shape, one after the other, by `stream`."""
    made, graph = shape(name), compiled(name, is_async=False)
    began = time.perf_counter()
    for _ in range(repeats):
        for update in graph.stream(first_state(made), CONFIG, stream_mode="updates"):
            last = update
    return {"seconds": (time.perf_counter() - began) / repeats, "output": last["end"]["r"]}


async def run_async(name: str, repeats: int) -> dict[str, Any]:
    """The same by `astream`."""
    made, graph = shape(name), compiled(name, is_async=True)
    began = time.perf_counter()
    for _ in range(repeats):
        output = await one(graph, made)
    return {"seconds": (time.perf_counter() - began) / repeats, "output": output}


async def crowd(name: str, runs: int) -> dict[str, Any]:
    """Seconds of many runs at once."""
    made, graph = shape(name), compiled(name, is_async=True)
    began, processor_began = time.perf_counter(), time.process_time()
    outputs = await asyncio.gather(*(one(graph, made) for _ in range(runs)))
    return {
        "seconds": time.perf_counter() - began,
        "processor_seconds": time.process_time() - processor_began,
        "output": outputs[-1],
    }


class Durable:
    """Graphs that keep a checkpoint of each step in a file, written before the next step begins (`durability="sync"`).
    The file stays open between questions; `folder` is where it lies, and has to be the same each time.
    """

    def __init__(self) -> None:
        self._open = AsyncExitStack()
        self._async_saver: AsyncSqliteSaver | None = None
        self._sync_saver: SqliteSaver | None = None
        self._graphs: dict[tuple[str, bool], Any] = {}
        self._threads = 0

    async def at_once(self, name: str, runs: int, folder: str) -> dict[str, Any]:
        """Seconds of some runs at once, by `astream`."""
        if self._async_saver is None:
            opening = AsyncSqliteSaver.from_conn_string(str(Path(folder) / "langgraph-async.db"))
            saver = await self._open.enter_async_context(opening)
            await saver.setup()
            await saver.conn.execute(SYNCHRONOUS)
            self._async_saver = saver
        made, graph = shape(name), self._graph(name, self._async_saver, is_async=True)
        began = time.perf_counter()
        going = (one(graph, made, config=self._config(), durability="sync") for _ in range(runs))
        outputs = await asyncio.gather(*going)
        return {"seconds": time.perf_counter() - began, "output": outputs[-1]}

    def one_by_one(self, name: str, runs: int, folder: str) -> dict[str, Any]:
        """Seconds of some runs one after the other, by `stream`."""
        if self._sync_saver is None:
            opening = SqliteSaver.from_conn_string(str(Path(folder) / "langgraph-sync.db"))
            saver = self._open.enter_context(opening)
            saver.setup()
            saver.conn.execute(SYNCHRONOUS)
            self._sync_saver = saver
        made, graph = shape(name), self._graph(name, self._sync_saver, is_async=False)
        began = time.perf_counter()
        for _ in range(runs):
            config = self._config()
            for update in graph.stream(first_state(made), config, stream_mode="updates", durability="sync"):
                last = update
        return {"seconds": time.perf_counter() - began, "output": last["end"]["r"]}

    async def close(self) -> None:
        await self._open.aclose()

    def _graph(self, name: str, saver: Any, *, is_async: bool) -> Any:
        key = (name, is_async)
        if key not in self._graphs:
            self._graphs[key] = build(shape(name), is_async=is_async, checkpointer=saver)
        return self._graphs[key]

    def _config(self) -> dict[str, Any]:
        self._threads += 1
        return {**CONFIG, "configurable": {"thread_id": str(self._threads)}}


async def one(graph: Any, made: Shape, *, config: Mapping[str, Any] = CONFIG, **options: Any) -> Any:
    async for update in graph.astream(first_state(made), config, stream_mode="updates", **options):
        last = update
    return last["end"]["r"]


def main() -> None:
    with asyncio.Runner() as runner:
        durable = Durable()

        def in_loop(answer: Any) -> Answerer:
            return lambda **question: runner.run(answer(**question))

        serve(
            {
                "run_sync": run_sync,
                "run_async": in_loop(run_async),
                "crowd": in_loop(crowd),
                "durable_sync": durable.one_by_one,
                "durable_async": in_loop(durable.at_once),
            }
        )
        runner.run(durable.close())


if __name__ == "__main__":
    main()
