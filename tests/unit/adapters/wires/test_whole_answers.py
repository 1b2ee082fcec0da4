"""Answers that nobody looks at before their end, asked for in one piece."""

import json
from dataclasses import replace

import pytest

from loomwork.adapters.wires.http import Http
from loomwork.adapters.wires.openai_chat import OpenAIChatWire
from loomwork.model_gateway.domain.chat import Finished, TextDelta, ToolCall
from loomwork.model_gateway.domain.errors import ModelUnavailable
from loomwork.model_gateway.domain.routes import Patience
from loomwork.model_gateway.domain.usage import Usage
from tests.unit.adapters.wires.calls import WEATHER, text_of
from tests.unit.adapters.wires.exchanges import openai
from tests.unit.adapters.wires.scripted_provider import Script, ScriptedProvider, a_call, events_of, provider

JSON = "application/json"


def said(message: object, reason: str = "stop", **more: object) -> Script:
    choice = {"index": 0, "message": message, "finish_reason": reason}
    return Script([json.dumps({"object": "chat.completion", "choices": [choice], **more}).encode()], content_type=JSON)


async def test_it_is_asked_for_without_a_stream(acme: ScriptedProvider, wire: OpenAIChatWire) -> None:
    acme.script = said({"content": "Hello"}, usage={"prompt_tokens": 9, "completion_tokens": 3})
    events = await events_of(wire, a_call(acme.url, whole=True))
    assert events == [TextDelta("Hello"), Finished("stop", Usage(9, 3))]
    assert acme.bodies[0]["stream"] is False
    assert "stream_options" not in acme.bodies[0]
    assert acme.headers[0]["Accept"] == JSON


async def test_its_tools_are_asked_for_side_by_side(acme: ScriptedProvider, wire: OpenAIChatWire) -> None:
    called = [
        {"id": name, "type": "function", "function": {"name": "weather", "arguments": f'{{"city": "{name}"}}'}}
        for name in ("Paris", "Rome")
    ]
    acme.script = said({"content": None, "tool_calls": called}, "tool_calls")
    end = (await events_of(wire, a_call(acme.url, tools=(WEATHER,), whole=True)))[-1]
    assert isinstance(end, Finished)
    assert end.tool_calls == tuple(ToolCall(name, "weather", f'{{"city": "{name}"}}') for name in ("Paris", "Rome"))


async def test_a_provider_that_streams_all_the_same_is_understood(acme: ScriptedProvider, wire: OpenAIChatWire) -> None:
    acme.script = Script([openai.TEXT])
    assert text_of(await events_of(wire, a_call(acme.url, whole=True))) == "Hello wörld"


async def test_it_may_take_as_long_as_a_whole_stream() -> None:
    wire = OpenAIChatWire(Http(patience=Patience(first_token=0.0, idle=60, total=60)))
    async with provider() as acme:
        acme.script = said({"content": "Hello"})
        assert text_of(await events_of(wire, a_call(acme.url, whole=True))) == "Hello"
    await wire.close()


@pytest.mark.parametrize(
    ("script", "cause"),
    [
        (Script(mute=True), "timeout"),
        (Script([b'{"choices": [{'], content_type=JSON, hang=True), "timeout"),
        (Script([b'{"choices": [{'], content_type=JSON, cut=True), "outage"),
        (Script([b'{"choices": [{'], content_type=JSON, reset=True), "outage"),
        (Script([b'{"choices": [{'], content_type=JSON), "bad_answer"),
        (Script([b'{"choices": []}'], content_type=JSON), "outage"),
        (Script([b'{"error": {"message": "Slow down", "code": 429}}'], content_type=JSON), "rate"),
        (Script([b" " * 65536] * 260, content_type=JSON), "bad_answer"),
        (Script(drop=True), "outage"),
    ],
)
async def test_what_may_become_of_it_has_its_cause(acme: ScriptedProvider, script: Script, cause: str) -> None:
    patience = Patience(total=0.3) if cause == "timeout" else Patience()
    wire = OpenAIChatWire(Http(patience=patience))
    acme.script = script
    with pytest.raises(ModelUnavailable) as caught:
        await events_of(wire, a_call(acme.url, whole=True))
    await wire.close()
    assert caught.value.cause == cause


async def test_a_torn_one_is_an_outage_at_every_byte(wire: OpenAIChatWire) -> None:
    (body,) = said({"content": "Grüße, 🦊"}, usage={"prompt_tokens": 9}).pieces
    async with provider() as acme:
        for place in range(0, len(body), 7):
            acme.script = replace(Script(content_type=JSON, cut=True), pieces=[body[:place]] if place else [])
            with pytest.raises(ModelUnavailable) as caught:
                await events_of(wire, a_call(acme.url, whole=True))
            assert caught.value.cause == "outage"
