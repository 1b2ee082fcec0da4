"""graphon, Dify's engine: an engine object per run, as it asks for. Building it is not counted, running it is."""

import time

from graphon.dsl import loads

from benchmarks.runners.loop import REPEATS, serve
from benchmarks.runners.shapes import app_file, shape


def time_one(name: str) -> float:
    engines = [loads(app_file(shape(name)), start_inputs={"n": "hello"}) for _ in range(REPEATS)]
    began = time.perf_counter()
    for engine in engines:
        events = list(engine.run())
        assert type(events[-1]).__name__ == "GraphRunSucceededEvent"
    return (time.perf_counter() - began) / REPEATS


if __name__ == "__main__":
    serve(time_one)
