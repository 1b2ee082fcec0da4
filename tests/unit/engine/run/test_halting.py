"""Nodes that ask a person in the middle of their work: they run again with the answer, and with what they had done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import pytest

from loomwork.engine.commands import Answer, Pause, Resume
from loomwork.engine.ports import Binder, Node, NodeContext, NodeError, NodeResult, NodeSpec, Question, Response, Step
from loomwork.engine.variables import Ref
from tests.unit.engine.retelling import check_retelling
from tests.unit.engine.run.rounds import Flow, Part, answer, source


@dataclass
class HaltingType:
    """Draws lots once, asks whether they are right, and leaves both. `drawn` counts how often it drew."""

    is_root: bool = False
    drawn: list[int] = field(default_factory=list)

    def compile(self, spec: NodeSpec, binder: Binder) -> Node:
        return _Halting(self.drawn)


@dataclass
class _Halting:
    drawn: list[int]
    inputs: Sequence[tuple[str, Ref]] = ()
    branches: bool = False
    ends: bool = True
    response: Response | None = None
    waits: Literal[True] = True
    halts: bool = True

    async def run(self, context: NodeContext) -> NodeResult | Question:
        done = {step.name: step for step in context.steps}
        context.say("I drew lots. ")
        if "draw" not in done:
            self.drawn.append(1)
            await context.finish_step(Step("draw", "draw", kept={"lot": 7}))
        if "word" not in done:
            return Question({"content": "Right?"}, [{"id": "yes", "title": "Yes"}])
        context.say("Thanks.")
        return NodeResult({"text": "I drew lots. Thanks.", "word": done["word"].kept["word"]})

    def answered(self, question: Question, action: str | None, values: Mapping[str, Any]) -> Step:
        if action != "yes":
            raise NodeError("That is no answer.", code="no_answer")
        return Step("word", "approval", kept={"word": values["word"]})


BATCHES = 5
"""Of a run that asks once: its beginning, the draw, the question, the answer, the end."""
YES = Answer("h", (), "yes", {"word": "fine"})


def flow() -> tuple[Flow, list[int]]:
    kind = HaltingType()
    nodes = {"s": source(), "h": Part(kind), "a": answer("{{#h.text#}}")}
    return Flow(nodes, "s>h, h>a"), kind.drawn


async def test_a_node_that_asked_goes_on_in_another_process_and_does_nothing_twice() -> None:
    made, drawn = flow()
    assert (await made.begin().execute()).status == "paused"
    run = made.again(YES)
    result = await run.execute()
    assert (result.status, result.outputs["word"], result.answer) == ("succeeded", "fine", "I drew lots. Thanks.")
    assert drawn == [1]
    again = [event.data["reason"] for event in made.seen.of_type("node_retrying")]
    assert again == ["resumed"]
    check_retelling(run._plan, run._context, made.seen.batches)


async def test_a_run_that_still_goes_takes_the_answer_too() -> None:
    made, drawn = flow()
    made.seen.then["input_required"] = [YES]
    run = made.begin()
    assert (await run.execute()).outputs["word"] == "fine"
    assert drawn == [1]
    check_retelling(run._plan, run._context, made.seen.batches)


async def test_an_answer_that_does_not_fit_leaves_the_question_open() -> None:
    made, _ = flow()
    await made.begin().execute()
    assert (await made.again(Answer("h", (), "no", {})).execute()).status == "paused"
    assert (await made.again(YES).execute()).status == "succeeded"


async def test_while_somebody_holds_the_run_an_answer_is_kept_and_the_node_starts_when_it_goes_on() -> None:
    made, drawn = flow()
    await made.begin().execute()
    run = made.again(Pause("me"), YES)
    assert (await run.execute()).status == "paused"
    check_retelling(run._plan, run._context, made.seen.batches)
    last = made.again(Resume("me"))
    assert (await last.execute()).outputs["word"] == "fine"
    assert drawn == [1]
    check_retelling(last._plan, last._context, made.seen.batches)


@pytest.mark.parametrize("kept", range(1, BATCHES))
async def test_a_process_that_dies_anywhere_after_the_draw_leaves_a_run_that_can_be_taken_up(kept: int) -> None:
    made, drawn = flow()
    await made.begin().execute()
    await made.again(YES).execute()
    assert len(made.seen.batches) == BATCHES
    had_drawn = any(record.kind == "stepped" for batch in made.seen.batches[:kept] for record in batch.records)
    drawn.clear()
    run = made.again(batches=kept)
    result = await run.execute()
    if result.status == "paused":
        run = made.again(YES)
        result = await run.execute()
    assert (result.status, result.answer) == ("succeeded", "I drew lots. Thanks.")
    assert drawn == ([] if had_drawn else [1])
    check_retelling(run._plan, run._context, made.seen.batches)
