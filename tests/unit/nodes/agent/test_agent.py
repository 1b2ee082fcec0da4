"""An agent's loop: what the model is told and offered, which calls are made, and how the budget ends it."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from loomwork.engine.ports import NodeError, NodeResult, Question
from loomwork.model_gateway.api import ChatEvent, Cost, Finished, ModelUnavailable, TextDelta, ToolCall, Usage
from loomwork.nodes.agent import AgentType
from loomwork.nodes.agent.node import AgentNode
from loomwork.tools.api import NamedTool, ToolResult, ToolUnavailable, key_of_call
from loomwork.tools.domain.call import ToolCall as CalledTool
from tests.unit.nodes.bench import Bench, BenchContext, ScriptedModels, answer, run_node
from tests.unit.nodes.outside import FilesByUrl
from tests.unit.tools.toolbox import Box, SmallTool, boxed, tool

VALUES: dict[str, dict[str, Any]] = {"up": {"task": "count owls"}, "sys": {"query": "hello"}}
SCHEMA = {
    "type": "object",
    "properties": {"text": {"type": "string"}, "level": {"type": "integer"}},
    "required": ["text", "level"],
}


class Known:
    """Knows one tool by what another product calls it."""

    def named(self, provider: str, tool: str) -> NamedTool | None:
        return NamedTool("words/echo", "Echo", {}) if (provider, tool) == ("acme/words/words", "say_again") else None


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return boxed()


@pytest.fixture
def echo(box: Box) -> SmallTool:
    made = tool(input_schema={**SCHEMA, "required": ["text"]}, effect="write")
    box.shelf.put(made)
    return made


@pytest.fixture
def bench(box: Box, models: ScriptedModels) -> Bench:
    return Bench({"agent": AgentType(models, box.tools, Known(), FilesByUrl())}.__getitem__)


ECHO = {"provider_name": "acme/words/words", "tool_name": "say_again", "type": "builtin", "enabled": True}


def config(
    *tools: Mapping[str, Any], strategy: str = "function_calling", own: Mapping[str, Any] | None = None, **given: Any
) -> dict[str, Any]:
    """`own` is what stands under `x-loomwork`."""
    parameters = {
        "model": {"type": "constant", "value": {"provider": "langgenius/openai/openai", "model": "gpt-4o"}},
        "tools": {"type": "constant", "value": list(tools) or [ECHO]},
        "instruction": {"type": "constant", "value": "Be brief."},
        "query": {"type": "constant", "value": "Please {{#up.task#}}"},
        **{name: {"type": "constant", "value": value} for name, value in given.items()},
    }
    return {"agent_strategy_name": strategy, "agent_parameters": parameters, "x-loomwork": own}


def calling(*calls: tuple[str, Any], text: str = "") -> list[ChatEvent]:
    """A turn that asks for these calls."""
    wanted = tuple(
        ToolCall(f"c{place}", name, given if isinstance(given, str) else json.dumps(given))
        for place, (name, given) in enumerate(calls)
    )
    said: list[ChatEvent] = [TextDelta(text)] if text else []
    return [*said, Finished("tool_calls", Usage(10, 5), wanted)]


def costing(amount: str | None, turn: Sequence[ChatEvent], currency: str = "USD") -> list[ChatEvent]:
    """The same turn, with what the gateway says that it has cost."""
    cost = Cost(None if amount is None else Decimal(amount), currency)
    return [replace(each, cost=cost) if isinstance(each, Finished) else each for each in turn]


def scripted(models: ScriptedModels, *turns: Sequence[ChatEvent | Exception]) -> None:
    models.script, models.next_scripts = turns[0], [*turns[1:]]


async def ran(bench: Bench, said: Mapping[str, Any], context: BenchContext | None = None) -> NodeResult:
    return await run_node(bench.compile("agent", said), context or bench.context(VALUES))


async def test_it_calls_what_the_model_asks_for_and_answers_from_what_came_of_it(
    bench: Bench, models: ScriptedModels, echo: SmallTool
) -> None:
    scripted(models, calling(("echo", {"text": "owls"}), text="Let me see."), answer("Three", " owls."))
    context = bench.context(VALUES)
    result = await ran(bench, config(), context)
    assert result.outputs["text"] == "Let me see.\n\nThree owls." == "".join(context.said)
    assert (result.outputs["ended_by"], result.usage) == (
        None,
        {"prompt_tokens": 13, "completion_tokens": 10, "total_tokens": 23},
    )
    assert echo.calls[0].arguments == {"text": "owls"}
    first, second = models.requests
    assert [(each.role, each.text) for each in first.messages] == [
        ("system", "Be brief."),
        ("user", "Please count owls"),
    ]
    assert [each.name for each in first.tools] == ["echo"]
    assert [each.role for each in second.messages] == ["system", "user", "assistant", "tool"]
    assert [(step.kind, step.tool) for step in context.steps] == [
        ("thought", None),
        ("tool", "words/echo"),
        ("thought", None),
    ]


async def test_calls_of_one_turn_are_made_at_once_each_with_its_own_key(
    bench: Bench, models: ScriptedModels, box: Box
) -> None:
    met = asyncio.Barrier(2)
    keys: list[str] = []

    async def meets(call: CalledTool) -> ToolResult:
        keys.append(call.key)
        await met.wait()
        return ToolResult(str(call.arguments["text"]))

    box.shelf.put(tool(input_schema={**SCHEMA, "required": ["text"]}, does=meets))
    scripted(models, calling(("echo", {"text": "a"}), ("echo", {"text": "b"})), answer("both"))
    await ran(bench, config())
    assert set(keys) == {key_of_call("key", 1), key_of_call("key", 2)}
    assert [each.text for each in models.requests[1].messages[-2:]] == ["a", "b"]


async def test_what_was_finished_before_is_not_done_again(
    bench: Bench, models: ScriptedModels, echo: SmallTool
) -> None:
    scripted(models, calling(("echo", {"text": "owls"}), text="Wait."), answer("Done."))
    first = bench.context(VALUES)
    whole = await ran(bench, config(), first)
    for finished in range(4):
        echo.calls.clear()
        models.requests.clear()
        scripted(
            models,
            *[calling(("echo", {"text": "owls"}), text="Wait."), answer("Done.")][{0: 0, 1: 1, 2: 1, 3: 2}[finished] :],
            answer("never"),
        )
        again = bench.context(VALUES)
        again.steps = first.steps[:finished]
        result = await ran(bench, config(), again)
        assert result.outputs == whole.outputs
        assert result.usage == whole.usage
        assert "".join(again.said) == "".join(first.said)
        assert len(echo.calls) == (1 if finished < 2 else 0)
        assert len(models.requests) == {0: 2, 1: 1, 2: 1, 3: 0}[finished]


@pytest.mark.parametrize(
    ("limits", "asked", "end"),
    [
        ({"maximum_iterations": 2}, 3, "steps"),
        ({"own": {"budget": {"tokens": 20}}}, 3, "tokens"),
        ({"own": {"budget": {"seconds": 1e-9}}}, 1, "seconds"),
    ],
)
async def test_at_the_end_of_its_budget_it_answers_once_more_without_tools_and_says_so(
    bench: Bench, models: ScriptedModels, echo: SmallTool, limits: dict[str, Any], asked: int, end: str
) -> None:
    turns = [calling(("echo", {"text": "x"}))] * (asked - 1)
    scripted(models, *turns, [TextDelta("So far: x."), *calling(("echo", {"text": "more"}))])
    context = bench.context(VALUES)
    result = await ran(bench, config(**limits), context)
    assert (result.outputs["text"], result.outputs["ended_by"]) == ("So far: x.", end)
    assert len(models.requests) == asked
    last = models.requests[-1]
    assert last.tool_choice.mode == "none"
    assert "stop early" in last.messages[-1].text
    assert len(echo.calls) == asked - 1
    assert context.steps[-1].output["ended_by"] == end


async def test_money_ends_it_once_its_turns_have_cost_so_much_and_the_step_says_what_each_did(
    bench: Bench, models: ScriptedModels, echo: SmallTool
) -> None:
    call = calling(("echo", {"text": "x"}))
    scripted(models, costing("0.004", call), costing("0.007", call), costing("0.001", answer("So far: x.")))
    context = bench.context(VALUES)
    result = await ran(bench, config(own={"budget": {"money": 0.01}}), context)
    assert (result.outputs["text"], result.outputs["ended_by"]) == ("So far: x.", "money")
    assert len(models.requests) == 3
    assert "used up the money" in models.requests[-1].messages[-1].text
    assert (result.outputs["usage"]["total_price"], result.outputs["usage"]["currency"]) == ("0.012", "USD")
    thoughts = [step.output for step in context.steps if step.kind == "thought"]
    assert [each["usage"]["total_price"] for each in thoughts] == ["0.004", "0.007", "0.001"]
    assert [each["ended_by"] for each in thoughts] == [None, None, "money"]


@pytest.mark.parametrize(("amount", "currency"), [(None, "USD"), ("0.001", "EUR")])
async def test_where_it_cannot_be_known_what_a_turn_cost_a_limit_in_money_ends_it_after_that_turn(
    bench: Bench, models: ScriptedModels, echo: SmallTool, amount: str | None, currency: str
) -> None:
    scripted(models, costing(amount, calling(("echo", {"text": "x"})), currency), answer("So far: x."))
    result = await ran(bench, config(own={"budget": {"money": 5}}))
    assert result.outputs["ended_by"] == "money"
    assert len(models.requests) == 2


async def test_what_was_spent_before_a_crash_counts(bench: Bench, models: ScriptedModels, echo: SmallTool) -> None:
    scripted(models, costing("2", calling(("echo", {"text": "x"}))), costing("0", answer("Done.")))
    context = bench.context(VALUES)
    spent = config(own={"budget": {"money": 1}})
    await ran(bench, spent, context)
    again = bench.context(VALUES)
    again.steps.extend(context.steps[:2])
    scripted(models, costing("0", answer("Done.")))
    result = await ran(bench, spent, again)
    assert (result.outputs["ended_by"], result.outputs["usage"]["total_price"]) == ("money", "2")


async def test_what_the_author_has_set_is_given_and_not_shown(
    bench: Bench, models: ScriptedModels, echo: SmallTool
) -> None:
    offered = {
        **ECHO,
        "parameters": {
            "text": {"auto": 1, "value": None},
            "level": {"auto": 0, "value": {"type": "constant", "value": 3}},
        },
        "extra": {"description": "Says it again."},
    }
    scripted(models, calling(("echo", {"text": "a", "level": 9})), answer("ok"))
    await ran(bench, config(offered))
    shown = models.requests[0].tools[0]
    assert (shown.description, list(shown.parameters["properties"])) == ("Says it again.", ["text"])
    assert echo.calls[0].arguments == {"text": "a", "level": 3}


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (("nothing", {}), "There is no tool 'nothing'"),
        (("echo", "{broken"), "not one JSON object"),
        (("echo", "[1]"), "not one JSON object"),
        (("echo", {"level": "x"}), "The call failed"),
    ],
)
async def test_a_call_that_cannot_be_made_is_told_to_the_model(
    bench: Bench, models: ScriptedModels, echo: SmallTool, call: tuple[str, Any], told: str
) -> None:
    scripted(models, calling(call), answer("Sorry."))
    result = await ran(bench, config())
    assert told in models.requests[1].messages[-1].text
    assert (result.outputs["text"], result.outputs["json"][0]["failed"]) == ("Sorry.", True)
    assert echo.calls == []


async def test_only_the_first_turn_has_to_call_a_tool_where_the_document_says_so(
    bench: Bench, models: ScriptedModels, echo: SmallTool
) -> None:
    scripted(models, calling(("echo", {"text": "a"})), answer("ok"))
    await ran(bench, config(own={"must_use_tool": True}))
    assert [each.tool_choice.mode for each in models.requests] == ["required", "auto"]


async def test_a_tool_that_fails_does_not_fail_the_agent(bench: Bench, models: ScriptedModels, box: Box) -> None:
    async def fails(call: CalledTool) -> ToolResult:
        raise ToolUnavailable("It is out.")

    box.shelf.put(tool(does=fails, effect="write"))
    scripted(models, calling(("echo", {"text": "a"})), answer("It is out."))
    await ran(bench, config())
    assert "It is out." in models.requests[1].messages[-1].text


async def test_a_call_is_decided_under_what_the_model_was_told_before(
    bench: Bench, models: ScriptedModels, box: Box
) -> None:
    marks: list[frozenset[str]] = []

    async def page(call: CalledTool) -> ToolResult:
        marks.append(frozenset(call.caller.marks))
        return ToolResult("a page", marks=frozenset({"web"}))

    box.shelf.put(tool(input_schema=SCHEMA | {"required": ["text"]}, does=page))
    scripted(models, calling(("echo", {"text": "a"})), calling(("echo", {"text": "b"})), answer("ok"))
    await ran(bench, config(context="What a document says."))
    assert marks == [{"user", "retrieved"}, {"user", "retrieved", "tool", "web"}]


ANYBODY = {"user", "retrieved", "tool", "web"}


@pytest.mark.parametrize(
    ("kind", "marks"),
    [
        ("start", {"user"}),
        ("sys", {"user"}),
        ("human-input", {"user"}),
        ("knowledge-retrieval", {"user", "retrieved"}),
        ("document_extractor", {"user", "retrieved"}),
        ("http-request", {"user", "web"}),
        ("tool", ANYBODY),
        ("llm", ANYBODY),
        ("conversation", ANYBODY),
        ("", ANYBODY),
    ],
)
async def test_the_first_call_is_decided_under_what_flows_into_the_task(
    bench: Bench, models: ScriptedModels, echo: SmallTool, kind: str, marks: set[str]
) -> None:
    bench.binder.kinds["up"] = kind
    scripted(models, calling(("echo", {"text": "a"})), answer("ok"))
    await ran(bench, config())
    assert set(echo.calls[0].caller.marks) == marks


@pytest.mark.parametrize(("kind", "asks"), [("http-request", True), ("llm", True), ("start", False)])
async def test_an_outward_call_is_to_be_approved_where_the_web_flows_into_the_task_or_into_what_the_author_has_set(
    bench: Bench, models: ScriptedModels, echo: SmallTool, kind: str, asks: bool
) -> None:
    own = {"approval": {"under": ["web"]}}
    bench.binder.kinds["up"] = kind
    set_by_author = {**ECHO, "parameters": {"text": {"auto": 0, "value": {"type": "mixed", "value": "{{#up.task#}}"}}}}
    for said in (config(own=own), config(set_by_author, own=own, query="Say it.")):
        scripted(models, calling(("echo", {"text": "a"})), answer("ok"))
        node = bench.compile("agent", said)
        assert isinstance(node, AgentNode)
        question = await node.run(bench.context(VALUES))
        assert isinstance(question, Question) is asks
        if isinstance(question, Question):
            assert "web pages" in question.form["content"]
            assert not echo.calls


SEND = {"text": "owls"}
ASKING = {"approval": {"effects": ["write"]}}


async def asked_to_send(bench: Bench, models: ScriptedModels, box: Box) -> tuple[SmallTool, BenchContext, Question]:
    """An agent that wants to call a tool that writes, halted before it does."""
    writes = tool(effect="write")
    box.shelf.put(writes)
    scripted(models, calling(("echo", SEND), ("echo", {"text": "bats"})), answer("Well."))
    context = bench.context(VALUES)
    node = bench.compile("agent", config(own=ASKING))
    assert isinstance(node, AgentNode)
    question = await node.run(context)
    assert isinstance(question, Question)
    assert not writes.calls
    return writes, context, question


async def decided(bench: Bench, context: BenchContext, *answers: tuple[str, str]) -> NodeResult:
    """Go on as often as somebody is asked, with these answers (action, arguments)."""
    node = bench.compile("agent", config(own=ASKING))
    assert isinstance(node, AgentNode)
    for action, arguments in answers:
        question = await node.run(context)
        assert isinstance(question, Question)
        context.steps.append(node.answered(question, action, {"arguments": arguments}))
    result = await node.run(context)
    assert isinstance(result, NodeResult)
    return result


async def test_a_call_that_a_person_has_to_approve_halts_the_agent_before_any_call_of_the_turn_is_made(
    bench: Bench, models: ScriptedModels, box: Box
) -> None:
    _, context, question = await asked_to_send(bench, models, box)
    assert [row["id"] for row in question.actions] == ["approve", "refuse"]
    assert json.loads(question.form["fields"][0]["default"]) == SEND
    assert "words/echo" in question.form["content"]
    assert [step.kind for step in context.steps] == ["thought"]


async def test_approved_and_edited_calls_are_made_once_and_the_model_is_told_what_was_changed(
    bench: Bench, models: ScriptedModels, box: Box
) -> None:
    writes, context, _ = await asked_to_send(bench, models, box)
    result = await decided(bench, context, ("approve", ""), ("approve", '{"text": "cats"}'))
    assert sorted(call.arguments["text"] for call in writes.calls) == ["cats", "owls"]
    assert result.outputs["text"] == "Well."
    assert len(models.requests) == 2
    as_it_was, edited = models.requests[1].messages[-2:]
    assert "changed" not in as_it_was.text
    assert edited.text.startswith('(A person changed the arguments to {"text": "cats"}.)')


async def test_a_refused_call_is_not_made_and_the_model_is_told(bench: Bench, models: ScriptedModels, box: Box) -> None:
    writes, context, _ = await asked_to_send(bench, models, box)
    await decided(bench, context, ("refuse", ""), ("refuse", ""))
    assert not writes.calls
    assert "refused" in models.requests[1].messages[-1].text


@pytest.mark.parametrize("written", ["[1]", "{", "null", "[" * 100_000])
async def test_arguments_that_are_no_object_are_no_answer(
    bench: Bench, models: ScriptedModels, box: Box, written: str
) -> None:
    _, _, question = await asked_to_send(bench, models, box)
    node = bench.compile("agent", config(own=ASKING))
    assert isinstance(node, AgentNode)
    with pytest.raises(NodeError, match="must be one JSON object"):
        node.answered(question, "approve", {"arguments": written})


async def test_a_tool_that_is_missing_is_told_and_the_agent_works_without_it(
    bench: Bench, models: ScriptedModels, echo: SmallTool
) -> None:
    context = bench.context(VALUES)
    scripted(models, answer("ok"))
    await ran(bench, config(ECHO, {"provider_name": "nobody/x/x", "tool_name": "gone"}), context)
    assert [each.name for each in models.requests[0].tools] == ["echo"]
    assert (context.steps[0].kind, context.steps[0].tool) == ("notice", "nobody/x/x/gone")
    assert bench.binder.problems == [("tool_missing", "agent_parameters.tools")]


async def test_in_words_it_thinks_calls_and_answers_and_shows_the_answer_alone(
    bench: Bench, models: ScriptedModels, echo: SmallTool
) -> None:
    scripted(
        models,
        answer("Thought: I look.\n", 'Action: {"action": "echo", "action_input": {"text": "owls"}}\n'),
        answer("Thought: I know.\nFinal", " Answer: Three", " owls."),
    )
    context = bench.context(VALUES)
    result = await ran(bench, config(strategy="ReAct"), context)
    assert result.outputs["text"] == "Three owls." == "".join(context.said)
    assert echo.calls[0].arguments == {"text": "owls"}
    assert models.requests[0].tools == ()
    assert list(models.requests[0].params["stop"]) == ["Observation:"]
    assert models.requests[1].messages[-1].text == f"Observation: {result.outputs['json'][0]['output']}"


async def test_in_words_an_answer_without_the_form_is_an_answer(
    bench: Bench, models: ScriptedModels, echo: SmallTool
) -> None:
    scripted(models, answer("Just", " three."))
    assert (await ran(bench, config(strategy="ReAct"))).outputs["text"] == "Just three."


async def test_a_model_that_is_not_there_fails_the_node_with_what_was_used(
    bench: Bench, models: ScriptedModels, echo: SmallTool
) -> None:
    scripted(models, calling(("echo", {"text": "a"})), [ModelUnavailable("It is out.", cause="outage")])
    with pytest.raises(NodeError) as failed:
        await ran(bench, config())
    assert (failed.value.code, failed.value.retryable) == ("model_unavailable", True)
    assert failed.value.usage == {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}


async def test_without_a_task_it_says_so(bench: Bench, echo: SmallTool) -> None:
    with pytest.raises(NodeError, match="no task"):
        await ran(bench, config(query="  "))


@pytest.mark.parametrize("junk", ["x", 7, ["a", {}], {"a": {"value": {"b": []}}}, None, {1: 2}])
def test_hostile_configs_break_nothing(bench: Bench, junk: Any) -> None:
    for name in ("model", "tools", "instruction", "query", "context", "maximum_iterations"):
        assert isinstance(bench.compile("agent", config(**{name: junk})), AgentNode)
    tools = [{"tool_name": "x", "parameters": junk, "settings": junk, "extra": junk, "enabled": junk}]
    assert isinstance(bench.compile("agent", config(*tools) | {"memory": junk}), AgentNode)
    assert isinstance(bench.compile("agent", {"agent_parameters": junk, "x-loomwork": junk}), AgentNode)
