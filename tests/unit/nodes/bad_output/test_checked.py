"""A node whose outputs are not what its author wants has failed, and is retried like one that broke."""

import asyncio
from typing import Any

import pytest

from loomwork import Workflow
from loomwork.engine.ports import NodeContext, NodeResult, NodeSpec
from loomwork.nodes.bad_output import CheckedType, is_checked
from loomwork.nodes.catalog import NodeCatalog
from loomwork.nodes.iteration import IterationType
from loomwork.nodes.mocks import MockedType
from tests.unit.apps.conftest import app_text
from tests.unit.engine.conftest import Graph, Scripted
from tests.unit.engine.run.rounds import Flow, Part, condition, iteration, source, step

pytestmark = pytest.mark.anyio

ROOT = Scripted(is_root=True)


def when(*conditions: tuple[Any, ...], operator: str = "and", retries: int | None = 3, **config: Any) -> dict[str, Any]:
    """Data of a node `a`; conditions are (output, operator, value), an output a name with dots or a whole selector."""
    rows = [
        {
            "variable_selector": list(at) if isinstance(at, tuple) else ["a", *at.split(".")],
            "comparison_operator": how,
            "value": value[0] if value else None,
        }
        for at, how, *value in conditions
    ]
    own = {"retry": {"when": {"logical_operator": operator, "conditions": rows}}}
    retry = {"retry_enabled": retries is not None, "max_retries": retries, "retry_interval": 0}
    return {"x-loomwork": own, "retry_config": retry, **config}


def leaving(*results: dict[str, Any], waits: bool = False, says: bool = False) -> Scripted:
    """Leaves one of these in each attempt."""

    def does(context: NodeContext) -> NodeResult:
        return NodeResult(results[context.attempt - 1])

    async def awaits(context: NodeContext) -> NodeResult:
        if says:
            context.say(results[context.attempt - 1]["text"])
        await asyncio.sleep(0)
        return does(context)

    return Scripted(awaits=awaits) if waits else Scripted(does=does)


def graph(node: Scripted, config: dict[str, Any], edges: str = "s>a", **more: Scripted) -> Graph:
    types: Any = {"s": ROOT, "a": CheckedType(node), **more}
    return Graph(types, edges, {"a": config})


@pytest.mark.parametrize("waits", [False, True])
async def test_a_node_runs_again_until_its_outputs_are_good(waits: bool) -> None:
    made = graph(
        leaving({"text": ""}, {"text": "  "}, {"text": "good"}, waits=waits), when(("text", "not contains", "good"))
    )
    result = await made.run()
    assert (result.status, result.nodes["a"].outputs, result.nodes["a"].runs) == ("succeeded", {"text": "good"}, 3)
    assert [event.data["error"]["code"] for event in made.kept.of_type("node_retrying")] == ["bad_output"] * 2


@pytest.mark.parametrize("waits", [False, True])
async def test_a_node_whose_last_attempt_was_bad_as_well_has_failed(waits: bool) -> None:
    made = graph(leaving(*[{"text": ""}] * 3, waits=waits), when(("text", "empty"), retries=2))
    result = await made.run()
    assert (result.status, result.nodes["a"].runs) == ("failed", 3)
    assert result.error is not None
    assert (result.error["code"], result.error["node_id"]) == ("bad_output", "a")


async def test_after_the_last_attempt_the_error_strategy_applies() -> None:
    config = when(("text", "empty"), retries=1, error_strategy="fail-branch")
    rescue = Scripted(ends=True, does=lambda context: NodeResult({"saved": True}))
    result = await graph(leaving(*[{"text": ""}] * 2), config, "s>a, a:fail-branch>b", b=rescue).run()
    assert (result.status, result.outputs) == ("partial-succeeded", {"saved": True})


async def test_text_that_was_streamed_of_a_bad_output_is_taken_back() -> None:
    node = leaving({"text": "no"}, {"text": "yes"}, waits=True, says=True)
    made = graph(node, when(("text", "is", "no")), "s>a, a>e", e=Scripted(shows="> {{#a.text#}}"))
    result = await made.run()
    assert result.answer == "> yes"
    [retrying] = made.kept.of_type("node_retrying")
    taken_back = [event for event in made.kept.of_type("text_chunk") if event.data["text"] == "no"]
    assert [event.seq for event in taken_back] == [retrying.data["discard_from"]]


async def test_any_or_all_of_the_conditions_may_have_to_hold() -> None:
    conditions = (("text", "empty"), ("score", "<", "0.5"))
    good_text, good_score = {"text": "x", "score": 0.1}, {"text": "", "score": 0.9}
    both = await graph(leaving(good_text), when(*conditions)).run()
    either = await graph(
        leaving(good_text, good_score, {"text": "x", "score": 0.9}), when(*conditions, operator="or")
    ).run()
    assert (both.nodes["a"].runs, either.nodes["a"].runs) == (1, 3)


async def test_an_output_that_is_not_there_reads_as_null() -> None:
    node = leaving({"json": {}}, {"json": {"title": "T"}})
    result = await graph(node, when(("json.title", "empty"))).run()
    assert (result.status, result.nodes["a"].runs) == ("succeeded", 2)


async def test_a_condition_may_compare_with_what_another_node_left() -> None:
    node = leaving({"text": "x"}, {"text": "y"})
    types: Any = {"s": Scripted(is_root=True, does=lambda context: NodeResult({"q": "x"})), "a": CheckedType(node)}
    made = Graph(types, "s>a", {"a": when(("text", "is", "{{#s.q#}}"))})
    assert (await made.run()).nodes["a"].outputs == {"text": "y"}


async def test_inside_a_container_the_outputs_are_told_from_those_of_nodes_around_it() -> None:
    seen: list[int] = []
    conditions = [condition(["in", "x"], "=", "{{#q.x#}}")]
    retry = {"retry_enabled": True, "max_retries": 2, "retry_interval": 0}
    own = {"retry": {"when": {"conditions": conditions}}}

    def leave(context: Any) -> Any:
        seen.append(context.context.attempt)
        return {"x": 5 if len(seen) == 1 else 7}

    inner = step(leave).having(retry_config=retry, **{"x-loomwork": own})
    nodes = {
        "s": source(items=[0]),
        "q": step(lambda _: {"x": 5}),
        "it": iteration(["s", "items"], ["in", "x"]),
        # The same place inside as `q` has outside.
        "it/in": Part(CheckedType(inner.type), inner.config),
    }
    result = await Flow(nodes, "s>q, q>it, it_start>in").run()
    assert (result.nodes["it"].outputs, seen) == ({"output": [7]}, [1, 2])


async def test_a_condition_that_cannot_be_decided_fails_the_node_without_a_retry() -> None:
    result = await graph(leaving({"text": ["a list"]}), when(("text", "start with", "x"))).run()
    assert result.error is not None
    assert (result.error["code"], result.nodes["a"].runs) == ("condition_failed", 1)


async def test_without_retries_a_bad_output_fails_the_node_and_the_compiler_says_so() -> None:
    made = graph(leaving({"text": ""}), when(("text", "empty"), retries=None))
    assert [problem.code for problem in made.compiled().problems] == ["retry_not_enabled"]
    assert (await made.run()).nodes["a"].runs == 1


@pytest.mark.parametrize("given", ["text is empty", [], {"conditions": []}, {"conditions": "all"}, 5, {}])
async def test_a_condition_that_is_none_is_a_warning_and_does_not_count(given: Any) -> None:
    made = graph(leaving({"text": ""}), {"x-loomwork": {"retry": {"when": given}}})
    [problem] = made.compiled().problems
    assert (problem.level, problem.code, problem.node_id) == ("warning", "invalid_config", "a")
    assert (await made.run()).status == "succeeded"


def test_containers_and_answers_cannot_be_made_again() -> None:
    config = {**when(("output", "empty")), "iterator_selector": ["s", "x"], "output_selector": ["a", "item"]}
    for node_type in (IterationType(), Scripted(shows="hello")):
        types: Any = {"s": ROOT, "a": CheckedType(node_type), "in": Scripted(is_root=True)}
        problems = Graph(types, "s>a", {"a": config}).compiled().problems
        assert "retry_without_effect" in {problem.code for problem in problems}


def test_what_a_node_says_of_places_is_handed_on() -> None:
    class Parent(Scripted):
        def compile(self, spec: Any, binder: Any) -> Any:
            node: Any = super().compile(spec, binder)
            node.holds_place = False
            return node

    async def waits(context: NodeContext) -> NodeResult:
        raise AssertionError

    plan = graph(Parent(awaits=waits), when(("text", "empty"))).compiled().plan
    assert plan is not None
    assert [node.takes_place for node in plan.nodes] == [False, False]


def test_only_nodes_with_a_condition_are_checked_and_made_up_outputs_never_are() -> None:
    llm = Scripted()
    plain, checked = NodeSpec("p", "llm", "P", {}), NodeSpec("a", "llm", "A", when(("text", "empty")))
    assert (is_checked(plain), is_checked(checked)) == (False, True)
    catalog = NodeCatalog({"llm": llm})
    assert catalog.resolve_type(plain) is llm
    assert isinstance(catalog.resolve_type(checked), CheckedType)
    assert isinstance(NodeCatalog({"llm": llm}, mock_outside=True).resolve_type(checked), MockedType)


async def test_an_app_file_may_say_which_outputs_are_bad_and_keeps_its_words() -> None:
    nodes = [
        {"id": "s", "type": "start", "title": "Start", "variables": []},
        {
            "id": "a",
            "type": "template-transform",
            "title": "A",
            "template": "",
            "variables": [],
            **when(("output", "empty")),
        },
    ]
    text = app_text("workflow", nodes, "s>a")
    result = await Workflow.from_dsl(text).run({})
    assert result.error is not None
    assert (result.error["code"], result.nodes["a"].runs) == ("bad_output", 4)


@pytest.mark.parametrize("waits", [False, True])
async def test_what_a_bad_output_has_cost_is_counted(waits: bool) -> None:
    def does(context: NodeContext) -> NodeResult:
        return NodeResult({"text": "good" if context.attempt == 3 else ""}, usage={"total_tokens": 7})

    async def awaits(context: NodeContext) -> NodeResult:
        return does(context)

    node = Scripted(awaits=awaits) if waits else Scripted(does=does)
    result = await graph(node, when(("text", "empty"))).run()
    assert (result.status, result.usage) == ("succeeded", {"total_tokens": 21})
