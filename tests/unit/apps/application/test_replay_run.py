"""Runs that are run again: whole, or from a node on with what they had found out until there."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from loomwork.apps.api import PersonAnswer, ReplayRequest, Run, RunRequest
from loomwork.apps.application.take_up_runs import take_up_runs
from loomwork.kernel.errors import Conflict, InvalidInput
from loomwork.kernel.page import PageRequest
from tests.unit.apps.conftest import app_text, open_studio
from tests.unit.apps.people import START, YES, asking, contained, end, events, kept, model, rested, started

pytestmark = pytest.mark.anyio


def chain(end_text: str = "{{#m.text#}}!") -> str:
    """Two models in a row, and one beside them."""
    nodes = [START, model("m", "{{#s.text#}}"), model("n", end_text), model("b", "beside {{#s.text#}}"),
             end(said=["n", "text"], beside=["b", "text"])]  # fmt: skip
    return app_text("workflow", nodes, "s>m, m>n, n>e, s>b, b>e")


async def again(studio: Any, run: Run, **request: Any) -> Run:
    new = await studio.apps.replay_run(studio.owner, run.id, ReplayRequest(**request))
    assert (new.status, new.origin_id, new.origin_node_id) == ("queued", run.id, request.get("node_id"))
    ended: Run = await studio.apps.wait_for_run(studio.owner, new.id)
    return ended


async def ran(studio: Any, document: str | None = None, /, **inputs: Any) -> Run:
    run = await rested(studio, (await started(studio, document or chain(), **(inputs or {"text": "a"}))).id)
    studio.parrot.asked.clear()
    return run


def asked(studio: Any) -> list[str]:
    return sorted(request.messages[-1].text for request in studio.parrot.asked)


async def test_a_run_is_run_again_from_a_node_on(studio: Any) -> None:
    first = await ran(studio)
    new = await again(studio, first, node_id="n")
    assert (new.status, new.outputs) == ("succeeded", first.outputs)
    assert asked(studio) == ["a !"]
    told = await events(studio, new.id)
    assert told[0]["data"]["origin"] == {"run_id": first.id, "node_id": "n"}
    assert [event["seq"] for event in told] == list(range(1, len(told) + 1))
    reused = {event["node_id"] for event in told if event["data"].get("reused")}
    assert reused == {"s", "m", "b"}
    assert (new.usage["total_tokens"], first.usage["total_tokens"]) == (3, 9)
    assert (await studio.apps.get_run(studio.owner, first.id)) == first


async def test_a_whole_run_is_run_again(studio: Any) -> None:
    first = await ran(studio)
    new = await again(studio, first)
    assert (new.outputs, asked(studio)) == (first.outputs, ["a", "a !", "beside a"])
    assert not [event for event in await events(studio, new.id) if event["data"].get("reused")]


async def test_edited_inputs_take_the_place_of_those_of_the_run(studio: Any) -> None:
    first = await ran(studio)
    assert (await again(studio, first, inputs={"text": "z"})).outputs == {"said": "z ! ", "beside": "beside z "}
    studio.parrot.asked.clear()
    new = await again(studio, first, node_id="b", inputs={"text": "y"})
    assert (new.inputs, new.outputs) == ({"text": "y"}, {"said": "a ! ", "beside": "beside y "})
    assert asked(studio) == ["beside y"]


async def test_edited_outputs_stand_in_for_what_a_node_left(studio: Any) -> None:
    first = await ran(studio)
    new = await again(studio, first, node_id="n", outputs={"m": {"text": "better"}})
    assert new.outputs["said"] == "better! "
    assert new.nodes["m"].outputs is not None
    assert new.nodes["m"].outputs["text"] == "better"
    assert "usage" in new.nodes["m"].outputs
    assert (await again(studio, first, outputs={"n": {"text": "mine"}})).outputs["said"] == "mine"


async def test_an_edited_branch_is_left_by_the_way_that_it_now_says(studio: Any) -> None:
    cases = [{"case_id": "long", "logical_operator": "and", "conditions": [
        {"variable_selector": ["s", "text"], "comparison_operator": "contains", "value": "long"}]}]  # fmt: skip
    nodes = [START, {"id": "i", "type": "if-else", "title": "If", "cases": cases}, model("m", "one"), model("n", "two"),
             end(said=["m", "text"], other=["n", "text"])]  # fmt: skip
    first = await ran(studio, app_text("workflow", nodes, "s>i, i:long>m, i:false>n, m>e, n>e"), text="long")
    assert (first.outputs["said"], first.nodes["n"].status) == ("one ", "skipped")
    new = await again(studio, first, outputs={"i": {"selected_case_id": "false"}})
    assert (new.outputs["other"], new.nodes["m"].status) == ("two ", "skipped")


async def test_a_failed_run_is_run_again_from_where_it_failed_with_another_value(studio: Any) -> None:
    broken = {"id": "c", "type": "code", "title": "Code", "code_language": "python3", "code": "", "outputs": {}}
    nodes = [START, model("m", "{{#s.text#}}"), broken, end(said=["m", "text"], made=["c", "x"])]
    first = await ran(studio, app_text("workflow", nodes, "s>m, m>c, c>e"), text="a")
    assert (first.status, (first.error or {})["node_id"]) == ("failed", "c")
    assert (await again(studio, first, node_id="c")).status == "failed"
    new = await again(studio, first, node_id="c", outputs={"c": {"x": "by hand"}})
    assert (new.status, new.outputs) == ("succeeded", {"said": "a ", "made": "by hand"})
    assert asked(studio) == []


async def test_the_graph_of_a_run_is_repeated_whatever_has_become_of_the_draft(studio: Any) -> None:
    first = await ran(studio)
    await studio.apps.replace_document(studio.owner, first.app_id, chain("other"))
    assert (await again(studio, first, node_id="n")).outputs["said"] == "a ! "


async def test_a_person_is_not_asked_again_for_what_was_answered(studio: Any) -> None:
    run = await asking(studio)
    await studio.apps.answer_run(studio.owner, run.id, PersonAnswer("h", **YES))
    first = await studio.apps.wait_for_run(studio.owner, run.id)
    new = await again(studio, first, node_id="n")
    assert (new.status, new.outputs) == ("succeeded", {"said": "good "})
    asks = await studio.apps.replay_run(studio.owner, run.id, ReplayRequest("h"))
    assert (await rested(studio, asks.id)).status == "paused"
    [question] = await studio.apps.open_questions(studio.owner, asks.id)
    assert question.node_id == "h"


async def test_a_turn_is_repeated_with_its_query_and_adds_none_to_its_conversation(studio: Any, talk: str) -> None:
    app = await studio.apps.import_app(studio.owner, talk)
    run = await studio.apps.start_run(studio.owner, RunRequest(app.id, {}, query="hello"))
    first = await studio.apps.wait_for_run(studio.owner, run.id)
    new = await again(studio, first, node_id="m")
    assert (new.query, new.answer, new.conversation_id, new.message_id) == ("hello", "hello ", None, None)
    turns = await studio.storage.conversations.list_messages(studio.owner, first.conversation_id, PageRequest())
    assert len(turns.items) == 1


async def test_what_a_reused_loop_wrote_is_there_for_the_nodes_after_it(studio: Any) -> None:
    nodes: list[dict[str, Any]] = [
        {"id": "s", "type": "start", "title": "Start", "variables": []},
        {"id": "lo", "type": "loop", "title": "Loop", "start_node_id": "in", "loop_count": 2, "break_conditions": []},
        {"id": "in", "type": "loop-start", "title": "", "loop_id": "lo"},
        {"id": "w", "type": "assigner", "title": "Write", "version": "2", "loop_id": "lo", "items": [
            {"variable_selector": ["conversation", "count"], "input_type": "constant", "operation": "+=", "value": 1}]},
        model("m", "{{#conversation.count#}}"),
        {"id": "a", "type": "answer", "title": "Answer", "answer": "{{#m.text#}}"},
    ]  # fmt: skip
    tree = yaml.safe_load(contained(app_text("advanced-chat", nodes, "s>lo, lo>m, m>a, in>w")))
    tree["workflow"]["conversation_variables"] = [{"id": "1", "name": "count", "value_type": "number", "value": 5}]
    app = await studio.apps.import_app(studio.owner, yaml.safe_dump(tree))
    run = await studio.apps.start_run(studio.owner, RunRequest(app.id, {}, query="q"))
    first = await studio.apps.wait_for_run(studio.owner, run.id)
    assert first.answer == "7 "
    new = await again(studio, first, node_id="m")
    assert (new.answer, new.nodes["w"].runs if "w" in new.nodes else 0) == ("7 ", 0)
    assert (await again(studio, first)).answer == "7 "
    with pytest.raises(InvalidInput, match="inside 'lo'"):
        await studio.apps.replay_run(studio.owner, first.id, ReplayRequest("w"))


async def test_what_cannot_be_repeated_is_said(studio: Any) -> None:
    waiting = await asking(studio)
    with pytest.raises(Conflict, match="has not ended"):
        await studio.apps.replay_run(studio.owner, waiting.id, ReplayRequest())
    first = await ran(studio)
    for request in (ReplayRequest("nobody"), ReplayRequest(outputs={"nobody": {}})):
        with pytest.raises(InvalidInput, match="no node 'nobody'"):
            await studio.apps.replay_run(studio.owner, first.id, request)
    unkept = await ran(studio, kept(chain(), "off"), text="a")
    with pytest.raises(Conflict, match="as a whole"):
        await studio.apps.replay_run(studio.owner, unkept.id, ReplayRequest("n"))
    assert (await again(studio, unkept)).outputs == unkept.outputs


async def test_a_repeated_run_whose_process_dies_before_it_begins_keeps_what_it_reuses(tmp_path: Path) -> None:
    died = await open_studio(tmp_path)
    first = await ran(died)
    died.dispatcher._closed = True
    new = await died.apps.replay_run(died.owner, first.id, ReplayRequest("n"))
    await died.dispatcher.close()
    await died.storage.close()

    studio = await open_studio(tmp_path)
    await take_up_runs(studio.storage.runs, studio.dispatcher)
    assert (await studio.apps.wait_for_run(studio.owner, new.id)).outputs == first.outputs
    assert asked(studio) == ["a !"]
    await studio.storage.close()


async def test_a_repeated_run_whose_beginning_was_not_stored_does_not_run_as_another(tmp_path: Path) -> None:
    studio = await open_studio(tmp_path)
    first = await ran(studio)

    async def died(*_: object) -> None:
        raise KeyboardInterrupt

    commit, studio.storage.journal.commit = studio.storage.journal.commit, died  # type: ignore[method-assign,assignment]
    with pytest.raises(KeyboardInterrupt):
        await studio.apps.replay_run(studio.owner, first.id, ReplayRequest("n"))
    studio.storage.journal.commit = commit  # type: ignore[method-assign]
    await take_up_runs(studio.storage.runs, studio.dispatcher)
    [left] = [run for run in (await studio.apps.list_runs(studio.owner, PageRequest())).items if run.origin_id]
    ended = await studio.apps.wait_for_run(studio.owner, left.id)
    assert ((ended.error or {})["code"], asked(studio)) == ("interrupted", [])
    await studio.dispatcher.close()
    await studio.storage.close()


async def test_a_failure_that_was_dealt_with_stands_in_as_what_it_was(studio: Any) -> None:
    stands_in = {"error_strategy": "default-value", "default_value": [{"key": "x", "type": "string", "value": "kept"}]}
    broken = {"type": "code", "title": "Code", "code_language": "python3", "code": "", "outputs": {}}
    nodes: list[dict[str, Any]] = [
        START,
        {"id": "c", **broken, **stands_in},
        {"id": "lo", "type": "loop", "title": "Loop", "start_node_id": "in", "loop_count": 2, "break_conditions": [],
         **stands_in},
        {"id": "in", "type": "loop-start", "title": "", "loop_id": "lo"},
        model("w", "inside"),
        {"id": "d", **broken, "loop_id": "lo"},
        model("m", "{{#c.x#}} {{#lo.x#}}"),
        end(said=["m", "text"]),
    ]  # fmt: skip
    nodes[4]["loop_id"] = "lo"
    first = await ran(studio, contained(app_text("workflow", nodes, "s>c, c>lo, lo>m, m>e, in>w, w>d")), text="a")
    assert (first.status, first.outputs) == ("partial-succeeded", {"said": "kept kept "})
    new = await again(studio, first, node_id="m")
    assert (new.status, new.outputs, asked(studio)) == ("partial-succeeded", first.outputs, ["kept kept"])
    assert [new.nodes[node_id].error for node_id in ("c", "lo")] == [
        first.nodes[node_id].error for node_id in ("c", "lo")
    ]
