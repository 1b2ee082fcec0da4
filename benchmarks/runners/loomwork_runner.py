"""Loomwork: the plan compiled once, every event consumed."""

import asyncio
import functools
import time

from benchmarks.runners.loop import serve
from benchmarks.runners.shapes import app_file, shape
from loomwork import Workflow

INPUTS = {"n": "hello"}


@functools.cache
def flow(name: str) -> Workflow:
    return Workflow.from_dsl(app_file(shape(name)))


async def consume(made: Workflow) -> str:
    last = ""
    async for event in made.stream(INPUTS):
        last = event.type
    return last


def main() -> None:
    with asyncio.Runner() as runner:

        def time_one(name: str) -> float:
            made = flow(name)
            began = time.perf_counter()
            last = runner.run(consume(made))
            seconds = time.perf_counter() - began
            assert last == "run_succeeded"
            return seconds

        serve(time_one)


if __name__ == "__main__":
    main()
