import asyncio
import random
import socket
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loomwork.adapters.wires.http import Http
from loomwork.adapters.wires.openai_chat import OpenAIChatWire
from loomwork.model_gateway.domain.chat import ChatEvent, Finished, Message, ReasoningDelta, TextDelta
from loomwork.model_gateway.domain.connection import Connection
from loomwork.model_gateway.domain.errors import ModelRefused, ModelUnavailable
from loomwork.model_gateway.domain.provider import Profile
from loomwork.model_gateway.domain.routes import Patience
from loomwork.model_gateway.domain.usage import Usage
from tests.unit.adapters.wires.scripted_provider import (
    KEY,
    Script,
    ScriptedProvider,
    a_call,
    chunk,
    events_of,
    provider,
    sse,
)

USAGE = {"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}}
STREAM = sse(
    chunk(None, delta={"role": "assistant", "content": None}),
    chunk(None, delta={"reasoning_content": "hm, "}),
    chunk("Grüße, "),
    chunk("世界 🦊"),
    chunk(None, finish_reason="stop"),
    USAGE,
    "[DONE]",
)
EVENTS: list[ChatEvent] = [
    ReasoningDelta("hm, "),
    TextDelta("Grüße, "),
    TextDelta("世界 🦊"),
    Finished("stop", Usage(9, 3)),
]


async def test_an_answer_streams_with_its_reasoning_and_usage(acme: ScriptedProvider, wire: OpenAIChatWire) -> None:
    acme.script = Script([STREAM])
    assert await events_of(wire, a_call(acme.url)) == EVENTS
    assert acme.headers[0]["Authorization"] == f"Bearer {KEY}"
    assert acme.bodies[0] == {
        "model": "small",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello?"}],
        "stream": True,
        "stream_options": {"include_usage": True},
    }


async def test_a_stream_cut_at_any_byte_is_a_whole_answer_or_unavailable(wire: OpenAIChatWire) -> None:
    whole = 0
    async with provider() as acme:
        for place in range(len(STREAM)):
            acme.script = Script([STREAM[:place]], cut=True)
            received: list[ChatEvent] = []
            try:
                async for event in wire.chat(a_call(acme.url)):
                    received += [event]
                whole += 1
                assert isinstance(received[-1], Finished)
            except ModelUnavailable:
                assert received == EVENTS[: len(received)]
                assert Finished not in map(type, received)
    assert 0 < whole < len(STREAM) / 2


@given(st.integers(0, 2**32), st.sampled_from(["\n", "\r\n"]))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_chunking_gives_the_same_events(seed: int, ending: str) -> None:
    chance = random.Random(seed)
    stream = STREAM.replace(b"\n", ending.encode())
    places = sorted(chance.sample(range(len(stream)), chance.randint(0, 30)))
    pieces = [stream[a:b] for a, b in zip([0, *places], [*places, len(stream)], strict=True) if b > a]

    async def received() -> list[ChatEvent]:
        wire = OpenAIChatWire()
        async with provider() as acme:
            acme.script = Script(pieces)
            try:
                return await events_of(wire, a_call(acme.url))
            finally:
                await wire.close()

    assert asyncio.run(received()) == EVENTS


async def test_a_second_done_and_what_follows_it_are_ignored(acme: ScriptedProvider, wire: OpenAIChatWire) -> None:
    acme.script = Script([STREAM + sse("[DONE]", "garbage", chunk("late"))])
    assert await events_of(wire, a_call(acme.url)) == EVENTS


async def test_a_missing_done_is_fine_once_the_answer_has_ended(acme: ScriptedProvider, wire: OpenAIChatWire) -> None:
    acme.script = Script([sse(chunk("Hi"), chunk(None, finish_reason="length"))])
    assert await events_of(wire, a_call(acme.url)) == [TextDelta("Hi"), Finished("length", Usage())]


async def test_a_server_that_does_not_stream_is_understood(acme: ScriptedProvider, wire: OpenAIChatWire) -> None:
    body = b'{"choices": [{"message": {"content": "Hi"}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 4}}'
    acme.script = Script([body], content_type="application/json")
    assert await events_of(wire, a_call(acme.url)) == [TextDelta("Hi"), Finished("stop", Usage(4, None))]


async def test_known_params_are_sent_and_unknown_ones_are_not(acme: ScriptedProvider, wire: OpenAIChatWire) -> None:
    acme.script = Script([STREAM])
    params = {"temperature": "0.2", "top_p": 1, "max_tokens": 64, "stop": ["END"], "seed": 7, "enable_thinking": True}
    await events_of(wire, a_call(acme.url, params={**params, "presence_penalty": None, "frequency_penalty": 0.5}))
    sent = {key: value for key, value in acme.bodies[0].items() if key not in ("model", "messages", "stream")}
    assert sent == {
        "temperature": 0.2,
        "top_p": 1,
        "frequency_penalty": 0.5,
        "max_tokens": 64,
        "seed": 7,
        "stop": ["END"],
        "stream_options": {"include_usage": True},
    }


async def test_a_profile_names_the_field_for_max_tokens(acme: ScriptedProvider, wire: OpenAIChatWire) -> None:
    acme.script = Script([STREAM])
    profile = Profile(max_tokens_field="max_completion_tokens", stream_usage=False)
    await events_of(wire, a_call(acme.url, profile=profile, params={"max_tokens": 5}))
    assert acme.bodies[0]["max_completion_tokens"] == 5
    assert "max_tokens" not in acme.bodies[0]
    assert "stream_options" not in acme.bodies[0]


@pytest.mark.parametrize("value", ["hot", [1], True, float("nan")])
async def test_a_param_that_is_no_number_is_refused_before_anything_is_sent(value: Any) -> None:
    with pytest.raises(ModelRefused, match="temperature of acme/small must be a number"):
        await events_of(OpenAIChatWire(), a_call("http://127.0.0.1:9/v1", params={"temperature": value}))


async def test_a_schema_is_sent_as_a_response_format(acme: ScriptedProvider, wire: OpenAIChatWire) -> None:
    acme.script = Script([STREAM])
    schema = {"type": "object"}
    await events_of(wire, a_call(acme.url, json_schema=schema))
    wanted = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}
    assert acme.bodies[0]["response_format"] == wanted


async def test_a_schema_is_asked_for_in_words_where_it_cannot_be_sent(
    acme: ScriptedProvider, wire: OpenAIChatWire
) -> None:
    acme.script = Script([STREAM])
    await events_of(wire, a_call(acme.url, json_schema={"enum": ["a"]}, profile=Profile()))
    assert "response_format" not in acme.bodies[0]
    assert '{"enum":["a"]}' in acme.bodies[0]["messages"][0]["content"]


async def test_images_follow_the_text(acme: ScriptedProvider, wire: OpenAIChatWire) -> None:
    acme.script = Script([STREAM])
    messages = (Message("user", "What?", ("data:image/png;base64,AA==",)),)
    await events_of(wire, a_call(acme.url, messages=messages, profile=Profile(vision=True)))
    assert acme.bodies[0]["messages"][0]["content"] == [
        {"type": "text", "text": "What?"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}},
    ]


async def test_an_image_from_this_machine_is_refused() -> None:
    messages = (Message("user", "", ("file:///etc/passwd",)),)
    call = a_call("http://127.0.0.1:9/v1", messages=messages, profile=Profile(vision=True))
    with pytest.raises(ModelRefused, match="neither a web address nor"):
        await events_of(OpenAIChatWire(), call)


async def test_a_model_that_does_not_see_is_not_shown_an_image() -> None:
    call = a_call("http://127.0.0.1:9/v1", messages=(Message("user", "", ("https://example.com/a.png",)),))
    with pytest.raises(ModelRefused, match="does not see images"):
        await events_of(OpenAIChatWire(), call)


@pytest.mark.parametrize("changes", [{"json_schema": {"const": {1, 2}}}, {"params": {"seed": 2**80}}])
async def test_what_json_cannot_carry_is_refused(changes: dict[str, Any]) -> None:
    for profile in (Profile(), Profile(structured_output="json_schema")):
        with pytest.raises(ModelRefused, match="JSON cannot carry"):
            await events_of(OpenAIChatWire(), a_call("http://127.0.0.1:9/v1", profile=profile, **changes))


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
async def test_a_refusal_carries_the_vendors_words_and_never_the_key(
    status: int, acme: ScriptedProvider, wire: OpenAIChatWire
) -> None:
    body = f'{{"error": {{"message": "bad key {KEY}, I mean {KEY[:9]}***6789"}}}}'.encode()
    acme.script = Script([body], status=status, content_type="application/json")
    with pytest.raises(ModelRefused, match="bad key") as caught:
        await events_of(wire, a_call(acme.url))
    assert KEY[:8] not in str(caught.value)
    assert caught.value.details["status"] == status


@pytest.mark.parametrize("status", [429, 500, 502, 503])
async def test_what_may_pass_is_unavailable(status: int, acme: ScriptedProvider, wire: OpenAIChatWire) -> None:
    acme.script = Script([b"<html>try later"], status=status, content_type="text/html", headers={"Retry-After": "7"})
    with pytest.raises(ModelUnavailable, match="try later") as caught:
        await events_of(wire, a_call(acme.url))
    cause = "rate" if status == 429 else "outage"
    assert caught.value.details == {"model": "acme/small", "cause": cause, "status": status, "retry_after": 7.0}


async def test_a_redirect_is_not_followed(acme: ScriptedProvider, wire: OpenAIChatWire) -> None:
    acme.script = Script(status=307, headers={"Location": f"{acme.url}/chat/completions"})
    with pytest.raises(ModelUnavailable, match="redirects are not followed"):
        await events_of(wire, a_call(acme.url))
    assert len(acme.bodies) == 1


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"error": {"message": "no more", "code": 429}}, ModelUnavailable),
        ({"error": {"message": "no more", "code": "insufficient_quota"}}, ModelUnavailable),
        ({"error": {"message": "no more", "code": "400"}}, ModelRefused),
        ({"error": {"message": "no more", "type": "invalid_request_error"}}, ModelRefused),
        ({"error": "no more"}, ModelUnavailable),
    ],
)
async def test_an_error_inside_a_good_answer_is_an_error(
    error: dict[str, Any], kind: type[Exception], acme: ScriptedProvider, wire: OpenAIChatWire
) -> None:
    acme.script = Script([sse(chunk("Hi"), error)])
    with pytest.raises(kind, match="no more"):
        await events_of(wire, a_call(acme.url))


@pytest.mark.parametrize(
    "body",
    [
        b"data: {oops\n\n",
        b"data: [1]\n\n",
        b"data: \xff\n\n",
        b"<html>hello</html>",
        b"",
        b"data: [DONE]\n\n",
        b'data: {"choices": "none"}\n\n',
        b'data: {"choices": [null, 3]}\n\n',
        b"data: " + b"[" * 5000 + b"\n\n",
        b"data: " + b"x" * (1024 * 1024 + 10),
    ],
)
async def test_garbage_is_unavailable(body: bytes, acme: ScriptedProvider, wire: OpenAIChatWire) -> None:
    acme.script = Script([body])
    with pytest.raises(ModelUnavailable):
        await events_of(wire, a_call(acme.url))


async def test_a_silent_provider_is_given_up(acme: ScriptedProvider) -> None:
    for patience, pieces in [
        (Patience(first_token=0.05), []),
        (Patience(idle=0.05), [sse(chunk("Hi"))]),
        (Patience(total=0.1), [sse(chunk("Hi"))]),
    ]:
        wire = OpenAIChatWire(Http(patience=patience))
        acme.script = Script(pieces, hang=True)
        with pytest.raises(ModelUnavailable, match="in time"):
            await events_of(wire, a_call(acme.url))
        await wire.close()


async def test_nobody_listening_is_unavailable(wire: OpenAIChatWire) -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        with pytest.raises(ModelUnavailable, match="cannot be reached"):
            await events_of(wire, a_call(f"http://127.0.0.1:{deaf.getsockname()[1]}/v1"))


async def test_a_key_is_never_part_of_a_calls_text() -> None:
    assert KEY not in repr(a_call("http://127.0.0.1:9/v1"))


async def test_closing_the_answer_closes_the_socket(acme: ScriptedProvider, wire: OpenAIChatWire) -> None:
    acme.script = Script([sse(chunk("Hi"))], hang=True)
    answer = wire.chat(a_call(acme.url))
    assert await anext(answer) == TextDelta("Hi")
    await answer.aclose()
    await asyncio.wait_for(acme.left.wait(), 60)


async def turns_of_the_loop(count: int) -> None:
    """Server and client share the loop: what one does to a socket, the other hears of in a few turns."""
    for _ in range(count):
        await asyncio.sleep(0)


async def test_a_kept_connection_that_the_server_has_closed_does_not_fail_the_call(
    acme: ScriptedProvider, wire: OpenAIChatWire
) -> None:
    acme.script = Script([STREAM])
    for _ in range(3):
        assert await events_of(wire, a_call(acme.url)) == EVENTS
        acme.close_connections()
        await turns_of_the_loop(10)


@pytest.mark.parametrize("kept", [True, False])
async def test_a_request_that_was_read_and_not_answered_is_not_sent_again(
    acme: ScriptedProvider, wire: OpenAIChatWire, kept: bool
) -> None:
    if kept:
        acme.script = Script([STREAM])
        await events_of(wire, a_call(acme.url))
        acme.bodies.clear()
    acme.script = Script(drop=True)
    with pytest.raises(ModelUnavailable, match="cannot be reached"):
        await events_of(wire, a_call(acme.url))
    assert len(acme.bodies) == 1


async def test_one_connection_serves_calls_that_follow_each_other(acme: ScriptedProvider, wire: OpenAIChatWire) -> None:
    acme.script = Script([STREAM])
    for _ in range(3):
        assert await events_of(wire, a_call(acme.url)) == EVENTS


async def test_a_closed_wire_may_be_used_again(acme: ScriptedProvider, wire: OpenAIChatWire) -> None:
    acme.script = Script([STREAM])
    await events_of(wire, a_call(acme.url))
    await wire.close()
    assert await events_of(wire, a_call(acme.url, connection=Connection(acme.url))) == EVENTS
    assert "Authorization" not in acme.headers[1]
