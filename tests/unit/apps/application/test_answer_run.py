"""Answers to what runs ask: checked, stored before they count, and given once."""

import asyncio
import dataclasses
from pathlib import Path
from typing import Any

import pytest
import yaml

from loomwork.apps.api import AnswerNotStored, PersonAnswer
from loomwork.kernel.errors import Conflict, InvalidInput, NotFound
from loomwork.kernel.ids import RunId, WorkspaceId, new_id
from loomwork.kernel.scope import Scope
from tests.unit.apps.conftest import app_text, open_studio
from tests.unit.apps.people import REVIEW, START, YES, asking, contained, end, events, kept, model, rested, started

pytestmark = pytest.mark.anyio


def answer(**changed: Any) -> PersonAnswer:
    return PersonAnswer(**{"node_id": "h", **YES, **changed})


async def test_a_run_that_waits_for_a_person_says_what_it_asks(studio: Any) -> None:
    run = await asking(studio)
    [question] = await studio.apps.open_questions(studio.owner, run.id)
    assert (question.node_id, question.title, question.frame) == ("h", "Review", ())
    assert question.form["content"] == "Is it  fine?"
    assert [field["name"] for field in question.form["fields"]] == ["note"]
    assert [action["id"] for action in question.actions] == ["yes", "no"]
    assert run.wakes_at is not None
    assert question.expires_at == pytest.approx(run.wakes_at.timestamp(), abs=0.001)


async def test_an_answered_run_goes_on_and_asks_no_more(studio: Any) -> None:
    run = await asking(studio)
    await studio.apps.answer_run(studio.owner, run.id, answer())
    ended = await studio.apps.wait_for_run(studio.owner, run.id)
    assert (ended.status, ended.outputs) == ("succeeded", {"said": "good "})
    assert await studio.apps.open_questions(studio.owner, run.id) == []


async def test_an_answer_is_stored_when_its_giver_hears_of_it(tmp_path: Path) -> None:
    studio = await open_studio(tmp_path)
    run = await asking(studio)
    studio.parrot.let.clear()
    await studio.apps.answer_run(studio.owner, run.id, answer())
    kinds = [record.kind for record in await studio.storage.journal.records(studio.owner, run.id)]
    assert "answered" in kinds
    await studio.dispatcher.close()
    await studio.storage.close()


async def test_an_answer_outlives_a_crash_of_a_run_that_is_kept_only_when_it_rests(tmp_path: Path) -> None:
    text = kept(app_text("workflow", [START, REVIEW, model("n", "{{#h.note#}}"), end(said=["n", "text"])],
                         "s>h, h:yes>n, n>e"), "off")  # fmt: skip
    died = await open_studio(tmp_path)
    run = await asking(died, text)
    died.parrot.let.clear()
    await died.apps.answer_run(died.owner, run.id, answer())
    await died.dispatcher.close()
    await died.storage.close()

    studio = await open_studio(tmp_path)
    assert await studio.apps.open_questions(studio.owner, run.id) == []
    await studio.dispatcher.enqueue(studio.owner, run.id)
    assert (await studio.apps.wait_for_run(studio.owner, run.id)).outputs == {"said": "good "}
    await studio.storage.close()


@pytest.mark.parametrize(("changed", "field"), [
    ({"action": "perhaps"}, "action"),
    ({"values": {}}, "note"),
    ({"values": {"note": 7}}, "note"),
])  # fmt: skip
async def test_an_answer_that_does_not_fit_is_refused_and_the_question_stands(
    studio: Any, changed: dict[str, Any], field: str
) -> None:
    run = await asking(studio)
    with pytest.raises(InvalidInput) as refused:
        await studio.apps.answer_run(studio.owner, run.id, answer(**changed))
    assert refused.value.details["field"] == field
    assert len(await studio.apps.open_questions(studio.owner, run.id)) == 1


@pytest.mark.parametrize("changed", [{"node_id": "m"}, {"node_id": "nobody"}, {"frame": (("h", 0),)}])
async def test_what_is_not_asked_cannot_be_answered(studio: Any, changed: dict[str, Any]) -> None:
    run = await asking(studio)
    with pytest.raises(Conflict, match="asks nothing"):
        await studio.apps.answer_run(studio.owner, run.id, answer(**changed))


async def test_a_question_is_answered_once(studio: Any) -> None:
    run = await asking(studio)
    studio.parrot.let.clear()
    given = [studio.apps.answer_run(studio.owner, run.id, answer(values={"note": note})) for note in ("one", "two")]
    outcomes = await asyncio.gather(*given, return_exceptions=True)
    studio.parrot.let.set()
    refused = [isinstance(outcome, Conflict) for outcome in outcomes]
    assert sorted(refused) == [False, True]
    taken = ("one ", "two ")[refused.index(False)]
    assert (await studio.apps.wait_for_run(studio.owner, run.id)).outputs == {"said": taken}
    with pytest.raises(Conflict, match="has ended"):
        await studio.apps.answer_run(studio.owner, run.id, answer())


async def test_a_question_that_is_open_beside_a_node_in_flight_is_answered(studio: Any) -> None:
    ends = end(said=["m", "text"], note=["h", "note"])
    nodes = [START, model("m", "{{#s.text#}}"), {**REVIEW, "form_content": "?"}, ends]
    studio.parrot.let.clear()
    run = await started(studio, app_text("workflow", nodes, "s>m, s>h, m>e, h:yes>e"), text="a")
    async for batch in studio.apps.follow_run(studio.owner, run.id):
        if any(event["type"] == "input_required" for event in batch):
            break
    await studio.apps.answer_run(studio.owner, run.id, answer())
    studio.parrot.let.set()
    assert (await studio.apps.wait_for_run(studio.owner, run.id)).outputs == {"said": "a ", "note": "good"}
    assert "run_paused" not in [event["type"] for event in await events(studio, run.id)]


async def test_each_round_of_a_container_asks_for_itself(studio: Any) -> None:
    nodes: list[dict[str, Any]] = [
        START,
        {"id": "it", "type": "iteration", "title": "Each", "start_node_id": "in", "iterator_selector": ["env", "xs"],
         "output_selector": ["h", "note"], "is_parallel": True, "parallel_nums": 2},
        {"id": "in", "type": "iteration-start", "title": "", "iteration_id": "it"},
        {**REVIEW, "form_content": "{{#it.item#}}?", "iteration_id": "it"},
        end(notes=["it", "output"]),
    ]  # fmt: skip
    tree = yaml.safe_load(contained(app_text("workflow", nodes, "s>it, it>e, in>h")))
    variable = {"id": "1", "name": "xs", "value_type": "array[string]", "value": ["a", "b"]}
    tree["workflow"]["environment_variables"] = [variable]
    run = await asking(studio, yaml.safe_dump(tree))
    questions = await studio.apps.open_questions(studio.owner, run.id)
    assert [(question.frame, question.form["content"]) for question in questions] == [
        ((("it", 0),), "a?"),
        ((("it", 1),), "b?"),
    ]
    for question in reversed(questions):
        values = {"note": question.form["content"]}
        await studio.apps.answer_run(studio.owner, run.id, answer(frame=question.frame, values=values))
    assert (await studio.apps.wait_for_run(studio.owner, run.id)).outputs == {"notes": ["a?", "b?"]}


async def test_who_hears_nothing_of_an_answer_is_told_to_look_again(
    studio: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = await asking(studio)

    async def lost(*_: object) -> None: ...

    monkeypatch.setattr(studio.dispatcher, "send", lost)
    impatient = dataclasses.replace(studio.apps.questions, patience=0.01)
    with pytest.raises(AnswerNotStored):
        await impatient.answer(studio.owner, run.id, answer())


async def test_a_run_without_questions_has_none(studio: Any, shout: str) -> None:
    run = await rested(studio, (await started(studio, shout, text="a")).id)
    assert await studio.apps.open_questions(studio.owner, run.id) == []


async def test_another_workspace_has_no_such_run(studio: Any) -> None:
    run = await asking(studio)
    away = Scope(WorkspaceId(new_id()), studio.owner.actor)
    with pytest.raises(NotFound):
        await studio.apps.open_questions(away, run.id)
    with pytest.raises(NotFound):
        await studio.apps.answer_run(away, run.id, answer())
    with pytest.raises(NotFound):
        await studio.apps.answer_run(studio.owner, RunId(new_id()), answer())


async def test_whoever_follows_until_a_run_rests_is_told_to_where_it_is_now(studio: Any) -> None:
    async def told(run_id: RunId) -> list[str]:
        following = studio.apps.follow_run(studio.owner, run_id, until_rest=True)
        return [event["type"] async for batch in following for event in batch]

    run = await asking(studio)
    async with asyncio.timeout(20):
        assert (await told(run.id))[-1] == "run_paused"
        assert (await studio.apps.wait_for_run(studio.owner, run.id, until_rest=True)).status == "paused"
        await studio.apps.answer_run(studio.owner, run.id, answer())
        types = await told(run.id)
    assert ("run_paused" in types, types[-1]) == (True, "run_succeeded")
