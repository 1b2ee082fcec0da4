"""Loomwork: the plan compiled once, every event consumed, in the event loop that the run goes in."""

import asyncio
import functools
import time

from benchmarks.runners.loop import REPEATS, serve
from benchmarks.runners.shapes import app_file, shape
from loomwork.apps.application.embedded_flow import EmbeddedFlow, FlowInput
from loomwork.bootstrap.embedded import EmbeddedRuntime
from loomwork.bootstrap.settings import read_settings

ASKED = FlowInput({"n": "hello"})


@functools.cache
def runtime() -> EmbeddedRuntime:
    return EmbeddedRuntime(read_settings({}))


@functools.cache
def flow(name: str) -> EmbeddedFlow:
    return runtime().flow(app_file(shape(name)))


async def seconds_of_one(made: EmbeddedFlow) -> float:
    began = time.perf_counter()
    for _ in range(REPEATS):
        last = ""
        async for event in made.stream(ASKED):
            last = event.type
        assert last == "run_succeeded"
    return (time.perf_counter() - began) / REPEATS


def main() -> None:
    with asyncio.Runner() as runner:

        def time_one(name: str) -> float:
            return runner.run(seconds_of_one(flow(name)))

        serve(time_one)


if __name__ == "__main__":
    main()
