"""graphon, Dify's engine: an engine object per run, as it asks for. Building it is not counted, running it is."""

import time
from typing import Any

from graphon.dsl import loads

from benchmarks.runners.app_files import app_file
from benchmarks.runners.loop import serve
from benchmarks.runners.shapes import GREETING, shape


def run(name: str, repeats: int) -> dict[str, Any]:
    """Seconds of one run of a shape, one after the other."""
    file = app_file(shape(name))
    engines = [loads(file, start_inputs={"n": GREETING}) for _ in range(repeats)]
    began = time.perf_counter()
    for engine in engines:
        events = list(engine.run())
    seconds = (time.perf_counter() - began) / repeats
    last = events[-1]
    assert type(last).__name__ == "GraphRunSucceededEvent"
    return {"seconds": seconds, "output": last.outputs["r"]}


if __name__ == "__main__":
    serve({"run": run})
