"""Every shape that is measured runs on our engine and comes to what it is expected to come to."""

import sqlite3
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from benchmarks.runners import loomwork_runner as runner
from benchmarks.runners.shapes import SHAPES, shape

SMALL = ("chain-3", "fan-4", "branches-5", "iteration-7", "loop-4")


@pytest.fixture(autouse=True)
async def fresh_runtime() -> AsyncIterator[None]:
    """The runner keeps its runtime, which belongs to one event loop."""
    yield
    await runner.runtime().close()
    for cached in (runner.runtime, runner.node_types, runner.flow):
        cached.cache_clear()
    runner.durable_flows.clear()


@pytest.mark.parametrize("name", SMALL)
async def test_a_shape_comes_to_what_is_expected_of_it(name: str) -> None:
    assert (await runner.run(name, repeats=2))["output"] == shape(name).expected


@pytest.mark.parametrize("name", SHAPES)
async def test_the_app_file_of_a_measured_shape_compiles_without_a_problem(name: str) -> None:
    assert not runner.flow(name).flow.problems


@pytest.mark.parametrize("name", ["chain-3", "fan-4", "branches-5"])
async def test_the_count_of_a_shape_is_that_of_the_nodes_that_run(name: str) -> None:
    ended = Counter([event.type async for event in runner.flow(name).stream(runner.ASKED)])
    assert ended["node_succeeded"] == shape(name).count


@pytest.mark.parametrize("name", ["iteration-7", "loop-4"])
async def test_the_count_of_rounds_is_that_of_the_rounds_that_run(name: str) -> None:
    told = Counter([event.type async for event in runner.flow(name).stream(runner.ASKED)])
    assert told["iteration_next"] + told["loop_next"] == shape(name).count


async def test_many_runs_at_once_all_come_to_their_end() -> None:
    assert (await runner.crowd("chain-3", runs=20))["output"] == shape("chain-3").expected


@pytest.mark.parametrize("waits", [False, True])
async def test_a_durable_run_is_in_the_file_that_it_was_given(tmp_path: Path, waits: bool) -> None:
    answer = await runner.durable("chain-3", runs=2, folder=str(tmp_path), waits=waits)
    assert answer["output"] == shape("chain-3").expected
    with closing(sqlite3.connect(tmp_path / "loomwork.db")) as database:
        assert database.execute("SELECT status, count(*) FROM runs").fetchall() == [("succeeded", 2)]


async def test_a_large_variable_goes_along_without_changing_the_result() -> None:
    assert (await runner.pool("iteration-7", megabytes=1))["output"] == shape("iteration-7").expected


@pytest.mark.parametrize("journaled", [False, True])
async def test_runs_wait_until_all_have_come_and_end_when_let_go(tmp_path: Path, journaled: bool) -> None:
    answer = await runner.parked(runs=5, folder=str(tmp_path) if journaled else None)
    assert set(answer) == {"bytes"}
