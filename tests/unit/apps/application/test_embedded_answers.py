"""Flows in somebody's own process that wait for a person, and go on with the answer."""

from pathlib import Path
from typing import Any

import pytest

from loomwork import Workflow
from loomwork.kernel.errors import Conflict, InvalidInput
from tests.unit.apps.conftest import app_text
from tests.unit.apps.people import REVIEW, START, end

pytestmark = pytest.mark.anyio

TEXT = app_text(
    "workflow", [START, {**REVIEW, "form_content": "{{#s.text#}}?"}, end(note=["h", "note"])], "s>h, h:yes>e"
)


@pytest.mark.parametrize("kept", [False, True])
async def test_a_flow_that_asks_rests_and_goes_on_with_the_answer(tmp_path: Path, kept: bool) -> None:
    flow = Workflow.from_dsl(TEXT, journal=f"sqlite:///{tmp_path / 'runs.db'}" if kept else None)
    paused = await flow.run({"text": "well"})
    assert (paused.status, paused.outputs) == ("paused", {})
    [question] = paused.questions
    assert (question.node_id, question.form["content"]) == ("h", "well?")
    ended = await flow.answer(paused, "h", "yes", {"note": "good"})
    assert (ended.status, ended.outputs, ended.questions) == ("succeeded", {"note": "good"}, ())
    assert {node_id: node.runs for node_id, node in ended.nodes.items()} == {"s": 1, "h": 1, "e": 1}


def test_the_same_without_await() -> None:
    flow = Workflow.from_dsl(TEXT)
    paused = flow.run_sync({"text": "well"})
    assert flow.answer_sync(paused, "h", "yes", {"note": "good"}).outputs == {"note": "good"}


async def test_an_answer_that_does_not_fit_is_refused() -> None:
    flow = Workflow.from_dsl(TEXT)
    paused = await flow.run({"text": "well"})
    given: list[tuple[type[Exception], tuple[Any, ...]]] = [
        (InvalidInput, ("h", "perhaps", {"note": ""})),
        (InvalidInput, ("h", "yes", {})),
        (Conflict, ("s", "yes")),
    ]
    for error, answer in given:
        with pytest.raises(error):
            await flow.answer(paused, *answer)
    ended = await flow.answer(paused, "h", "yes", {"note": "x"})
    with pytest.raises(Conflict):
        await flow.answer(ended, "h", "yes", {"note": "x"})
