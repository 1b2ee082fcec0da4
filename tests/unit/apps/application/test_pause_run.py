"""Runs that somebody has rest, and go on."""

from typing import Any

import pytest

from loomwork.kernel.errors import Conflict
from tests.unit.apps.application.test_execute_run import asked_model
from tests.unit.apps.conftest import app_text
from tests.unit.apps.people import START, end, events, kept, model, rested, started

pytestmark = pytest.mark.anyio


def two() -> str:
    nodes = [START, model("m", "{{#s.text#}}"), model("n", "{{#m.text#}}"), end(said=["n", "text"])]
    return app_text("workflow", nodes, "s>m, m>n, n>e")


async def paused(studio: Any, text: str) -> Any:
    """A run that was asked to rest while its first node was in flight."""
    studio.parrot.let.clear()
    run = await started(studio, text, text="a")
    await asked_model(studio)
    await studio.apps.pause_run(studio.owner, run.id)
    studio.parrot.let.set()
    return await rested(studio, run.id)


async def test_a_paused_run_rests_once_what_was_in_flight_has_ended_and_goes_on_when_it_is_let(studio: Any) -> None:
    run = await paused(studio, two())
    assert run.status == "paused"
    assert len(studio.parrot.asked) == 1
    await studio.apps.resume_run(studio.owner, run.id)
    ended = await studio.apps.wait_for_run(studio.owner, run.id)
    assert (ended.status, len(studio.parrot.asked)) == ("succeeded", 2)
    told = [event for event in await events(studio, run.id) if event["type"] in ("run_paused", "run_resumed")]
    assert [event["data"] for event in told] == [
        {"reasons": [{"type": "asked", "by": "the owner"}]},
        {"by": "the owner"},
    ]


async def test_a_run_of_which_nothing_is_kept_cannot_rest(studio: Any) -> None:
    studio.parrot.let.clear()
    run = await started(studio, kept(two(), "off"), text="a")
    with pytest.raises(Conflict, match="durability is off"):
        await studio.apps.pause_run(studio.owner, run.id)
    studio.parrot.let.set()
    assert (await studio.apps.wait_for_run(studio.owner, run.id)).status == "succeeded"


async def test_a_run_that_has_ended_neither_rests_nor_goes_on(studio: Any) -> None:
    run = await rested(studio, (await started(studio, two(), text="a")).id)
    for ask in (studio.apps.pause_run, studio.apps.resume_run):
        with pytest.raises(Conflict, match="has ended"):
            await ask(studio.owner, run.id)
