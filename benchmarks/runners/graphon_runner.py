"""graphon, Dify's engine: an engine object per run, as it asks for. Building it is not counted, running it is."""

import time

from graphon.dsl import loads

from benchmarks.runners.loop import serve
from benchmarks.runners.shapes import app_file, shape


def time_one(name: str) -> float:
    engine = loads(app_file(shape(name)), start_inputs={"n": "hello"})
    began = time.perf_counter()
    events = list(engine.run())
    seconds = time.perf_counter() - began
    assert type(events[-1]).__name__ == "GraphRunSucceededEvent"
    return seconds


if __name__ == "__main__":
    serve(time_one)
