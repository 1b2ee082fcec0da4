"""The node that runs another app: what it asks of the workspace, and what it leaves of the answer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from pydantic import ValidationError

from loomwork.engine.ports import NodeError, NodeSpec
from loomwork.engine.variables import File
from loomwork.kernel.errors import LoomworkError, NotFound
from loomwork.kernel.scope import Scope
from loomwork.nodes.catalog import NodeCatalog
from loomwork.nodes.ports import Outside, SubflowRefused, SubflowRequest, SubflowResult
from loomwork.nodes.registry import node_types
from tests.unit.nodes.bench import Bench, ScriptedModels, run_node

CONFIG = {
    "app_id": "the-other",
    "inputs": [
        {"variable": "topic", "value_selector": ["up", "topic"]},
        {"variable": "tone", "value": "{{#up.mood#}}, please"},
        {"variable": "length", "value": 3},
        {"variable": "unset", "value_selector": ["up", "gone"]},
        {"variable": "", "value": "nameless"},
    ],
}
VALUES = {"up": {"topic": "owls", "mood": "kindly"}}


@dataclass
class ScriptedSubflows:
    """Ends every step as it is told to, and keeps what it was asked for."""

    ends: SubflowResult | LoomworkError = field(
        default_factory=lambda: SubflowResult("The other", "succeeded", {"out": "done"})
    )
    says: tuple[str, ...] = ()
    asked: list[SubflowRequest] = field(default_factory=list)

    async def run(self, scope: Scope, request: SubflowRequest, tell: Callable[[str], None]) -> SubflowResult:
        self.asked.append(request)
        for text in self.says:
            tell(text)
        if isinstance(self.ends, LoomworkError):
            raise self.ends
        return self.ends


@pytest.fixture
def subflows() -> ScriptedSubflows:
    return ScriptedSubflows()


@pytest.fixture
def housed(models: ScriptedModels, outside: Outside, subflows: ScriptedSubflows) -> Bench:
    """A bench in a world that has a workspace."""
    return Bench(node_types(models, replace(outside, subflows=subflows)).__getitem__)


async def test_the_other_app_is_run_with_the_inputs_and_its_outputs_are_left(
    housed: Bench, subflows: ScriptedSubflows
) -> None:
    result = await housed.run("sub-workflow", CONFIG, VALUES)
    inputs = {"topic": "owls", "tone": "kindly, please", "length": 3}
    context = housed.context()
    assert subflows.asked == [SubflowRequest(context.run.run_id, context.idempotency_key(), "the-other", None, inputs)]
    assert result.outputs == {"out": "done"}
    assert housed.binder.problems == []


async def test_the_answer_of_a_chat_app_streams_and_is_left_as_answer_and_text(
    housed: Bench, subflows: ScriptedSubflows
) -> None:
    subflows.says = ("Hoo", "t!")
    subflows.ends = SubflowResult("The other", "succeeded", {}, answer="Hoot!", usage={"total_tokens": 3})
    context = housed.context(VALUES)
    result = await run_node(housed.compile("sub-workflow", CONFIG), context)
    assert context.said == ["Hoo", "t!"]
    assert (result.outputs, result.usage) == ({"answer": "Hoot!", "text": "Hoot!"}, {"total_tokens": 3})


@pytest.mark.parametrize(
    ("config", "query"),
    [({"query": "about {{#up.topic#}}?"}, "about owls?"), ({}, "what was asked here")],
)
async def test_a_chat_app_is_asked_what_the_node_says_or_what_its_own_app_was_asked(
    housed: Bench, subflows: ScriptedSubflows, config: Any, query: str
) -> None:
    await housed.run("sub-workflow", {**CONFIG, **config}, {**VALUES, "sys": {"query": "what was asked here"}})
    assert subflows.asked[0].query == query


async def test_files_go_out_as_json_and_come_back_as_files(housed: Bench, subflows: ScriptedSubflows) -> None:
    file = File("image", "remote_url", url="https://example.org/a.png", name="a.png")
    subflows.ends = SubflowResult("The other", "partial-succeeded", {"pictures": [file.wire()]})
    result = await housed.run("sub-workflow", CONFIG, {"up": {"topic": [file]}})
    assert subflows.asked[0].inputs["topic"] == [file.wire()]
    assert result.outputs == {"pictures": [file]}


@pytest.mark.parametrize(("written", "number"), [(None, None), (3, 3), ("12", 12)])
async def test_a_version_may_be_named(housed: Bench, subflows: ScriptedSubflows, written: Any, number: Any) -> None:
    await housed.run("sub-workflow", {**CONFIG, "version": written})
    assert subflows.asked[0].version == number


@pytest.mark.parametrize("written", [0, -1, "latest", 1.5, True])
def test_a_version_that_is_no_number_cannot_be_used(housed: Bench, written: Any) -> None:
    with pytest.raises(ValidationError, match="a version is a number"):
        housed.compile("sub-workflow", {**CONFIG, "version": written})


@pytest.mark.parametrize("app_id", [None, "", "  ", []])
def test_a_node_that_names_no_app_cannot_be_used(housed: Bench, app_id: Any) -> None:
    with pytest.raises(NodeError, match="names no app"):
        housed.compile("sub-workflow", {**CONFIG, "app_id": app_id})


@pytest.mark.parametrize(
    ("ends", "code", "message"),
    [
        (
            SubflowResult("Owl", "failed", {}, error={"code": "rate_limited", "message": "Too many calls."}),
            "rate_limited",
            "The app 'Owl' failed: Too many calls.",
        ),
        (SubflowResult("Owl", "stopped", {}), "stopped", "The app 'Owl' was stopped."),
        (SubflowResult("Owl", "paused", {}), "subflow_failed", "The app 'Owl' failed: it ended as paused."),
        (NotFound("There is no such app."), "not_found", "The app 'the-other' could not be run: There is no such app."),
        (
            SubflowRefused("Too deep."),
            "subflow_refused",
            "The app 'the-other' could not be run: Too deep.",
        ),
    ],
)
async def test_a_step_that_fails_fails_the_node_with_its_own_code(
    housed: Bench, subflows: ScriptedSubflows, ends: Any, code: str, message: str
) -> None:
    subflows.ends = ends
    with pytest.raises(NodeError) as failed:
        await housed.run("sub-workflow", CONFIG)
    assert (failed.value.code, failed.value.message) == (code, message)


async def test_without_a_workspace_the_node_says_what_to_do(bench: Bench) -> None:
    node = bench.compile("sub-workflow", CONFIG)
    assert bench.binder.problems == [("not_runnable_yet", "type")]
    with pytest.raises(NodeError, match=r"import both apps into one") as failed:
        await run_node(node, bench.context())
    assert (failed.value.code, failed.value.retryable) == ("not_runnable_yet", False)


@pytest.mark.parametrize(
    ("how", "outputs"),
    [
        ({"mock_outside": True}, {"text": "sample text", "answer": "sample text", "score": 1}),
        ({"mocks": {"*sub_workflow": {"text": "mocked"}}}, {"text": "mocked"}),
    ],
)
async def test_mocks_stand_in_for_another_app(bench: Bench, how: Mapping[str, Any], outputs: Any) -> None:
    types = {"sub-workflow": bench.type_named("sub-workflow")}
    spec = NodeSpec("n", "sub-workflow", "The node", {**CONFIG, "outputs": {"score": {"type": "number"}}})
    node = NodeCatalog(types, **how).resolve_type(spec).compile(spec, bench.binder)
    context = bench.context()
    assert (await run_node(node, context)).outputs == outputs
    assert "".join(context.said) == outputs["text"]
    assert bench.binder.problems == []


@pytest.mark.parametrize("junk", [None, 5, "x", [None], {"a": 1}])
def test_sloppy_inputs_are_read_as_none(housed: Bench, junk: Any) -> None:
    node = housed.compile("sub-workflow", {"app_id": 7, "inputs": junk, "query": junk})
    assert node.inputs == ()
