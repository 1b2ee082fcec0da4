"""An app as a step of another: a run of its own, which the step starts, follows, finds again and stops."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from loomwork.apps.api import App, Run, RunRequest
from loomwork.apps.application.run_subflow import MOST_LEVELS, SubflowRunner
from loomwork.apps.application.take_up_runs import take_up_runs
from loomwork.kernel.errors import NotFound
from loomwork.kernel.ids import RunId, new_id
from loomwork.kernel.page import PageRequest
from loomwork.nodes import SubflowRequest
from tests.unit.apps.conftest import app_text, open_studio

pytestmark = pytest.mark.anyio

START = {"id": "s", "type": "start", "title": "Start", "variables": [{"variable": "text", "type": "paragraph"}]}


def calling(app_id: str, name: str = "Outer", **more: Any) -> str:
    """A workflow whose one step is another app."""
    step = {
        "id": "w",
        "type": "sub-workflow",
        "title": "Step",
        "app_id": app_id,
        "inputs": [{"variable": "text", "value_selector": ["s", "text"]}],
        **more,
    }
    end = {"id": "e", "type": "end", "title": "End", "outputs": [{"variable": "got", "value_selector": ["w", "said"]}]}
    return app_text("workflow", [START, step, end], "s>w, w>e", name)


async def published(studio: Any, text: str) -> App:
    app: App = await studio.apps.import_app(studio.owner, text, publish=True)
    return app


async def run_of(studio: Any, app: App, text: str = "hi there", **more: Any) -> Run:
    run = await studio.apps.start_run(studio.owner, RunRequest(app.id, {"text": text}, published=True, **more))
    async with asyncio.timeout(60):
        ended: Run = await studio.apps.wait_for_run(studio.owner, run.id)
    return ended


async def steps_of(studio: Any, run: Run) -> list[Run]:
    page = await studio.apps.list_runs(studio.owner, PageRequest(limit=100))
    return [item for item in page.items if item.parent_id == run.id]


def step_of(parent: Run, app: App, **more: Any) -> SubflowRequest:
    return SubflowRequest(**{"parent": parent.id, "key": "k", "app": app.id, "inputs": {"text": "hi"}, **more})


def runner(studio: Any) -> SubflowRunner:
    return SubflowRunner(studio.apps.run_start, studio.apps.log)


async def asked(studio: Any, times: int) -> None:
    """Wait until the model has been asked so often."""
    for _ in range(60_000):
        if len(studio.parrot.asked) >= times:
            return
        await asyncio.sleep(0.001)
    raise AssertionError("the model was not asked")


async def test_a_step_is_a_run_of_its_own_and_its_outputs_are_the_nodes(studio: Any, shout: str) -> None:
    inner = await published(studio, shout)
    outer = await published(studio, calling(inner.id))
    run = await run_of(studio, outer, end_user="ann")
    assert (run.status, run.outputs) == ("succeeded", {"got": "hi there "})
    [step] = await steps_of(studio, run)
    assert (step.app_id, step.version, step.status, step.source) == (inner.id, 1, "succeeded", "workflow")
    assert (step.inputs, step.outputs, step.end_user) == ({"text": "hi there"}, {"said": "hi there "}, "ann")


async def test_the_answer_of_a_chat_app_streams_through_the_step(studio: Any, talk: str) -> None:
    inner = await published(studio, talk)
    step = {"id": "w", "type": "sub-workflow", "title": "Step", "app_id": inner.id}
    answer = {"id": "a", "type": "answer", "title": "Answer", "answer": "They say: {{#w.text#}}"}
    outer = await published(studio, app_text("advanced-chat", [START, step, answer], "s>w, w>a"))
    run = await studio.apps.start_run(studio.owner, RunRequest(outer.id, query="one two", published=True))
    chunks = [
        event["data"]["text"]
        async for batch in studio.apps.follow_run(studio.owner, run.id)
        for event in batch
        if event["type"] == "text_chunk" and event["data"]["from"] == ["w", "text"]
    ]
    run = await studio.apps.get_run(studio.owner, run.id)
    assert (run.status, run.answer, "".join(chunks)) == ("succeeded", "They say: one two ", "one two ")
    assert run.nodes["w"].outputs == {"answer": "one two ", "text": "one two "}


async def test_another_version_of_an_app_can_be_the_step(studio: Any, shout: str) -> None:
    inner = await published(studio, shout)
    await studio.apps.replace_document(studio.owner, inner.id, shout.replace("said", "left"))
    await studio.apps.publish_app(studio.owner, inner.id)
    first = await run_of(studio, await published(studio, calling(inner.id, version=1)))
    newest = await run_of(studio, await published(studio, calling(inner.id)))
    assert (first.outputs, newest.outputs) == ({"got": "hi there "}, {"got": None})


async def test_an_app_may_be_named_by_what_the_bindings_say(studio: Any, shout: str) -> None:
    inner = await published(studio, shout)
    outer = await published(studio, calling("the shouter"))
    unbound = await run_of(studio, outer)
    assert (unbound.status, (unbound.error or {}).get("code")) == ("failed", "not_found")
    await studio.apps.bind_app(studio.owner, outer.id, "the shouter", inner.id)
    assert (await run_of(studio, outer)).outputs == {"got": "hi there "}


@pytest.mark.parametrize(
    ("text", "code"),
    [("x", "invalid_input"), ("unpublished", "not_published")],
)
async def test_a_step_that_cannot_begin_fails_its_node_with_the_reason(
    studio: Any, shout: str, text: str, code: str
) -> None:
    document = shout.replace("type: text-input", "type: number")
    inner = await studio.apps.import_app(studio.owner, document, publish=code != "not_published")
    run = await run_of(studio, await published(studio, calling(inner.id)), text)
    assert (run.error or {})["code"] == code
    assert inner.id in (run.error or {})["message"]
    assert await steps_of(studio, run) == []


async def test_a_step_that_fails_fails_its_node_with_its_own_code_and_the_name_of_its_app(
    studio: Any, shout: str
) -> None:
    failing = app_text("workflow", [START, {"id": "t", "type": "made-up", "title": "Tool"}], "s>t", "Inner")
    inner = await published(studio, failing)
    run = await run_of(studio, await published(studio, calling(inner.id)))
    assert (run.error or {})["code"] == "not_runnable_yet"
    assert (run.error or {})["message"].startswith("The app 'Inner' failed: ")


async def test_the_same_step_taken_up_twice_is_one_run(studio: Any, shout: str) -> None:
    inner = await published(studio, shout)
    parent = await run_of(studio, inner)
    studio.parrot.let.clear()
    first, second = (
        asyncio.create_task(runner(studio).run(studio.owner, step_of(parent, inner), lambda _: None)) for _ in range(2)
    )
    await asked(studio, 2)
    studio.parrot.let.set()
    results = [await first, await second, await runner(studio).run(studio.owner, step_of(parent, inner), print)]
    assert [result.outputs for result in results] == [{"said": "hi "}] * 3
    assert len(await steps_of(studio, parent)) == 1
    await runner(studio).run(studio.owner, step_of(parent, inner, key="other"), print)
    assert len(await steps_of(studio, parent)) == 2


async def test_a_further_attempt_is_another_run(studio: Any, shout: str) -> None:
    inner = await published(studio, shout)
    parent = await run_of(studio, inner)
    for attempt in (1, 2, 2):
        await runner(studio).run(studio.owner, step_of(parent, inner, attempt=attempt), print)
    assert len(await steps_of(studio, parent)) == 2


async def test_stopping_a_run_stops_its_step(studio: Any, shout: str) -> None:
    inner = await published(studio, shout)
    outer = await published(studio, calling(inner.id))
    studio.parrot.let.clear()
    run = await studio.apps.start_run(studio.owner, RunRequest(outer.id, {"text": "hi"}, published=True))
    await asked(studio, 1)
    await studio.apps.stop_run(studio.owner, run.id)
    async with asyncio.timeout(60):
        assert (await studio.apps.wait_for_run(studio.owner, run.id)).status == "stopped"
        [step] = await steps_of(studio, run)
        assert (await studio.apps.wait_for_run(studio.owner, step.id)).status == "stopped"


async def test_an_app_that_is_a_step_of_itself_comes_to_an_end(studio: Any, shout: str) -> None:
    app = await published(studio, shout)
    document = calling(app.id, "Ouroboros")
    await studio.apps.replace_document(studio.owner, app.id, document)
    await studio.apps.publish_app(studio.owner, app.id)
    run = await run_of(studio, app)
    assert (run.status, (run.error or {})["code"]) == ("failed", "subflow_refused")
    page = await studio.apps.list_runs(studio.owner, PageRequest(limit=100), app_id=app.id)
    assert len(page.items) == MOST_LEVELS


async def test_a_step_of_a_run_that_the_workspace_does_not_have_is_none(studio: Any, shout: str) -> None:
    inner = await published(studio, shout)
    request = SubflowRequest(RunId(new_id()), "k", inner.id)
    with pytest.raises(NotFound):
        await runner(studio).run(studio.owner, request, print)


class BrokenLog:
    """An event log that holds what a test writes, and lets its readers go after every event."""

    def __init__(self, events: Sequence[Mapping[str, Any]]) -> None:
        self._events = events

    async def follow(self, *_: Any, after: int) -> Any:
        yield self._events[after : after + 1]


def chunk(seq: int, text: str, node: str = "m") -> dict[str, Any]:
    return {
        "seq": seq,
        "type": "text_chunk",
        "node_id": "a",
        "frame": [],
        "data": {"text": text, "from": [node, "text"]},
    }


def again(seq: int, discard_from: int) -> dict[str, Any]:
    return {"seq": seq, "type": "node_retrying", "node_id": "m", "frame": [], "data": {"discard_from": discard_from}}


async def test_what_a_resumed_step_says_again_is_not_told_twice(studio: Any, talk: str) -> None:
    inner = await published(studio, talk)
    parent = await studio.apps.start_run(studio.owner, RunRequest(inner.id, query="hi", published=True))
    await studio.apps.wait_for_run(studio.owner, parent.id)
    said: list[str] = []
    events = [chunk(1, "So: ", "a"), chunk(2, "one "), chunk(3, "two "), again(4, 2), chunk(5, "one two thr")]
    end = {"seq": 7, "type": "run_succeeded", "node_id": None, "data": {}}
    log: Any = BrokenLog([*events, chunk(6, "ee"), end])
    stepping = SubflowRunner(studio.apps.run_start, log)
    await stepping.run(studio.owner, step_of(parent, inner, query="hi"), said.append)
    assert "".join(said) == "So: one two three"


async def test_a_run_that_is_taken_up_in_another_process_joins_the_step_that_it_had_started(
    tmp_path: Path, shout: str
) -> None:
    left = await open_studio(tmp_path)
    inner = await published(left, shout)
    outer = await published(left, calling(inner.id))
    left.parrot.let.clear()
    run = await left.apps.start_run(left.owner, RunRequest(outer.id, {"text": "hi"}, published=True))
    await asked(left, 1)
    await left.dispatcher.close()
    await left.storage.close()

    studio = await open_studio(tmp_path)
    await take_up_runs(studio.storage.runs, studio.dispatcher)
    async with asyncio.timeout(60):
        ended = await studio.apps.wait_for_run(studio.owner, run.id)
    assert (ended.status, ended.outputs) == ("succeeded", {"got": "hi "})
    [step] = await steps_of(studio, run)
    assert step.status == "succeeded"
    await studio.dispatcher.close()
    await studio.storage.close()
