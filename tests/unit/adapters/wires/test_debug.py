import io
import json
import struct
import wave
import zlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from loomwork.adapters.catalog.provider_files import CatalogReader
from loomwork.adapters.wires.debug import DebugWire
from loomwork.adapters.wires.plausible import plausible
from loomwork.model_gateway.domain.audio import AudioDelta, SpeechRequest, Spoken, TranscriptionRequest
from loomwork.model_gateway.domain.chat import (
    ChatEvent,
    Finished,
    Message,
    ReasoningDelta,
    TextDelta,
    Tool,
    ToolCallDelta,
    ToolChoice,
)
from loomwork.model_gateway.domain.embedding import EmbeddingRequest
from loomwork.model_gateway.domain.errors import ModelUnavailable
from loomwork.model_gateway.domain.image import ImageRequest
from loomwork.model_gateway.domain.moderation import ModerationRequest
from loomwork.model_gateway.domain.rerank import RerankRequest
from loomwork.model_gateway.domain.usage import Usage
from loomwork.model_gateway.ports import Call, Target
from tests.unit.adapters.wires.calls import WEATHER, text_of, thoughts_of
from tests.unit.adapters.wires.scripted_provider import events_of

CATALOG = Path(__file__).resolve().parents[4] / "catalog" / "providers"
TIME = Tool("time", "", {"type": "object", "properties": {"zone": {"enum": ["UTC", "CET"]}}})


def ask(model: str, *texts: str, **more: Any) -> Call:
    return Call("debug", model, tuple(Message("user", text) for text in texts), **more)


async def test_echo_answers_with_the_last_user_message_in_several_pieces() -> None:
    events = await events_of(DebugWire(), ask("echo", "first", "the second question"))
    pieces = [event.text for event in events if isinstance(event, TextDelta)]
    assert len(pieces) > 2
    assert "".join(pieces) == "the second question"
    assert isinstance(events[-1], Finished)


@pytest.mark.parametrize("text", ["  two  spaces\n", "你好，世界，这是一个测试", "\t", "a" * 50])
async def test_echo_keeps_every_character(text: str) -> None:
    events = await events_of(DebugWire(), ask("echo", text))
    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == text


async def test_a_question_of_nothing_is_answered_with_nothing() -> None:
    assert [type(event) for event in await events_of(DebugWire(), ask("echo"))] == [Finished]


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": {"class": {"enum": ["billing", "technical"]}}, "required": ["class"]},
        {"type": "object", "properties": {"n": {"type": "integer", "minimum": 3}, "ok": {"type": "boolean"}}},
        {"type": "array", "minItems": 2, "items": {"type": ["null", "number"]}},
        {"anyOf": [{"const": "a"}, {"type": "null"}]},
        {"type": "string"},
        {"type": "string", "minLength": 9, "maxLength": 12},
        {"type": "string", "format": "date", "maxLength": 10},
        {"type": "integer", "exclusiveMinimum": 2.5, "maximum": 3},
        {"type": "number", "maximum": 0.5},
        {"type": "number", "exclusiveMaximum": 1},
        {"items": {"type": "integer"}, "maxItems": 0},
        {
            "$ref": "#/$defs/order",
            "$defs": {
                "order": {
                    "type": "object",
                    "properties": {"lines": {"type": "array", "items": {"$ref": "#/$defs/a~1b"}, "minItems": 1}},
                    "required": ["lines"],
                },
                "a/b": {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]},
            },
        },
        {
            "type": "object",
            "properties": {
                "parent": {"anyOf": [{"$ref": "#"}, {"type": "null"}]},
                "children": {"type": "array", "items": {"$ref": "#"}},
                "next": {"$ref": "#"},
                "name": {"type": "string"},
            },
            "required": ["parent", "children", "name"],
        },
    ],
)
async def test_a_schema_is_answered_with_a_value_of_it(schema: dict[str, Any]) -> None:
    events = await events_of(DebugWire(), ask("echo", "?", json_schema=schema))
    value = json.loads("".join(event.text for event in events if isinstance(event, TextDelta)))
    jsonschema.validate(value, schema)


@pytest.mark.parametrize("schema", [{"enum": []}, {"type": 3}, {"type": "array", "minItems": 10**9}, {"items": 1}, {}])
def test_a_strange_schema_still_gets_a_value(schema: dict[str, Any]) -> None:
    assert len(json.dumps(plausible(schema))) < 1000


def grown(times: int) -> dict[str, Any]:
    """Twenty times twenty times ... of a text."""
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(times):
        schema = {"type": "array", "minItems": 20, "items": schema}
    return schema


@pytest.mark.parametrize(
    "schema",
    [
        grown(12),
        {"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]},
        {"$ref": "#/$defs/a", "$defs": {"a": {"anyOf": [{"$ref": "#/$defs/a"}, {"$ref": "#"}]}}},
        {"type": "array", "minItems": 900, "items": {"$ref": "#/$defs/a"}, "$defs": {"a": {"const": "x" * 50_000}}},
        {"type": "array", "minItems": 900, "items": {"properties": {"x" * 50_000: {}}}},
        {"$ref": "https://example.com/schema.json"},
    ],
)
def test_a_schema_cannot_make_a_value_that_is_many_times_its_size(schema: dict[str, Any]) -> None:
    assert len(json.dumps(plausible(schema))) < 100


async def test_a_tool_that_says_nothing_of_its_arguments_gets_an_object() -> None:
    events = await events_of(DebugWire(), ask("tools", "?", tools=(Tool("now", "", {}),)))
    end = events[-1]
    assert isinstance(end, Finished)
    assert [call.arguments for call in end.tool_calls] == ["{}"]


async def test_fail_is_never_there() -> None:
    with pytest.raises(ModelUnavailable):
        await events_of(DebugWire(), ask("fail", "?"))


def at(model: str) -> Target:
    return Target("debug", model)


async def begun(call: Call) -> tuple[list[ChatEvent], ModelUnavailable]:
    """What is said before it fails, and how it fails."""
    events: list[ChatEvent] = []
    try:
        async for event in DebugWire().chat(call):
            events.append(event)  # noqa: PERF401 - a comprehension would lose what came before the failure
    except ModelUnavailable as problem:
        return events, problem
    raise AssertionError("it did not fail")


async def test_one_is_always_asked_too_often() -> None:
    events, problem = await begun(ask("rate-limited", "?"))
    assert (events, problem.cause, problem.status, problem.retry_after) == ([], "rate", 429, 1.0)


async def test_one_breaks_off_in_the_middle_of_its_answer() -> None:
    events, problem = await begun(ask("half", "one two three four"))
    assert (text_of(events), problem.cause) == ("one two ", "outage")


async def test_one_thinks_first() -> None:
    events = await events_of(DebugWire(), ask("reasoning", "Hello?"))
    assert isinstance(events[0], ReasoningDelta)
    assert (bool(thoughts_of(events)), text_of(events)) == (True, "Hello?")
    end = events[-1]
    assert isinstance(end, Finished)
    assert (end.usage.completion_tokens or 0) > (end.usage.reasoning_tokens or 0) > 0


async def test_one_writes_json_that_ends_too_early() -> None:
    for more in ({}, {"json_schema": {"type": "string"}}, {"json_schema": {"type": "object"}}):
        text = text_of(await events_of(DebugWire(), ask("json-broken", "?", **more)))
        with pytest.raises(json.JSONDecodeError):
            json.loads(text)


async def test_one_asks_for_every_tool_and_answers_from_their_results() -> None:
    call = ask("tools", "Paris?", tools=(WEATHER, TIME))
    events = await events_of(DebugWire(), call)
    end = events[-1]
    assert isinstance(end, Finished)
    assert (end.finish_reason, [one.name for one in end.tool_calls]) == ("tool_calls", ["weather", "time"])
    assert json.loads(end.tool_calls[1].arguments) == {"zone": "UTC"}
    for place, one in enumerate(end.tool_calls):
        pieces = [event for event in events if isinstance(event, ToolCallDelta) and event.index == place]
        assert (pieces[0].id, pieces[0].name) == (one.id, one.name)
        assert "".join(piece.arguments for piece in pieces) == one.arguments
    results = [Message("tool", f"it is {one.name}", tool_call_id=one.id) for one in end.tool_calls]
    asked = (*call.messages, Message("assistant", "", tool_calls=end.tool_calls), *results)
    answered = await events_of(DebugWire(), Call("debug", "tools", asked, tools=call.tools))
    assert text_of(answered) == "weather: it is weather\ntime: it is time"
    again = await events_of(
        DebugWire(), Call("debug", "tools", (*asked, Message("user", "And now?")), tools=call.tools)
    )
    assert isinstance(again[-1], Finished)
    assert {one.id for one in again[-1].tool_calls}.isdisjoint(one.id for one in end.tool_calls)


@pytest.mark.parametrize(
    ("more", "names"),
    [
        ({"tool_choice": ToolChoice("none")}, []),
        ({"tool_choice": ToolChoice("named", "time")}, ["time"]),
        ({"tool_choice": ToolChoice("required")}, ["weather", "time"]),
        ({"parallel_tool_calls": False}, ["weather"]),
        ({"tools": ()}, []),
    ],
)
async def test_tools_are_asked_for_as_the_choice_has_it(more: dict[str, Any], names: list[str]) -> None:
    end = (await events_of(DebugWire(), ask("tools", "?", **{"tools": (WEATHER, TIME), **more})))[-1]
    assert isinstance(end, Finished)
    assert [one.name for one in end.tool_calls] == names
    assert end.finish_reason == ("tool_calls" if names else "stop")


async def test_texts_that_share_words_lie_nearer_to_each_other() -> None:
    texts = ["The red fox", "a red fox!", "quarterly results", "", "\ud800"]
    result = await DebugWire().embed(at("embedding"), EmbeddingRequest("m", texts, dimensions=32))
    again = await DebugWire().embed(at("embedding"), EmbeddingRequest("m", texts, dimensions=32))
    assert result == again
    fox, same, other, *_ = result.vectors
    assert {len(vector) for vector in result.vectors} == {32}
    assert sum(value * value for value in fox) == pytest.approx(1)
    near, far = (sum(a * b for a, b in zip(fox, one, strict=True)) for one in (same, other))
    assert near > far
    assert len((await DebugWire().embed(at("embedding"), EmbeddingRequest("m", ["a"]))).vectors[0]) == 64


async def test_documents_are_ranked_by_the_words_they_share_with_the_query() -> None:
    request = RerankRequest("m", "red fox", ["a blue fox", "nothing", "Fox, red."], top_n=2)
    ranking = await DebugWire().rerank(at("rerank"), request)
    assert [(one.index, one.score) for one in ranking.results] == [(2, 1.0), (0, 0.5)]
    assert ranking.usage == Usage(searches=1)


async def test_one_word_is_flagged() -> None:
    result = await DebugWire().moderate(at("moderation"), ModerationRequest("m", ["This is Forbidden!", "fine"]))
    assert [(one.flagged, one.scores) for one in result.verdicts] == [
        (True, {"forbidden": 1.0}),
        (False, {"forbidden": 0.0}),
    ]


async def test_what_is_spoken_is_heard() -> None:
    events = [event async for event in DebugWire().speak(at("speech"), SpeechRequest("m", "Grüße"))]
    audio = b"".join(event.audio for event in events if isinstance(event, AudioDelta))
    assert events[-1] == Spoken("audio/wav", Usage(characters=5))
    with wave.open(io.BytesIO(audio)) as file:
        assert (file.getnchannels(), file.getnframes()) == (1, 2000)
    heard = await DebugWire().transcribe(at("transcription"), TranscriptionRequest("m", audio, timestamps=True))
    assert (heard.text, heard.duration, heard.usage.seconds) == ("Grüße", 0.25, 0.25)
    assert [(one.start, one.end, one.text) for one in heard.segments] == [(0.0, 0.25, "Grüße")]


@pytest.mark.parametrize("audio", [b"", b"RIFF", b"ICMT", b"x" * 32000, b"ICMT\xff\xff\xff\xffab"])
async def test_any_bytes_are_heard_as_something(audio: bytes) -> None:
    heard = await DebugWire().transcribe(at("transcription"), TranscriptionRequest("m", audio))
    assert heard.usage.seconds == len(audio) / 16000


@pytest.mark.parametrize(
    ("size", "pixels"),
    [(None, (64, 64)), ("auto", (64, 64)), ("3x2", (3, 2)), ("0x99999", (1, 1024))],
)
async def test_a_picture_is_one_colour_in_the_size_that_was_asked_for(
    size: str | None, pixels: tuple[int, int]
) -> None:
    made = await DebugWire().make_images(at("image"), ImageRequest("m", "a fox", count=2, size=size))
    assert (len(made.images), made.usage) == (2, Usage(images=2))
    data = made.images[0].data or b""
    assert struct.unpack(">II", data[16:24]) == pixels
    start = data.index(b"IDAT")
    (length,) = struct.unpack(">I", data[start - 4 : start])
    assert len(zlib.decompress(data[start + 4 : start + 4 + length])) == pixels[1] * (1 + 3 * pixels[0])


ASKED: list[Callable[[DebugWire, Target], Awaitable[Any]]] = [
    lambda wire, target: wire.embed(target, EmbeddingRequest("m", ["a"])),
    lambda wire, target: wire.rerank(target, RerankRequest("m", "a", ["a"])),
    lambda wire, target: wire.moderate(target, ModerationRequest("m", ["a"])),
    lambda wire, target: wire.transcribe(target, TranscriptionRequest("m", b"a")),
    lambda wire, target: wire.make_images(target, ImageRequest("m", "a")),
]


@pytest.mark.parametrize("asked", ASKED)
async def test_models_that_fail_do_so_whatever_they_are_asked_for(
    asked: Callable[[DebugWire, Target], Awaitable[Any]],
) -> None:
    for model, cause in (("fail", "outage"), ("rate-limited", "rate")):
        with pytest.raises(ModelUnavailable) as caught:
            await asked(DebugWire(), at(model))
        assert caught.value.cause == cause


def test_the_catalog_has_a_file_for_each_of_them() -> None:
    provider = CatalogReader([CATALOG]).read().providers["debug"]
    assert provider.problems == {}
    assert {name: card.type for name, card in provider.models.items()} == {
        **dict.fromkeys(["echo", "slow", "half", "reasoning", "tools", "json-broken", "fail", "rate-limited"], "chat"),
        "embedding": "embedding",
        "rerank": "rerank",
        "moderation": "moderation",
        "speech": "text_to_speech",
        "transcription": "speech_to_text",
        "image": "image",
    }
