"""The node that calls a tool: what it makes of an app file, what it hands over, and what it leaves."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from loomwork.apps.application.compile_flow import FlowCompiler
from loomwork.engine.ports import NodeError, NodeResult, NodeSpec, Question
from loomwork.engine.variables import File
from loomwork.kernel.scope import Scope
from loomwork.nodes.ports import Outside, SubflowRequest, SubflowResult
from loomwork.nodes.registry import node_types
from loomwork.nodes.tool import ToolType
from loomwork.nodes.tool.app_node import AppToolNode
from loomwork.nodes.tool.node import ToolNode
from loomwork.tools.api import NamedTool, ToolRefused, ToolUnavailable
from loomwork.tools.domain.call import ToolCall, ToolResult, file_of
from tests.unit.nodes.bench import Bench, ScriptedModels, run_node
from tests.unit.nodes.outside import FilesByUrl
from tests.unit.tools.toolbox import Box, SmallTool, boxed, tool

VALUES: dict[str, dict[str, Any]] = {"up": {"text": "owls", "count": 3, "names": ["a", "b"], "none": None}}
ANYTHING = {"type": "object", "properties": {}, "additionalProperties": True}


class Known:
    """Knows one tool by what another product calls it."""

    def named(self, provider: str, tool: str) -> NamedTool | None:
        return NamedTool("words/echo", "Echo", {}) if (provider, tool) == ("acme/words/words", "say_again") else None


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return boxed()


@pytest.fixture
def echo(box: Box) -> SmallTool:
    made = tool(input_schema=ANYTHING)
    box.shelf.put(made)
    return made


@pytest.fixture
def bench(box: Box) -> Bench:
    files = FilesByUrl({"/tmp/a.csv": b"a,b"})
    return Bench({"tool": ToolType(box.tools, Known(), files)}.__getitem__)


def config(**given: Any) -> dict[str, Any]:
    return {"provider_id": "acme/words/words", "provider_type": "builtin", "tool_name": "say_again", **given}


async def ran(bench: Bench, said: Mapping[str, Any], values: Mapping[str, Any] = VALUES) -> Any:
    return await run_node(bench.compile("tool", said), bench.context(values))


async def test_each_form_of_a_parameter_is_read(bench: Bench, echo: SmallTool) -> None:
    said = config(
        tool_parameters={
            "mixed": {"type": "mixed", "value": "about {{#up.text#}}"},
            "whole": {"type": "mixed", "value": "{{#up.names#}}"},
            "variable": {"type": "variable", "value": ["up", "count"]},
            "constant": {"type": "constant", "value": "{{#up.text#}}"},
            "absent": {"type": "mixed", "value": None},
            "unset": {"type": "variable", "value": ["up", "gone"]},
            "both": {"type": "constant", "value": "flows in"},
        },
        tool_configurations={"plain": 5, "template": "{{#up.text#}}!", "null": None, "both": "set"},
    )
    await ran(bench, said)
    assert echo.calls[0].arguments == {
        "mixed": "about owls",
        "whole": ["a", "b"],
        "variable": 3,
        "constant": "{{#up.text#}}",
        "plain": 5,
        "template": "owls!",
        "both": "flows in",
    }
    assert bench.binder.problems == []


async def test_the_call_carries_the_key_of_the_step_and_who_made_it(bench: Bench, echo: SmallTool) -> None:
    await ran(bench, config(tool_configurations=None, tool_parameters=None))
    call = echo.calls[0]
    assert (call.key, call.caller.run_id, call.caller.node_id) == ("key", "run", "n")


async def test_it_leaves_text_files_and_objects_as_app_files_expect_them(bench: Bench, box: Box) -> None:
    file = file_of(b"x", name="a.txt")

    async def leaves(call: ToolCall) -> ToolResult:
        call.tell("said")
        return ToolResult("said", json=[{"a": 1}, [2]], files=[file], variables={"rate": 1.5, "text": "no"})

    box.shelf.put(tool(does=leaves))
    context = bench.context(VALUES)
    result = await run_node(bench.compile("tool", config()), context)
    expected = {"text": "said", "json": [{"a": 1}, {"data": [2]}], "files": [file], "rate": 1.5}
    assert result.outputs == expected
    assert context.said == ["said"]


async def test_a_tool_without_json_leaves_the_empty_object_that_app_files_expect(bench: Bench, box: Box) -> None:
    async def silent(call: ToolCall) -> ToolResult:
        return ToolResult()

    box.shelf.put(tool(does=silent))
    assert (await ran(bench, config())).outputs == {"text": "", "files": [], "json": [{"data": []}]}


@pytest.mark.parametrize(
    ("failure", "retryable"), [(ToolRefused("It says no."), False), (ToolUnavailable("It is out."), True)]
)
async def test_a_failure_of_the_tool_is_one_of_the_node(
    bench: Bench, box: Box, failure: ToolRefused, retryable: bool
) -> None:
    async def fails(call: ToolCall) -> ToolResult:
        raise failure

    box.shelf.put(tool(does=fails))
    with pytest.raises(NodeError) as failed:
        await ran(bench, config())
    assert (failed.value.code, failed.value.message, failed.value.retryable) == (
        failure.code,
        failure.message,
        retryable,
    )


@pytest.mark.parametrize(
    ("said", "problems"),
    [
        (config(tool_name="unknown"), [("tool_missing", "tool_name")]),
        (config(provider_id="8a4e-uuid", provider_type="api", tool_name="query"), [("tool_missing", "tool_name")]),
        (config(provider_id="mcp.notes", provider_type="mcp", tool_name="query"), []),
    ],
)
async def test_a_tool_that_is_missing_is_named_before_and_in_the_run(
    bench: Bench, echo: SmallTool, said: Mapping[str, Any], problems: list[tuple[str, str]]
) -> None:
    with pytest.raises(NodeError, match=str(said["tool_name"])) as failed:
        await ran(bench, said)
    assert (failed.value.code, failed.value.retryable) == ("tool_not_found", False)
    assert bench.binder.problems == problems


async def test_a_tool_that_the_workspace_has_by_then_is_called(bench: Bench, box: Box) -> None:
    late = tool("late", input_schema=ANYTHING)
    node = bench.compile("tool", config(provider_id="gone", provider_name="words", tool_name="late"))
    box.shelf.put(late)
    await run_node(node, bench.context(VALUES))
    assert len(late.calls) == 1


async def test_a_file_of_this_machine_is_handed_over_with_its_bytes_where_the_run_was_given_it(
    box: Box, echo: SmallTool
) -> None:
    given = File("document", "local_file", url="/tmp/a.csv", name="a.csv", mime_type="text/csv")
    files = FilesByUrl({"/tmp/a.csv": b"a,b"})
    types = {"tool": ToolType(box.tools, Known(), files)}
    said = config(tool_parameters={"file": {"type": "variable", "value": ["up", "file"]}})
    bench = Bench(types.__getitem__, inputs={"file": given})
    await ran(bench, said, {"up": {"file": given}})
    assert echo.calls[0].arguments["file"].url == "data:text/csv;base64,YSxi"
    with pytest.raises(NodeError, match="not given to this run"):
        await ran(Bench(types.__getitem__), said, {"up": {"file": given}})


def test_a_call_of_an_app_waits_without_a_place(bench: Bench, echo: SmallTool) -> None:
    of_app, of_tool = (bench.compile("tool", config(provider_type=kind)) for kind in ("workflow", "builtin"))
    assert isinstance(of_app, ToolNode)
    assert isinstance(of_tool, ToolNode)
    assert (of_app.holds_place, of_tool.holds_place) == (False, True)


async def test_without_tools_it_says_so(models: ScriptedModels, outside: Outside) -> None:
    types = node_types(models, replace(outside, tools=None))
    bench = Bench(types.__getitem__)
    with pytest.raises(NodeError) as failed:
        await ran(bench, config())
    assert failed.value.code == "not_runnable_yet"
    assert bench.binder.problems == [("not_runnable_yet", "type")]


def test_check_says_what_a_file_lacks(box: Box, models: ScriptedModels, outside: Outside) -> None:
    types = node_types(models, replace(outside, tools=box.tools, known_tools=Known()))
    text = """
app: {name: A, mode: workflow}
workflow:
  graph:
    nodes:
      - {id: s, data: {type: start, title: Start, variables: []}}
      - {id: t, data: {type: tool, title: Look it up, provider_id: nobody, tool_name: search}}
    edges: [{source: s, target: t}]
"""
    problems = FlowCompiler(types).examine(text).problems
    assert [(each.code, each.node_id) for each in problems] == [("tool_missing", "t")]
    assert "nobody/search" in problems[0].message


def test_hostile_configs_break_nothing(bench: Bench, echo: SmallTool) -> None:
    junk: Any
    for junk in ("x", 7, ["a"], {"a": {"value": {"b": []}}}, {"a": {"type": 7, "value": 8}}, {1: 2}):
        spec = NodeSpec("n", "tool", "T", config(tool_parameters=junk, tool_configurations=junk, credential_id=junk))
        assert isinstance(ToolType(None, None, FilesByUrl()).compile(spec, bench.binder), object)
        assert isinstance(bench.type_named("tool").compile(spec, bench.binder), ToolNode)


APPROVED = {"x-loomwork": {"approval": {"effects": ["write"], "under": ["web"]}}}


async def test_a_call_that_a_person_has_to_approve_is_made_as_that_person_left_it(bench: Bench, box: Box) -> None:
    writes = tool(input_schema=ANYTHING, effect="write")
    box.shelf.put(writes)
    said = {"tool_parameters": {"count": {"type": "variable", "value": ["up", "count"]}}}
    for written, given in (("", 3), ('{"count": 4}', 4)):
        context = bench.context(VALUES)
        node = bench.compile("tool", config(**said) | APPROVED)
        assert isinstance(node, ToolNode)
        question = await node.run(context)
        assert isinstance(question, Question)
        context.steps.append(node.answered(question, "approve", {"arguments": written}))
        assert isinstance(await node.run(context), NodeResult)
        assert [call.arguments for call in writes.calls] == [{"count": given}]
        writes.calls.clear()


async def test_a_refused_call_is_not_made_and_fails_the_node(bench: Bench, box: Box) -> None:
    writes = tool(input_schema=ANYTHING, effect="write")
    box.shelf.put(writes)
    context = bench.context(VALUES)
    node = bench.compile("tool", config() | APPROVED)
    assert isinstance(node, ToolNode)
    question = await node.run(context)
    assert isinstance(question, Question)
    context.steps.append(node.answered(question, "refuse", {"arguments": ""}))
    with pytest.raises(NodeError, match="refused") as refused:
        await node.run(context)
    assert (refused.value.code, refused.value.retryable, writes.calls) == ("call_refused", False, [])


@pytest.mark.parametrize(("value", "asks"), [("{{#up.text#}}", True), ("owls", False)])
async def test_an_outward_call_is_to_be_approved_where_something_flows_into_it(
    bench: Bench, box: Box, value: str, asks: bool
) -> None:
    box.shelf.put(tool(input_schema=ANYTHING, effect="egress"))
    said = config(tool_parameters={"text": {"type": "mixed", "value": value}})
    node = bench.compile("tool", said | APPROVED)
    assert isinstance(node, ToolNode)
    assert isinstance(await node.run(bench.context(VALUES)), Question) is asks


@pytest.mark.parametrize("junk", [7, "x", [], {"effects": 5, "under": {}}, {"effects": [[]]}])
def test_a_policy_that_is_none_asks_nobody(bench: Bench, echo: SmallTool, junk: Any) -> None:
    node = bench.compile("tool", config() | {"x-loomwork": {"approval": junk}})
    assert isinstance(node, ToolNode)
    assert not node.halts


class Called:
    """Fits `Subflows`: every app answers what it was asked."""

    def __init__(self) -> None:
        self.requests: list[SubflowRequest] = []

    async def run(self, scope: Scope, request: SubflowRequest, tell: Callable[[str], None]) -> SubflowResult:
        self.requests.append(request)
        return SubflowResult("Writer", "succeeded", {"said": request.inputs.get("text")})


def app_called(bench: Bench, box: Box, called: Called, **own: Any) -> AppToolNode:
    """A node that names an app which was published as a tool elsewhere."""
    kind = ToolType(box.tools, Known(), FilesByUrl(), called)
    text = {"text": {"type": "mixed", "value": "{{#up.text#}}"}}
    said = {"provider_id": "0d9f", "provider_type": "workflow", "tool_name": "writer", "tool_parameters": text, **own}
    node = Bench({"tool": kind}.__getitem__).compile("tool", said)
    assert isinstance(node, AppToolNode)
    return node


@pytest.mark.parametrize(("written", "given"), [("", "owls"), ('{"text": "crows"}', "crows")])
async def test_an_app_as_a_tool_is_called_once_a_person_has_approved_it_as_that_person_left_it(
    bench: Bench, box: Box, written: str, given: str
) -> None:
    called, context = Called(), bench.context(VALUES)
    node = app_called(bench, box, called, **APPROVED)
    assert node.halts
    question = await node.run(context)
    assert isinstance(question, Question)
    assert json.loads(question.form["fields"][0]["default"]) == {"text": "owls"}
    assert called.requests == []
    context.steps.append(node.answered(question, "approve", {"arguments": written}))
    result = await node.run(context)
    assert isinstance(result, NodeResult)
    assert result.outputs["said"] == given
    assert [request.inputs for request in called.requests] == [{"text": given}]


async def test_an_app_as_a_tool_that_a_person_refuses_is_not_called(bench: Bench, box: Box) -> None:
    called, context = Called(), bench.context(VALUES)
    node = app_called(bench, box, called, **APPROVED)
    question = await node.run(context)
    assert isinstance(question, Question)
    context.steps.append(node.answered(question, "refuse", {"arguments": ""}))
    with pytest.raises(NodeError, match="refused"):
        await node.run(context)
    assert called.requests == []


async def test_an_app_as_a_tool_that_no_policy_speaks_of_is_called_at_once(bench: Bench, box: Box) -> None:
    called = Called()
    node = app_called(bench, box, called)
    assert not node.halts
    assert isinstance(await node.run(bench.context(VALUES)), NodeResult)
