"""Published apps are tools of their workspace: their forms are schemas, and calls of them are runs."""

import json
from pathlib import Path
from typing import Any

import pytest

from loomwork.apps.api import App, Run, RunRequest
from loomwork.apps.application.callable_apps import PublishedApps, schema_of
from loomwork.apps.application.compile_flow import FlowCompiler
from loomwork.apps.application.run_subflow import MOST_LEVELS, SubflowRunner
from loomwork.dsl import FormField
from loomwork.kernel.page import PageRequest
from loomwork.nodes.registry import node_types
from loomwork.tools.api import Caller, ToolFailed, ToolInputInvalid, ToolNotFound, ToolRefused
from loomwork.tools.application.app_tools import AppTools
from tests.unit.apps.conftest import app_text
from tests.unit.nodes.outside import refusing
from tests.unit.tools.toolbox import Box, boxed

pytestmark = pytest.mark.anyio


@pytest.fixture
def box(studio: Any, tmp_path: Path) -> Box:
    """The tools of the studio's workspace."""
    compiler = FlowCompiler(node_types(studio.parrot, refusing()))
    runner = SubflowRunner(studio.apps.run_start, studio.apps.log)
    return boxed(AppTools(PublishedApps(studio.storage.apps, compiler, runner)))


async def published(studio: Any, text: str) -> App:
    app: App = await studio.apps.import_app(studio.owner, text, publish=True)
    return app


async def parent_of(studio: Any, text: str, end_user: str = "ann") -> Run:
    """A run that has come to its end: what calls are made on behalf of."""
    app = await published(studio, text)
    run = await studio.apps.start_run(
        studio.owner, RunRequest(app.id, {"text": "x"}, published=True, end_user=end_user)
    )
    ended: Run = await studio.apps.wait_for_run(studio.owner, run.id)
    return ended


async def runs_of(studio: Any) -> list[Run]:
    page = await studio.apps.list_runs(studio.owner, PageRequest(limit=100))
    return list(page.items)


async def test_a_published_app_is_a_tool_by_its_id_and_by_the_slug_of_its_name(
    studio: Any, shout: str, box: Box
) -> None:
    app = await published(studio, shout.replace("name: Demo", "name: Größe & Shout!"))
    draft = await studio.apps.import_app(studio.owner, shout)
    (toolset,) = [each for each in await box.tools.toolsets(studio.owner) if each.source == "app"]
    (tool,) = toolset.tools
    assert (toolset.id, tool.name) == (f"app.{app.id}", f"app.{app.id}/groe_shout")
    assert (tool.effect, tool.input_schema["required"]) == ("write", ["text"])
    assert (await box.tools.find(studio.owner, "app.groe_shout/run")).name == tool.name
    with pytest.raises(ToolNotFound):
        await box.tools.find(studio.owner, f"app.{draft.id}/run")


async def test_a_call_is_a_run_for_the_end_user_of_its_caller(studio: Any, shout: str, box: Box) -> None:
    parent, app = await parent_of(studio, shout), await published(studio, shout)
    caller = Caller(run_id=parent.id, app_id=parent.app_id, node_id="n")
    result = await box.tools.call(studio.owner, f"app.{app.id}/run", {"text": "hi there"}, key="k", caller=caller)
    assert (result.text, result.json) == ("hi there ", [{"said": "hi there "}])
    assert "tool" in result.marks
    again = await box.tools.call(studio.owner, f"app.{app.id}/run", {"text": "hi there"}, key="k", caller=caller)
    (step,) = [run for run in await runs_of(studio) if run.parent_id == parent.id]
    assert (step.app_id, step.version, step.end_user, step.source) == (app.id, 1, "ann", "workflow")
    assert again.text == result.text
    assert [entry.outcome for entry in box.diary.entries] == ["ok", "ok"]


async def test_a_call_without_a_run_above_it_is_a_run_of_its_own(studio: Any, talk: str, box: Box) -> None:
    app = await published(studio, talk)
    result = await box.tools.call(studio.owner, f"app.{app.id}/run", {"query": "one two"}, key="k")
    assert (result.text, result.json[0]["answer"]) == ("one two ", "one two ")
    (run,) = await runs_of(studio)
    assert (run.parent_id, run.app_id) == (None, app.id)
    await box.tools.call(studio.owner, f"app.{app.id}/run", {"query": "one two"}, key="k")
    assert len(await runs_of(studio)) == 1


async def test_what_is_published_next_counts_for_the_next_call(studio: Any, shout: str, box: Box) -> None:
    app = await published(studio, shout)
    await studio.apps.replace_document(studio.owner, app.id, shout.replace("said", "left"))
    before = await box.tools.call(studio.owner, f"app.{app.id}/run", {"text": "a"}, key="k1")
    await studio.apps.publish_app(studio.owner, app.id)
    after = await box.tools.call(studio.owner, f"app.{app.id}/run", {"text": "a"}, key="k2")
    assert (list(before.json[0]), list(after.json[0])) == (["said"], ["left"])


async def test_an_app_that_is_being_run_on_the_way_to_here_is_not_called_again(
    studio: Any, shout: str, box: Box
) -> None:
    parent = await parent_of(studio, shout)
    with pytest.raises(ToolRefused, match="being run already"):
        await box.tools.call(
            studio.owner, f"app.{parent.app_id}/run", {"text": "a"}, key="k", caller=Caller(run_id=parent.id)
        )


async def test_apps_that_call_one_another_do_so_to_a_depth(studio: Any, shout: str, box: Box) -> None:
    async def below(run: Run, key: str) -> Run:
        app = await published(studio, shout)
        await box.tools.call(studio.owner, f"app.{app.id}/run", {"text": "a"}, key=key, caller=Caller(run_id=run.id))
        return next(each for each in await runs_of(studio) if each.app_id == app.id)

    run = await parent_of(studio, shout)
    for number in range(MOST_LEVELS - 1):
        run = await below(run, f"k{number}")
    with pytest.raises(ToolRefused, match="levels deep"):
        await below(run, "one too many")


async def test_an_app_that_fails_is_a_tool_that_fails(studio: Any, box: Box) -> None:
    start = {"id": "s", "type": "start", "title": "Start", "variables": []}
    wrong = {"id": "h", "type": "http-request", "title": "Ask", "method": "get", "url": "http://127.0.0.1/"}
    end = {"id": "e", "type": "end", "title": "End", "outputs": []}
    app = await published(studio, app_text("workflow", [start, wrong, end], "s>h, h>e"))
    with pytest.raises(ToolFailed, match="The app 'Demo' failed"):
        await box.tools.call(studio.owner, f"app.{app.id}/run", {}, key="k")


async def test_arguments_that_do_not_fit_start_nothing(studio: Any, shout: str, box: Box) -> None:
    app = await published(studio, shout)
    with pytest.raises(ToolInputInvalid):
        await box.tools.call(studio.owner, f"app.{app.id}/run", {}, key="k")
    assert await runs_of(studio) == []


def test_a_form_is_a_schema() -> None:
    fields = [
        FormField("n", "N", "number", True),
        FormField("b", "", "checkbox", False),
        FormField("s", "", "select", False, options=("a", "b")),
        FormField("o", "", "json_object", False),
        FormField("f", "", "file", False),
        FormField("l", "", "file-list", False, description="Some"),
        FormField("t", "", "paragraph", False),
    ]
    schema = schema_of(fields, asked=True)
    assert json.loads(json.dumps(schema["properties"])) == {
        "query": {"type": "string", "description": "What the app is asked."},
        "n": {"title": "N", "type": "number"},
        "b": {"type": "boolean"},
        "s": {"type": "string", "enum": ["a", "b"]},
        "o": {"type": "object"},
        "f": {"type": "object", "format": "file"},
        "l": {"description": "Some", "type": "array", "items": {"type": "object", "format": "file"}},
        "t": {"type": "string"},
    }
    assert schema["required"] == ["query", "n"]


async def test_a_workflow_that_was_a_tool_elsewhere_is_the_app_that_the_bindings_say(studio: Any, shout: str) -> None:
    inner = await published(studio, shout)
    start = {"id": "s", "type": "start", "title": "Start", "variables": [{"variable": "text", "type": "paragraph"}]}
    tool = {
        "id": "w",
        "type": "tool",
        "title": "Shout",
        "provider_type": "workflow",
        "provider_id": "1f1d0a7c-eedb-4f6e-be0e-a1b2c3d4e5f6",
        "tool_name": "shout",
        "tool_parameters": {"text": {"type": "mixed", "value": "{{#s.text#}}"}},
    }
    outputs = [{"variable": name, "value_selector": ["w", name]} for name in ("text", "json", "said")]
    end = {"id": "e", "type": "end", "title": "End", "outputs": outputs}
    outer = await published(studio, app_text("workflow", [start, tool, end], "s>w, w>e"))

    async def run() -> Run:
        started = await studio.apps.start_run(studio.owner, RunRequest(outer.id, {"text": "hi"}, published=True))
        ended: Run = await studio.apps.wait_for_run(studio.owner, started.id)
        return ended

    assert ((await run()).error or {}).get("code") == "not_found"
    await studio.apps.bind_app(studio.owner, outer.id, "1f1d0a7c-eedb-4f6e-be0e-a1b2c3d4e5f6", inner.id)
    assert (await run()).outputs == {"text": '{"said": "hi "}', "json": [{"said": "hi "}], "said": "hi "}
