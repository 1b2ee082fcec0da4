"""Tools for a model that knows none: what it is asked, and what its answers become, however they are cut."""

import asyncio
import json
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from typing import Any

import jsonschema
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from loomwork.adapters.wires.tool_router import needs_routing, routed
from loomwork.model_gateway.domain.chat import (
    ChatEvent,
    Finished,
    Message,
    ReasoningDelta,
    TextDelta,
    Tool,
    ToolCall,
    ToolCallDelta,
    ToolChoice,
)
from loomwork.model_gateway.domain.errors import ModelRefused, ModelUnavailable
from loomwork.model_gateway.domain.provider import Profile
from loomwork.model_gateway.domain.usage import Usage
from loomwork.model_gateway.ports import Call

WEATHER = Tool(
    "weather",
    "The weather of a city.",
    {"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}}, "required": ["city"]},
)
CLOCK = Tool("clock", "The time.")
USED = Usage(10, 5)


def a_call(*messages: Message, **changes: Any) -> Call:
    asked = messages or (Message("user", "How is the weather in Oslo?"),)
    values: dict[str, Any] = {"tools": (WEATHER, CLOCK), "profile": Profile(tools=False), **changes}
    return Call("acme", "small", asked, **values)


class Model:
    """Answers with these pieces, and remembers what it was asked."""

    def __init__(self, *pieces: str, reason: str = "stop") -> None:
        self._pieces = pieces
        self._reason = reason
        self.asked: list[Call] = []

    async def chat(self, call: Call) -> AsyncGenerator[ChatEvent, None]:
        self.asked.append(call)
        for piece in self._pieces:
            yield TextDelta(piece)
        yield Finished(self._reason, USED)


async def answer(model: Model, call: Call | None = None) -> list[ChatEvent]:
    return [event async for event in routed(model.chat, call or a_call())]


def text_of(events: Sequence[ChatEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def calls_of(events: Sequence[ChatEvent]) -> list[tuple[str, Any]]:
    """The calls put together from their pieces, which have to come to what the end says."""
    end = events[-1]
    assert isinstance(end, Finished)
    names: dict[int, str] = {}
    arguments: dict[int, str] = {}
    for event in events:
        if isinstance(event, ToolCallDelta):
            if event.name is not None:
                names[event.index] = event.name
            arguments[event.index] = arguments.get(event.index, "") + event.arguments
    assert [(one.name, one.arguments) for one in end.tool_calls] == [
        (names[place], arguments[place]) for place in sorted(names)
    ]
    return [(one.name, json.loads(one.arguments)) for one in end.tool_calls]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
async def test_a_call_comes_in_pieces_of_its_arguments_however_the_answer_is_cut(size: int) -> None:
    written = '{ "tool": "weather",\n "arguments": {"city": "Oslo \\"}, [\\u00e9\\\\", "days": 2} }'
    pieces = [written[start : start + size] for start in range(0, len(written), size)]
    events = await answer(Model(*pieces))
    assert calls_of(events) == [("weather", {"city": 'Oslo "}, [é\\', "days": 2})]
    assert text_of(events) == ""
    assert isinstance(events[-1], Finished)
    assert (events[-1].finish_reason, events[-1].usage) == ("tool_calls", USED)


@pytest.mark.parametrize("size", [1, 2, 5, 1000])
async def test_a_reply_comes_as_text_and_as_soon_as_it_can(size: int) -> None:
    said = 'A "quoted" line,\nand \\ more: é 😀 \ud83d'
    written = json.dumps({"tool": "none", "reply": said})
    events = await answer(Model(*[written[start : start + size] for start in range(0, len(written), size)]))
    assert text_of(events) == said.replace("\ud83d", "�")
    assert calls_of(events) == []
    assert isinstance(events[-1], Finished)
    assert events[-1].finish_reason == "stop"


async def test_text_is_not_kept_until_the_end() -> None:
    answering = routed(Model('{"tool": "none", "reply": "One', " two").chat, a_call())
    assert await anext(answering) == TextDelta("One")
    assert await anext(answering) == TextDelta(" two")
    await answering.aclose()


async def test_several_calls_are_a_list() -> None:
    written = '[{"tool": "weather", "arguments": {"city": "Oslo"}}, {"tool": "clock", "arguments": {}}]'
    events = await answer(Model(*written))
    assert calls_of(events) == [("weather", {"city": "Oslo"}), ("clock", {})]
    assert isinstance(events[-1], Finished)
    assert len({one.id for one in events[-1].tool_calls}) == 2


async def test_the_end_of_its_tokens_is_told_as_such() -> None:
    events = await answer(Model('{"tool": "weather", "arguments": {"city": "Os', reason="length"))
    assert isinstance(events[-1], Finished)
    assert events[-1].finish_reason == "length"


@pytest.mark.parametrize(
    ("written", "said", "calls"),
    [
        ("Just words.", "Just words.", []),
        ('```json\n{"tool": "clock", "arguments": {}}\n```', "", [("clock", {})]),
        ('{"arguments": {"city": "Oslo"}, "tool": "weather"}', "", [("weather", {"city": "Oslo"})]),
        ('{"reply": "Turned round.", "tool": "none"}', "Turned round.", []),
        ('{"something": "else"}', '{"something":"else"}', []),
        ('{"tool": ', '{"tool": ', []),
        ("", "", []),
    ],
)
async def test_what_no_grammar_held_is_understood_as_far_as_it_can_be(
    written: str, said: str, calls: list[tuple[str, Any]]
) -> None:
    for pieces in ([written], list(written)):
        events = await answer(Model(*pieces))
        assert (text_of(events), calls_of(events)) == (said, calls)


async def test_a_stop_word_ends_the_reply_and_not_the_json_around_it() -> None:
    call = a_call(params={"stop": ["END", "\n"], "temperature": 0})
    model = Model(*'{"tool": "none", "reply": "It is EN. END and more"}')
    assert text_of(await answer(model, call)) == "It is EN. "
    assert model.asked[0].params == {"temperature": 0}


async def test_a_tool_that_has_to_be_used_leaves_no_reply() -> None:
    for choice, names in ((ToolChoice("required"), {"weather", "clock"}), (ToolChoice("named", "clock"), {"clock"})):
        model = Model('{"tool": "clock", "arguments": {}}')
        await answer(model, a_call(tool_choice=choice))
        schema = json.dumps(model.asked[0].json_schema)
        assert '"reply"' not in schema
        assert {name for name in ("weather", "clock") if f'"const": "{name}"' in schema} == names
        with pytest.raises(ModelUnavailable) as caught:
            await answer(Model("No."), a_call(tool_choice=choice))
        assert caught.value.cause == "bad_answer"


async def test_a_reply_may_have_a_schema_of_its_own() -> None:
    schema = {"type": "object", "properties": {"mood": {"enum": ["good", "bad"]}}, "required": ["mood"]}
    model = Model(*'{"tool": "none", "reply": {"mood": "good"}}')
    events = await answer(model, a_call(json_schema=schema))
    assert json.loads(text_of(events)) == {"mood": "good"}
    assert '"mood"' in json.dumps(model.asked[0].json_schema)


async def test_tools_and_their_results_are_said_in_words() -> None:
    messages = (
        Message("system", "Be brief."),
        Message("user", "Oslo?"),
        Message("assistant", "", tool_calls=(ToolCall("c1", "weather", '{"city": "Oslo"}'),)),
        Message("tool", "4 degrees", tool_call_id="c1"),
    )
    model = Model('{"tool": "none", "reply": "Cold."}')
    assert text_of(await answer(model, a_call(*messages))) == "Cold."
    asked = model.asked[0]
    assert [message.role for message in asked.messages] == ["system", "user", "assistant", "user"]
    assert asked.messages[0].text.startswith("Be brief.")
    assert "The weather of a city." in asked.messages[0].text
    assert json.loads(asked.messages[2].text) == {"tool": "weather", "arguments": {"city": "Oslo"}}
    assert asked.messages[3].text.startswith("Result of weather: 4 degrees\n\nYou have the result now.")
    assert asked.tools == ()


async def test_where_no_tool_may_be_used_the_answer_is_free_and_history_still_in_words() -> None:
    model = Model('{"tool": "clock"', ', "arguments": {}}')
    call = a_call(Message("tool", "noon", tool_call_id="gone"), tool_choice=ToolChoice("none"))
    assert text_of(await answer(model, call)) == '{"tool": "clock", "arguments": {}}'
    assert model.asked[0].json_schema is None
    assert model.asked[0].messages == (Message("user", "Result of a tool: noon"),)


async def test_reasoning_goes_through() -> None:
    async def thinking(call: Call) -> AsyncGenerator[ChatEvent, None]:
        yield ReasoningDelta("Hm.")
        yield TextDelta('{"tool": "none", "reply": "Yes."}')
        yield Finished("stop", USED)

    events = [event async for event in routed(thinking, a_call())]
    assert events == [ReasoningDelta("Hm."), TextDelta("Yes."), Finished("stop", USED)]


async def test_tools_that_no_grammar_should_be_made_of_are_refused_in_a_sentence() -> None:
    wide = Tool("wide", "", {"type": "object", "properties": {f"p{n}": {"type": "string"} for n in range(5000)}})
    for tools in ((wide,), tuple(Tool(f"t{n}") for n in range(500))):
        with pytest.raises(ModelRefused, match="cannot be given these tools") as caught:
            await answer(Model(), a_call(tools=tools))
        assert caught.value.cause == "bad_request"


def test_only_models_that_know_no_tools_are_spoken_to_so() -> None:
    assert needs_routing(a_call())
    assert needs_routing(a_call(Message("tool", "noon"), tools=()))
    assert not needs_routing(a_call(tools=()))
    assert not needs_routing(a_call(profile=Profile(tools=True)))


scalars = st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=8)
schemas = st.recursive(
    st.sampled_from(["string", "integer", "boolean", "null", "object", "array"]).map(lambda kind: {"type": kind})
    | st.lists(scalars, min_size=1, max_size=3).map(lambda values: {"enum": values})
    | scalars.map(lambda value: {"const": value})
    | st.sampled_from(
        [
            {"$ref": "#"},
            {"$ref": "#/properties/a"},
            {"$ref": "elsewhere"},
            {"type": "string", "pattern": "^(?=x).*$", "maxLength": 100000},
            {"not": {}},
            {"type": ["string", "null"]},
            {"format": 3},
            {},
        ]
    ),
    lambda inner: st.one_of(
        st.dictionaries(st.text(max_size=4), inner, max_size=3).map(lambda named: {"properties": named}),
        inner.map(lambda one: {"type": "array", "items": one, "minItems": 1, "maxItems": 2}),
        st.lists(inner, min_size=1, max_size=3).map(lambda some: {"anyOf": some}),
        st.lists(inner, min_size=1, max_size=2).map(lambda some: {"allOf": some}),
    ),
    max_leaves=4,
)
parameters = st.fixed_dictionaries(
    {"type": st.just("object"), "properties": st.dictionaries(st.text(max_size=4), schemas, max_size=3)}
)


def written_by(schema: dict[str, Any], draw: st.DrawFn, depth: int = 0) -> Any:
    """Some value that a grammar of this schema lets through. Only words that grammars know may stand in it."""
    assert set(schema) <= {
        "type",
        "properties",
        "required",
        "additionalProperties",
        "items",
        "enum",
        "const",
        "anyOf",
    } | {
        "minItems",
        "maxItems",
        "minLength",
        "maxLength",
    }
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return draw(st.sampled_from(schema["enum"]))
    if depth > 4 and schema.get("type") in ("object", "array") and not schema.get("minItems"):
        return (
            {name: written_by(schema["properties"][name], draw, depth + 1) for name in schema.get("required", [])}
            if schema["type"] == "object"
            else []
        )
    if "anyOf" in schema:
        return written_by(draw(st.sampled_from(schema["anyOf"])), draw, depth + 1)
    match schema.get("type"):
        case "object":
            named = schema.get("properties", {})
            kept = [name for name in named if name in schema["required"] or draw(st.booleans())]
            return {name: written_by(named[name], draw, depth + 1) for name in kept}
        case "array":
            count = draw(
                st.integers(schema.get("minItems", 0), min(schema.get("maxItems", 2), schema.get("minItems", 0) + 2))
            )
            return [written_by(schema["items"], draw, depth + 1) for _ in range(count)]
        case "string":
            return draw(st.text(max_size=10))
        case "integer" | "number":
            return draw(st.integers(-99, 99))
        case "boolean":
            return draw(st.booleans())
        case "null":
            return None
        case _:
            return draw(scalars)


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_whatever_the_grammar_lets_through_is_sound_calls_or_a_reply(data: st.DataObject) -> None:
    # Only the answers run in an event loop: what ends a draw early must not end the loop.
    tools = tuple(
        Tool(name, "", data.draw(parameters)) for name in data.draw(st.sampled_from([["a"], ["a", "b"], ["none"]]))
    )
    call = a_call(tools=tools, parallel_tool_calls=data.draw(st.booleans()))
    looking = Model("x")
    try:
        asyncio.run(answer(looking, call))
    except ModelRefused:
        # Schemas that hold themselves in many places are too large for a grammar.
        reject()
    schema = looking.asked[0].json_schema
    assert schema is not None
    jsonschema.Draft202012Validator.check_schema(schema)
    value = data.draw(st.composite(lambda draw: written_by(dict(schema), draw))())
    jsonschema.validate(value, schema)
    written = json.dumps(value, ensure_ascii=data.draw(st.booleans()))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(written)), max_size=6)))
    pieces = [written[start:stop] for start, stop in zip([0, *cuts], [*cuts, len(written)], strict=True)]
    events = asyncio.run(answer(Model(*pieces), call))
    if isinstance(value, dict) and "reply" in value:
        assert (text_of(events), calls_of(events)) == (value["reply"], [])
    else:
        wanted = value if isinstance(value, list) else [value]
        assert calls_of(events) == [(one["tool"], one["arguments"]) for one in wanted]
        assert all(isinstance(one["arguments"], dict) for one in wanted)
        assert text_of(events) == ""


async def test_the_answer_before_it_is_shown_as_the_model_wrote_it() -> None:
    model = Model('{"tool": "none", "reply": "Yes."}')
    await answer(model, a_call(Message("user", "Hi"), Message("assistant", "Hello."), Message("user", "Well?")))
    assert json.loads(model.asked[0].messages[2].text) == {"tool": "none", "reply": "Hello."}
    assert replace(model.asked[0], messages=()).tool_choice.mode == "auto"
