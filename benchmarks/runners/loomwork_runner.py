"""Loomwork: the plan compiled once, every event consumed, in the event loop that the run goes in."""

import asyncio
import functools
import gc
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.runners.app_files import app_file
from benchmarks.runners.loop import Answerer, serve
from benchmarks.runners.shapes import GREETING, shape
from benchmarks.runners.waiting_nodes import Gate, GivingWayType, ParkedType
from loomwork.apps.application.compile_flow import FlowCompiler
from loomwork.apps.application.embedded_flow import EmbeddedFlow, FlowInput
from loomwork.bootstrap.collector import spare_what_stays
from loomwork.bootstrap.embedded import EmbeddedRuntime
from loomwork.bootstrap.settings import read_settings
from loomwork.bootstrap.wiring import open_models
from loomwork.engine.ports import Journal, NodeType
from loomwork.nodes.template_transform import TemplateTransformType

ASKED = FlowInput({"n": GREETING})
WARM_UP_RUNS = 50


@functools.cache
def runtime() -> EmbeddedRuntime:
    return EmbeddedRuntime(read_settings({}))


@functools.cache
def node_types() -> Mapping[str, NodeType]:
    return open_models(read_settings({})).node_types


@functools.cache
def flow(name: str) -> EmbeddedFlow:
    return runtime().flow(app_file(shape(name)))


def flow_of(file: str, journal: Journal | None = None, **types: NodeType) -> EmbeddedFlow:
    """A flow in which some node types are the bench's own."""
    here = runtime()
    compiled = FlowCompiler({**node_types(), **types}).compile(file)
    return EmbeddedFlow(compiled, here.scope, here.models, here.clock, journal=journal)


async def one(made: EmbeddedFlow, asked: FlowInput = ASKED) -> Any:
    """A run to its end; what the end says."""
    async for event in made.stream(asked):
        last = event
    assert last.type == "run_succeeded", last.wire()
    return last.data["outputs"]["r"]


async def run(name: str, repeats: int) -> dict[str, Any]:
    """Seconds of one run of a shape, one after the other."""
    made = flow(name)
    began = time.perf_counter()
    for _ in range(repeats):
        output = await one(made)
    return {"seconds": (time.perf_counter() - began) / repeats, "output": output}


@functools.cache
def as_a_server() -> None:
    """The collector of cycles as the server sets it when it has started; the process is the bench's own."""
    spare_what_stays()


async def crowd(name: str, runs: int) -> dict[str, Any]:
    """Seconds of many runs at once, in a process that is set up as the server's is."""
    made = flow(name)
    as_a_server()
    return await _at_once(made, runs)


async def durable(name: str, runs: int, folder: str, waits: bool) -> dict[str, Any]:
    """Seconds of some runs at once with the journal on a file. With `waits` every template is one that waits."""
    return await _at_once(await _durable_flow(name, folder, waits), runs)


async def pool(name: str, megabytes: int) -> dict[str, Any]:
    """Seconds of one run that carries a variable of this size, in texts of 100 characters."""
    texts = [f"{index:0100}" for index in range(megabytes * 10_000)]
    made = flow(name)
    began = time.perf_counter()
    output = await one(made, FlowInput({"n": GREETING}, conversation_variables={"pool": texts}))
    return {"seconds": time.perf_counter() - began, "output": output}


async def parked(runs: int, folder: str | None) -> dict[str, Any]:
    """Resident bytes for each of many runs that all wait in a node, their readers included."""
    journal = await runtime().journal(_url(folder)) if folder is not None else None
    park = ParkedType()
    made = flow_of(app_file(shape("chain-5"), last_type="parked"), journal, parked=park)
    await _end(park, await _park(made, park, WARM_UP_RUNS))
    before = _resident_bytes()
    waiting = await _park(made, park, runs)
    after = _resident_bytes()
    await _end(park, waiting)
    return {"bytes": (after - before) / runs}


async def _at_once(made: EmbeddedFlow, runs: int) -> dict[str, Any]:
    began, processor_began = time.perf_counter(), time.process_time()
    outputs = await asyncio.gather(*(one(made) for _ in range(runs)))
    return {
        "seconds": time.perf_counter() - began,
        "processor_seconds": time.process_time() - processor_began,
        "output": outputs[-1],
    }


durable_flows: dict[tuple[str, bool], EmbeddedFlow] = {}
"""Flows with a journal, by the name of the shape and whether their templates wait."""


async def _durable_flow(name: str, folder: str, waits: bool) -> EmbeddedFlow:
    if (name, waits) not in durable_flows:
        journal = await runtime().journal(_url(folder))
        template = node_types()["template-transform"]
        assert isinstance(template, TemplateTransformType)
        types: dict[str, NodeType] = {"template-transform": GivingWayType(template)} if waits else {}
        durable_flows[name, waits] = flow_of(app_file(shape(name)), journal, **types)
    return durable_flows[name, waits]


async def _park(made: EmbeddedFlow, park: ParkedType, runs: int) -> list[asyncio.Task[Any]]:
    """Start runs; returns when all of them wait."""
    park.gate = Gate(runs)
    going = [asyncio.create_task(one(made)) for _ in range(runs)]
    await park.gate.full.wait()
    return going


async def _end(park: ParkedType, waiting: list[asyncio.Task[Any]]) -> None:
    park.gate.is_open.set()
    await asyncio.gather(*waiting)


def _resident_bytes() -> int:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _url(folder: str) -> str:
    return f"sqlite:///{folder}/loomwork.db"


def main() -> None:
    with asyncio.Runner() as runner:

        def in_loop(answer: Any) -> Answerer:
            return lambda **question: runner.run(answer(**question))

        answers = {"run": run, "crowd": crowd, "durable": durable, "pool": pool, "parked": parked}
        serve({what: in_loop(answer) for what, answer in answers.items()})
        runner.run(runtime().close())


if __name__ == "__main__":
    main()
