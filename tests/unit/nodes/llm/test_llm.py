"""Asking a model: what it is told, what is streamed, what comes of its answer."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from loomwork.engine.ports import NodeError, Turn
from loomwork.engine.variables import File
from loomwork.kernel.errors import LoomworkError
from loomwork.model_gateway.api import (
    Finished,
    Message,
    ModelNotFound,
    ModelReference,
    ModelRefused,
    ModelUnavailable,
    ReasoningDelta,
    TextDelta,
    Usage,
)
from tests.unit.nodes.bench import Bench, ScriptedModels, Values, answer, run_node

MODEL = {"provider": "langgenius/openai/openai", "name": "gpt-4o", "completion_params": {"temperature": 0.5}}
HISTORY = (Turn("q1", "a1"), Turn("q2", "a2"), Turn("q3", "a3"))
PHOTO = File("image", "remote_url", url="https://example.invalid/a.png")


def chat(*texts: tuple[str, str], **more: Any) -> dict[str, Any]:
    return {"model": MODEL, "prompt_template": [{"role": role, "text": text} for role, text in texts], **more}


async def told(bench: Bench, models: ScriptedModels, config: Mapping[str, Any], values: Values | None = None) -> Any:
    """The messages that the model gets, as (role, text)."""
    await bench.run("llm", config, values)
    return [(message.role, message.text) for message in models.requests[-1].messages]


async def test_the_answer_streams_and_is_the_text(bench: Bench, models: ScriptedModels) -> None:
    models.script = answer("Hel", "lo")
    context = bench.context({"sys": {"query": "hi"}})
    result = await run_node(bench.compile("llm", chat(("user", "{{#sys.query#}}"))), context)
    assert context.said == ["Hel", "lo"]
    assert result.outputs == {
        "text": "Hello",
        "reasoning_content": "",
        "usage": {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8},
        "finish_reason": "stop",
        "files": [],
    }
    assert result.usage == {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8}


async def test_usage_that_the_provider_does_not_tell_is_not_made_up(bench: Bench, models: ScriptedModels) -> None:
    models.script = [Finished("stop", Usage())]
    result = await bench.run("llm", chat(("user", "hi")))
    assert result.outputs["usage"]["total_tokens"] is None
    assert result.usage == {}


async def test_roles_and_templates_become_messages_and_empty_ones_are_left_out(
    bench: Bench, models: ScriptedModels
) -> None:
    config = chat(("system", "You are {{#v.x#}}."), ("assistant", " "), ("human", "{{#v.nothing#}}"))
    assert await told(bench, models, config, {"v": {"x": ["a"]}}) == [
        ("system", 'You are ["a"].'),
        ("user", "v.nothing"),
    ]


async def test_jinja_messages_use_their_own_variables(bench: Bench, models: ScriptedModels) -> None:
    config = {
        "model": MODEL,
        "prompt_template": [
            {"role": "user", "text": "old", "edition_type": "jinja2", "jinja2_text": "{{ a | upper }}"}
        ],
        "prompt_config": {"jinja2_variables": [{"variable": "a", "value_selector": ["v", "x"]}]},
    }
    assert await told(bench, models, config, {"v": {"x": "loud"}}) == [("user", "LOUD")]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("passage", "passage"),
        ([{"content": "a", "metadata": {}}, {"content": "b", "summary": "s"}, "c"], "a\ns\nb\nc"),
        ([], ""),
        (None, ""),
    ],
)
async def test_the_context_stands_where_the_prompt_puts_it(
    bench: Bench, models: ScriptedModels, value: Any, text: str
) -> None:
    config = chat(("user", "<{{#context#}}> {{#v.y#}}"), context={"enabled": True, "variable_selector": ["v", "x"]})
    assert await told(bench, models, config, {"v": {"x": value, "y": 1}}) == [("user", f"<{text}> 1")]


async def test_a_reference_inside_the_context_is_not_followed(bench: Bench, models: ScriptedModels) -> None:
    config = chat(("user", "{{#context#}}"), context={"enabled": True, "variable_selector": ["v", "x"]})
    values = {"v": {"x": "{{#v.secret#}}", "secret": "s"}}
    assert await told(bench, models, config, values) == [("user", "{{#v.secret#}}")]


async def test_passages_without_content_fail_the_node(bench: Bench) -> None:
    config = chat(("user", "{{#context#}}"), context={"enabled": True, "variable_selector": ["v", "x"]})
    with pytest.raises(NodeError, match="content"):
        await bench.run("llm", config, {"v": {"x": [{"title": "t"}]}})


async def test_memory_puts_the_conversation_and_the_query_after_the_prompt(
    bench: Bench, models: ScriptedModels
) -> None:
    bench.history = HISTORY
    config = chat(("system", "S"), memory={"window": {"enabled": True, "size": 2}})
    assert await told(bench, models, config, {"sys": {"query": "now"}}) == [
        ("system", "S"),
        ("user", "q2"),
        ("assistant", "a2"),
        ("user", "q3"),
        ("assistant", "a3"),
        ("user", "now"),
    ]


async def test_the_query_of_memory_may_be_a_template(bench: Bench, models: ScriptedModels) -> None:
    config = chat(("system", "S"), memory={"query_prompt_template": "Asked: {{#sys.query#}}", "window": None})
    assert await told(bench, models, config, {"sys": {"query": "x"}}) == [("system", "S"), ("user", "Asked: x")]


async def test_memory_without_a_query_adds_none(bench: Bench, models: ScriptedModels) -> None:
    assert await told(bench, models, chat(("user", "S"), memory={"window": {"enabled": False}})) == [("user", "S")]


async def test_a_long_conversation_is_forgotten_from_its_beginning(bench: Bench, models: ScriptedModels) -> None:
    bench.history = [Turn("x" * 20_000, "old"), Turn("y" * 20_000, "new")]
    messages = await told(bench, models, chat(("system", "S"), memory={"window": {"enabled": False}}))
    assert [text[:1] for _, text in messages] == ["S", "y", "n"]


async def test_one_prompt_instead_of_messages_is_a_completion(bench: Bench, models: ScriptedModels) -> None:
    bench.history = HISTORY[:1]
    config = {
        "model": MODEL,
        "prompt_template": {"text": "Before:\n{{#histories#}}\nNow: {{#query#}}"},
        "memory": {"role_prefix": {"user": "U", "assistant": "A"}},
    }
    assert await told(bench, models, config, {"sys": {"query": "x"}}) == [("user", "Before:\nU: q1\nA: a1\nNow: x")]


async def test_images_are_shown_beside_the_last_user_message(bench: Bench, models: ScriptedModels) -> None:
    vision = {"enabled": True, "configs": {"variable_selector": ["sys", "files"], "detail": "high"}}
    document = File("document", "remote_url", url="https://example.invalid/a.pdf")
    await bench.run("llm", chat(("user", "look"), vision=vision), {"sys": {"files": [PHOTO, document]}})
    assert models.requests[-1].messages == [Message("user", "look", ("https://example.invalid/a.png",))]


async def test_images_are_not_shown_with_vision_off(bench: Bench, models: ScriptedModels) -> None:
    await bench.run("llm", chat(("user", "look {{#sys.files#}}")), {"sys": {"files": [PHOTO]}})
    assert models.requests[-1].messages == [Message("user", "look ", ())]


async def test_a_prompt_of_nothing_is_refused(bench: Bench) -> None:
    with pytest.raises(NodeError, match="prompt is empty") as failed:
        await bench.run("llm", chat(("user", "  ")))
    assert (failed.value.code, failed.value.retryable) == ("empty_prompt", False)


async def test_the_model_bound_to_the_reference_answers(bench: Bench, models: ScriptedModels) -> None:
    bench.models = {"langgenius/openai/openai/gpt-4o": "openai/gpt-4o"}
    await bench.run("llm", chat(("user", "hi")))
    assert models.requests[-1].model == "openai/gpt-4o"
    assert models.resolved == []


async def test_a_reference_without_binding_is_resolved(bench: Bench, models: ScriptedModels) -> None:
    await bench.run("llm", chat(("user", "hi")))
    assert models.requests[-1].model == "local/small"
    assert models.resolved == [ModelReference("langgenius/openai/openai", "gpt-4o")]


async def test_params_may_hold_templates(bench: Bench, models: ScriptedModels) -> None:
    params = {"temperature": "{{#v.t#}}", "stop": ["END"], "user": "{{#v.u#}}", "top_p": 1}
    config = chat(("user", "hi"), model={**MODEL, "completion_params": params})
    await bench.run("llm", config, {"v": {"t": 0.2, "u": "ann"}})
    assert models.requests[-1].params == {"temperature": 0.2, "stop": ["END"], "user": "ann", "top_p": 1}


@pytest.mark.parametrize(
    ("error", "retryable"),
    [(ModelRefused("no"), False), (ModelNotFound("no"), False), (ModelUnavailable("no"), True)],
)
async def test_what_the_gateway_refuses_fails_the_node_with_its_code(
    bench: Bench, models: ScriptedModels, error: LoomworkError, retryable: bool
) -> None:
    models.script = [error]
    with pytest.raises(NodeError) as failed:
        await bench.run("llm", chat(("user", "hi")))
    assert (failed.value.code, failed.value.retryable) == (error.code, retryable)
    assert models.closed == 1


async def test_an_answer_that_breaks_off_fails_the_node(bench: Bench, models: ScriptedModels) -> None:
    models.script = [TextDelta("Hel")]
    with pytest.raises(NodeError, match="broke off"):
        await bench.run("llm", chat(("user", "hi")))


async def test_cancelling_the_node_closes_the_call(
    bench: Bench, models: ScriptedModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, closed = asyncio.Event(), asyncio.Event()

    async def chat_for_ever(*_: Any) -> Any:
        try:
            yield TextDelta("...")
            begun.set()
            await asyncio.Event().wait()
        finally:
            closed.set()

    monkeypatch.setattr(models, "chat", chat_for_ever)
    task = asyncio.ensure_future(run_node(bench.compile("llm", chat(("user", "hi"))), bench.context()))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert closed.is_set()


SCHEMA = {"type": "object", "properties": {"a": {"type": "number"}}}


@pytest.mark.parametrize("switch", ["structured_output_enabled", "structured_output_switch_on"])
@pytest.mark.parametrize("text", ['{"a": 1}', '```json\n{"a": 1}\n```', '<think>{"a": 2}</think> {"a": 1}'])
async def test_structured_output_is_read_from_the_answer(
    bench: Bench, models: ScriptedModels, switch: str, text: str
) -> None:
    models.script = answer(text)
    config = chat(("user", "hi"), structured_output={"schema": SCHEMA}, **{switch: True})
    result = await bench.run("llm", config)
    assert result.outputs["structured_output"] == {"a": 1}
    assert models.requests[-1].json_schema == SCHEMA


async def test_an_answer_that_is_no_json_fails_a_node_that_needs_it(bench: Bench, models: ScriptedModels) -> None:
    models.script = answer("I would rather not.")
    config = chat(("user", "hi"), structured_output_enabled=True, structured_output={"schema": SCHEMA})
    with pytest.raises(NodeError) as failed:
        await bench.run("llm", config)
    assert (failed.value.code, failed.value.retryable) == ("invalid_model_output", True)
    assert len(models.requests) == 2
    assert failed.value.usage == {"prompt_tokens": 6, "completion_tokens": 10, "total_tokens": 16}


STRUCTURED = chat(("user", "hi"), structured_output_enabled=True, structured_output={"schema": SCHEMA})


async def test_structured_output_that_does_not_fit_is_asked_for_once_more_saying_why(
    bench: Bench, models: ScriptedModels
) -> None:
    models.script, models.next_scripts = answer('{"a": "one"}'), [answer('{"a": 1}')]
    context = bench.context()
    result = await run_node(bench.compile("llm", STRUCTURED), context)
    assert result.outputs["structured_output"] == {"a": 1}
    assert context.said == ['{"a": 1}']
    assert result.usage == {"prompt_tokens": 6, "completion_tokens": 10, "total_tokens": 16}
    asked, answered, why = models.requests[1].messages
    assert (asked.text, answered.text) == ("hi", '{"a": "one"}')
    assert "at a: 'one' is not of type 'number'" in why.text


async def test_what_the_first_answer_used_is_known_where_asking_again_fails(
    bench: Bench, models: ScriptedModels
) -> None:
    models.script, models.next_scripts = answer("No."), [[ModelUnavailable("down")]]
    with pytest.raises(NodeError) as failed:
        await bench.run("llm", STRUCTURED)
    assert failed.value.code == "model_unavailable"
    assert failed.value.usage == {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8}


async def test_text_that_is_held_back_is_a_sign_of_life(bench: Bench, models: ScriptedModels) -> None:
    models.script = answer('{"a"', ": 1}")
    context = bench.context()
    await run_node(bench.compile("llm", STRUCTURED), context)
    assert context.signs == 3


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": {"a": {"type": "string", "pattern": "(x+x+)+y"}}},
        {"$ref": "http://127.0.0.1:9/schema.json"},
        {"type": "nonsense"},
        {"patternProperties": {"^a": {}}, "additionalProperties": False},
        {"properties": {"format": {"type": "string"}, "a": {}}, "additionalProperties": False},
    ],
)
async def test_a_hostile_or_odd_schema_harms_nobody(
    bench: Bench, models: ScriptedModels, schema: dict[str, Any]
) -> None:
    models.script = answer('{"a": "' + "x" * 40 + '", "format": "f"}')
    config = chat(("user", "hi"), structured_output_enabled=True, structured_output={"schema": schema})
    result = await bench.run("llm", config)
    assert result.outputs["structured_output"]["format"] == "f"


async def test_fallback_models_and_who_pays_reach_the_gateway(bench: Bench, models: ScriptedModels) -> None:
    own = {"fallback_models": ["anthropic/claude", "local/small", "anthropic/claude"]}
    await bench.run("llm", chat(("user", "hi"), **{"x-loomwork": own}))
    request = models.requests[0]
    assert request.fallbacks == ("anthropic/claude", "local/small")
    assert (request.spender.run_id, request.spender.node_id) == ("run", "n")
    assert bench.binder.problems == []


@pytest.mark.parametrize(
    "written", ["openai/gpt-4o", ["openai/gpt-4o", "gpt", 5], {"a": 1}, [f"a/{n}" for n in range(11)]]
)
def test_fallback_models_that_are_none_are_reported(bench: Bench, written: Any) -> None:
    bench.compile("llm", chat(("user", "hi"), **{"x-loomwork": {"fallback_models": written}}))
    is_fine = written == "openai/gpt-4o"
    assert bench.binder.problems == ([] if is_fine else [("invalid_config", "x-loomwork.fallback_models")])


def test_a_schema_that_cannot_be_read_is_reported(bench: Bench) -> None:
    bench.compile("llm", chat(structured_output_enabled=True, structured_output={"schema": "{"}))
    assert bench.binder.problems == [("invalid_schema", "structured_output.schema")]


def test_structured_output_without_any_schema_is_off(bench: Bench) -> None:
    bench.compile("llm", chat(structured_output_enabled=True))
    assert bench.binder.problems == []


async def test_reasoning_is_kept_apart_where_the_node_asks_for_it(bench: Bench, models: ScriptedModels) -> None:
    models.script = answer("<thi", "nk>hm", "m</thin", "k>\n\nYes", "!")
    context = bench.context()
    node = bench.compile("llm", chat(("user", "hi"), reasoning_format="separated"))
    result = await run_node(node, context)
    assert (context.reasoned, context.said) == (["hm", "m"], ["Yes", "!"])
    assert (result.outputs["reasoning_content"], result.outputs["text"]) == ("hmm", "Yes!")


async def test_tags_stay_in_the_text_where_it_does_not(bench: Bench, models: ScriptedModels) -> None:
    models.script = answer("<think>hm</think>Yes")
    result = await bench.run("llm", chat(("user", "hi")))
    assert (result.outputs["reasoning_content"], result.outputs["text"]) == ("", "<think>hm</think>Yes")


async def test_reasoning_that_the_model_sends_apart_stays_apart(bench: Bench, models: ScriptedModels) -> None:
    models.script = [ReasoningDelta("hm"), *answer("Yes")]
    result = await bench.run("llm", chat(("user", "hi")))
    assert (result.outputs["reasoning_content"], result.outputs["text"]) == ("hm", "Yes")


def test_it_shows_what_it_reads(bench: Bench) -> None:
    config = chat(
        ("user", "{{#v.x#}} {{#v.x#}}"),
        memory={"window": None},
        context={"enabled": True, "variable_selector": ["k", "result"]},
    )
    names = [name for name, _ in bench.compile("llm", config).inputs]
    assert names == ["#v.x#", "#sys.query#", "#k.result#"]


@pytest.mark.parametrize("config", [{}, {"model": None, "prompt_template": None}, {"model": 5, "prompt_template": 7}])
async def test_a_config_of_nothing_does_not_break_anything_but_its_own_node(bench: Bench, config: Any) -> None:
    with pytest.raises((NodeError, ValueError)):
        await bench.run("llm", config)
