"""Nodes that do not run: what stands in for them."""

from collections.abc import Mapping
from typing import Any

import pytest

from loomwork.engine.ports import NodeError, NodeSpec, NodeType
from loomwork.engine.variables import File
from loomwork.kernel.errors import InvalidInput
from loomwork.nodes.catalog import NodeCatalog
from loomwork.nodes.known import INSIDE, KNOWN_TYPES
from loomwork.nodes.mocks import plausible_outputs
from tests.unit.nodes.bench import Bench, BenchContext, SlotBinder, run_node

CLASSES = {"classes": [{"id": "c1", "name": "A"}, {"id": "c2", "name": "B"}]}
CASES = {"cases": [{"case_id": "true", "conditions": []}, {"case_id": "u2", "conditions": []}]}
ACTIONS = {"user_actions": [{"id": "ok", "title": "OK"}, {"id": "no", "title": "No"}]}


class Stage:
    """Runs one node of the catalog, and keeps what it said and what the compiler was told."""

    def __init__(self, types: Mapping[str, NodeType], mocks: Any = None, *, mock_outside: bool = False) -> None:
        self._catalog = NodeCatalog(types, mocks=mocks, mock_outside=mock_outside)
        self.binder = SlotBinder()
        self.context: BenchContext = Bench(types.__getitem__).context({"v": {"x": "real"}})

    async def run(self, type_name: str, config: Mapping[str, Any] | None = None) -> Any:
        spec = NodeSpec("n1", type_name, "The node", config or {})
        node = self._catalog.resolve_type(spec).compile(spec, self.binder)
        return await run_node(node, self.context)


async def test_a_mocked_node_leaves_its_mock(types: Mapping[str, NodeType]) -> None:
    assert (await Stage(types, {"n1": {"result": [1]}}).run("code")).outputs == {"result": [1]}


async def test_a_nodes_own_mock_comes_before_its_types(types: Mapping[str, NodeType]) -> None:
    stage = Stage(types, {"*tool": {"text": "any"}, "n1": {"text": "own"}})
    assert (await stage.run("tool")).outputs == {"text": "own"}


@pytest.mark.parametrize("named", ["*variable-assigner", "*variable-aggregator", "*variable_aggregator"])
@pytest.mark.parametrize("type_name", ["variable-assigner", "variable-aggregator"])
async def test_a_type_may_be_mocked_by_any_of_its_names(
    types: Mapping[str, NodeType], named: str, type_name: str
) -> None:
    assert (await Stage(types, {named: {"output": 1}}).run(type_name)).outputs == {"output": 1}


async def test_types_without_a_mock_really_run(types: Mapping[str, NodeType]) -> None:
    config = {"variables": [["v", "x"]]}
    assert (await Stage(types, {"*llm": {"text": "t"}}).run("variable-aggregator", config)).outputs == {
        "output": "real"
    }


async def test_a_mocked_failure_fails_the_node(types: Mapping[str, NodeType]) -> None:
    with pytest.raises(NodeError, match="the tool is out"):
        await Stage(types, {"n1": {"error": "the tool is out"}}).run("tool")


async def test_an_output_may_be_called_error(types: Mapping[str, NodeType]) -> None:
    mock = {"error": "none", "body": "ok"}
    assert (await Stage(types, {"n1": mock}).run("http-request")).outputs == mock


@pytest.mark.parametrize("type_name", ["llm", "tool", "agent"])
async def test_a_mocked_text_streams_in_a_few_pieces(types: Mapping[str, NodeType], type_name: str) -> None:
    stage = Stage(types, {"n1": {"text": "Hello, wide world!", "reasoning_content": "hm"}})
    await stage.run(type_name)
    assert "".join(stage.context.said) == "Hello, wide world!"
    assert 1 < len(stage.context.said) <= 4
    assert stage.context.reasoned == ["hm"]


@pytest.mark.parametrize("type_name", ["code", "http-request", "template-transform"])
async def test_types_that_do_not_stream_do_not_stream_as_mocks(types: Mapping[str, NodeType], type_name: str) -> None:
    stage = Stage(types, {"n1": {"text": "Hello"}})
    await stage.run(type_name)
    assert stage.context.said == []


@pytest.mark.parametrize(
    ("type_name", "config", "mock", "handle"),
    [
        ("question-classifier", CLASSES, {"class_id": "c2"}, "c2"),
        ("question-classifier", CLASSES, {}, "c1"),
        ("if-else", CASES, {"selected_case_id": "false"}, "false"),
        ("if-else", CASES, {"result": True}, "true"),
        ("human-input", ACTIONS, {"__action_id": "__timeout"}, "__timeout"),
        ("human-input", ACTIONS, {}, "ok"),
        ("human-input", {}, {}, "__timeout"),
        ("llm", {}, {"text": "x"}, "source"),
    ],
)
async def test_a_mocked_branch_leaves_by_the_handle_that_its_outputs_say(
    types: Mapping[str, NodeType], type_name: str, config: Any, mock: Any, handle: str
) -> None:
    assert (await Stage(types, {"n1": mock}).run(type_name, config)).handle == handle


async def test_a_mocked_reply_is_what_streams(types: Mapping[str, NodeType]) -> None:
    spec = NodeSpec("n1", "answer", "The node", {"answer": "real"})
    catalog = NodeCatalog(types, mocks={"n1": {"answer": "mocked"}})
    node = catalog.resolve_type(spec).compile(spec, SlotBinder())
    assert node.response is not None
    assert (node.response.segments, node.response.is_answer) == (["mocked"], True)


async def test_a_mock_may_hold_files(types: Mapping[str, NodeType]) -> None:
    file = File("image", "remote_url", url="u", name="a.png")
    result = await Stage(types, {"n1": {"files": [file.wire()]}}).run("tool")
    assert result.outputs["files"] == [file]


@pytest.mark.parametrize("mocks", [[], "x", {"n1": 5}, {"n1": ["a"]}])
def test_mocks_of_another_shape_are_refused(types: Mapping[str, NodeType], mocks: Any) -> None:
    with pytest.raises(InvalidInput):
        NodeCatalog(types, mocks=mocks)


@pytest.mark.parametrize("type_name", [*sorted(KNOWN_TYPES.keys() - INSIDE), "made-up"])
async def test_every_other_type_answers_with_mock_outside(types: Mapping[str, NodeType], type_name: str) -> None:
    stage = Stage(types, mock_outside=True)
    result = await stage.run(type_name, {**CLASSES, **ACTIONS})
    assert set(KNOWN_TYPES[type_name].outputs if type_name in KNOWN_TYPES else {"text"}) <= set(result.outputs)
    assert stage.binder.problems == []


async def test_types_that_never_leave_the_process_run_with_mock_outside(types: Mapping[str, NodeType]) -> None:
    stage = Stage(types, mock_outside=True)
    config = {"template": "{{ x }}!", "variables": [{"variable": "x", "value_selector": ["v", "x"]}]}
    assert (await stage.run("template-transform", config)).outputs == {"output": "real!"}


@pytest.mark.parametrize("type_name", ["trigger-webhook", "trigger-schedule", "trigger-plugin", "datasource"])
@pytest.mark.parametrize("mock_outside", [True, False])
def test_a_run_may_begin_at_a_trigger(types: Mapping[str, NodeType], type_name: str, mock_outside: bool) -> None:
    catalog = NodeCatalog(types, mock_outside=mock_outside)
    assert catalog.resolve_type(NodeSpec("n", type_name, "T", {})).is_root


@pytest.mark.parametrize(
    ("type_name", "config", "expected"),
    [
        ("code", {"outputs": {"n": {"type": "number"}, "l": {"type": "array[object]"}}}, {"n": 1, "l": [{}]}),
        (
            "parameter-extractor",
            {"parameters": [{"name": "city", "type": "string"}, {"name": "mode", "type": "select", "options": ["a"]}]},
            {"city": "sample text", "mode": "a", "__is_success": 1},
        ),
        ("http-request", {}, {"status_code": 200, "files": []}),
        ("document-extractor", {"is_array_file": True}, {"text": ["sample text"]}),
        ("list-operator", {"item_var_type": "number"}, {"result": [1], "first_record": 1}),
        ("iteration", {"output_type": "array[number]"}, {"output": [1]}),
        (
            "loop",
            {"loop_variables": [{"label": "n", "var_type": "number", "value_type": "constant", "value": 7}]},
            {"n": 7},
        ),
        ("trigger-webhook", {"headers": [{"name": "X-Key", "type": "string"}]}, {"X_Key": "sample text"}),
        (
            "human-input",
            {**ACTIONS, "inputs": [{"type": "paragraph", "output_variable_name": "note"}]},
            {"note": "sample text"},
        ),
        ("tool", {"output_schema": {"properties": {"rate": {"type": "number"}}}}, {"rate": 1}),
        ("made-up", {"outputs": [{"variable": "v", "value_type": "boolean"}]}, {"v": True}),
        (
            "llm",
            {
                "structured_output_enabled": True,
                "structured_output": {
                    "schema": {
                        "type": "object",
                        "properties": {"k": {"enum": ["x"]}, "l": {"type": "array", "items": {"type": "integer"}}},
                    }
                },
            },
            {"structured_output": {"k": "x", "l": [1]}},
        ),
    ],
)
def test_plausible_outputs_are_of_the_declared_types(type_name: str, config: Any, expected: Any) -> None:
    outputs = plausible_outputs(NodeSpec("n", type_name, "T", config))
    assert {name: outputs.get(name) for name in expected} == expected


@pytest.mark.parametrize("junk", [None, 5, "x", [5, None], [[]], {"a": 5}])
@pytest.mark.parametrize("type_name", [*sorted(KNOWN_TYPES), "made-up"])
def test_plausible_outputs_are_made_of_any_config(type_name: str, junk: Any) -> None:
    keys = ("outputs", "parameters", "inputs", "user_actions", "loop_variables", "headers", "classes", "agent_job")
    config = dict.fromkeys((*keys, "structured_output", "output_schema", "output_type"), junk)
    assert isinstance(
        plausible_outputs(NodeSpec("n", type_name, "T", {**config, "structured_output_enabled": 1})), dict
    )


@pytest.mark.parametrize(("type_name", "code"), [("tool", "not_runnable_yet"), ("made-up", "unknown_type")])
async def test_a_type_that_cannot_run_yet_is_reported_and_fails_with_why(
    types: Mapping[str, NodeType], type_name: str, code: str
) -> None:
    stage = Stage(types)
    with pytest.raises(NodeError, match=r"^Node 'The node' (calls a tool|is of type 'made-up').*[.]$") as failed:
        await stage.run(type_name)
    assert (failed.value.code, failed.value.retryable) == ("not_runnable_yet", False)
    assert stage.binder.problems == [(code, "type")]
