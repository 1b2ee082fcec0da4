"""What holds for every dialect over HTTP, over real sockets."""

import json
import socket
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from typing import Any, Literal

import pytest

from loomwork.model_gateway.domain.chat import Finished, Message, TextDelta, Tool, ToolCallDelta, ToolChoice
from loomwork.model_gateway.domain.connection import Connection
from loomwork.model_gateway.domain.errors import REFUSALS, ModelFailure, ModelRefused, ModelUnavailable
from loomwork.model_gateway.domain.provider import Auth, Profile
from loomwork.model_gateway.domain.routes import Patience
from loomwork.model_gateway.ports import Call, ChatWire
from tests.contracts.wires.dialects import DIALECTS, KEY, Dialect
from tests.unit.adapters.wires.calls import PIXEL, SCHEMA, WEATHER, text_of, thoughts_of
from tests.unit.adapters.wires.scripted_provider import Script, ScriptedProvider, events_of, provider

QUICK = Patience(connect=5, first_token=0.2, idle=0.2, total=5)


@pytest.fixture(params=sorted(DIALECTS))
def dialect(request: pytest.FixtureRequest) -> Dialect:
    return DIALECTS[request.param]


@pytest.fixture
async def wire(dialect: Dialect) -> AsyncIterator[ChatWire]:
    wire = dialect.wire()
    yield wire
    await wire.close()


@pytest.fixture
async def acme() -> AsyncIterator[ScriptedProvider]:
    async with provider() as scripted:
        scripted.url = scripted.url.removesuffix("/v1")
        yield scripted


def a_call(url: str, **more: Any) -> Call:
    values = {
        "provider": "acme",
        "model": "small",
        "messages": (Message("user", "Hello?"),),
        "connection": Connection(url, KEY),
        "profile": Profile(structured_output="json_schema", vision=True),
    }
    return Call(**{**values, **more})


def plays(acme: ScriptedProvider, dialect: Dialect, *pieces: bytes, **more: Any) -> None:
    acme.script = Script(pieces, content_type=dialect.content_type, **more)


async def failure_of(wire: ChatWire, call: Call) -> ModelFailure:
    with pytest.raises((ModelRefused, ModelUnavailable)) as caught:
        await events_of(wire, call)
    assert KEY not in str(caught.value)
    assert KEY not in str(caught.value.details)
    return caught.value


async def test_text_streams_with_what_it_used(wire: ChatWire, dialect: Dialect, acme: ScriptedProvider) -> None:
    plays(acme, dialect, dialect.text)
    events = await events_of(wire, a_call(acme.url))
    assert len([event for event in events if isinstance(event, TextDelta)]) > 1
    end = events[-1]
    assert isinstance(end, Finished)
    assert end.finish_reason == "stop"
    assert (end.usage.prompt_tokens or 0) > 0
    assert (end.usage.completion_tokens or 0) > 0
    assert acme.paths == [dialect.path]
    assert acme.headers[0][dialect.key[0]] == dialect.key[1]


async def test_tools_are_asked_for_side_by_side(wire: ChatWire, dialect: Dialect, acme: ScriptedProvider) -> None:
    plays(acme, dialect, dialect.calls)
    events = await events_of(wire, a_call(acme.url, tools=(WEATHER,)))
    end = events[-1]
    assert isinstance(end, Finished)
    assert (end.finish_reason, len(end.tool_calls)) == ("tool_calls", 2)
    for index, call in enumerate(end.tool_calls):
        pieces = [event for event in events if isinstance(event, ToolCallDelta) and event.index == index]
        assert (pieces[0].id, pieces[0].name) == (call.id, call.name)
        assert json.loads("".join(piece.arguments for piece in pieces)) == json.loads(call.arguments)
    assert len({call.id for call in end.tool_calls}) == 2


async def test_results_of_tools_are_sent_back(wire: ChatWire, dialect: Dialect, acme: ScriptedProvider) -> None:
    plays(acme, dialect, dialect.calls)
    first = (await events_of(wire, a_call(acme.url, tools=(WEATHER,))))[-1]
    assert isinstance(first, Finished)
    plays(acme, dialect, dialect.text)
    results = [Message("tool", f"rain in {call.id}", tool_call_id=call.id) for call in first.tool_calls]
    answered = Message("assistant", "", tool_calls=first.tool_calls, carried=first.carried)
    messages = (Message("user", "Hello?"), answered, *results)
    await events_of(wire, a_call(acme.url, messages=messages, tools=(WEATHER,)))
    sent = json.dumps(acme.bodies[-1])
    for call in first.tool_calls:
        assert f"rain in {call.id}" in sent
        assert sent.count(json.dumps(call.name)) >= 2


async def test_instructions_are_sent_under_the_role_that_the_profile_names(
    wire: ChatWire, dialect: Dialect, acme: ScriptedProvider
) -> None:
    messages = (Message("system", "Be brief."), Message("user", "Hello?"))
    roles: tuple[Literal["system", "user"], ...] = ("system", "user")
    for role in roles:
        plays(acme, dialect, dialect.text)
        profile = Profile(system_role=role)
        await events_of(wire, a_call(acme.url, messages=messages, profile=profile))
    apart, among = (json.dumps(body) for body in acme.bodies)
    assert apart.count("Be brief.") == among.count("Be brief.") == 1
    assert apart.count("Hello?") == among.count("Hello?") == 1
    assert apart != among


async def test_params_are_sent_but_for_those_that_the_provider_refuses(
    wire: ChatWire, dialect: Dialect, acme: ScriptedProvider
) -> None:
    for refused in ((), ("temperature",)):
        plays(acme, dialect, dialect.text)
        profile = Profile(unsupported=refused)
        await events_of(wire, a_call(acme.url, params={"temperature": "0.25", "max_tokens": 77}, profile=profile))
    sent, without = (json.dumps(body) for body in acme.bodies)
    assert ("0.25" in sent, "0.25" in without) == (True, False)
    assert "77" in sent
    assert "77" in without


async def test_each_wish_for_a_tool_is_told_in_its_own_way(
    wire: ChatWire, dialect: Dialect, acme: ScriptedProvider
) -> None:
    tools = (WEATHER, Tool("news", "What has happened."))
    choices = (ToolChoice(), ToolChoice("none"), ToolChoice("required"), ToolChoice("named", "news"))
    for choice in choices:
        plays(acme, dialect, dialect.text)
        await events_of(wire, a_call(acme.url, tools=tools, tool_choice=choice))
    assert len({json.dumps(body) for body in acme.bodies}) == len(choices)
    assert "news" in json.dumps(acme.bodies[-1])


async def test_thoughts_come_apart_from_the_answer(wire: ChatWire, dialect: Dialect, acme: ScriptedProvider) -> None:
    plays(acme, dialect, dialect.thought)
    events = await events_of(wire, a_call(acme.url))
    assert thoughts_of(events)
    assert text_of(events)
    assert thoughts_of(events) not in text_of(events)


async def test_a_schema_is_sent_and_its_answer_is_the_text(
    wire: ChatWire, dialect: Dialect, acme: ScriptedProvider
) -> None:
    plays(acme, dialect, dialect.schema)
    events = await events_of(wire, a_call(acme.url, json_schema=SCHEMA))
    assert json.loads(text_of(events)) == {"kind": "a"}
    assert "kind" in json.dumps(acme.bodies[0])


async def test_reasons_to_stop_have_our_words(wire: ChatWire, dialect: Dialect, acme: ScriptedProvider) -> None:
    for reason, stream in dialect.reasons.items():
        plays(acme, dialect, stream)
        end = (await events_of(wire, a_call(acme.url)))[-1]
        assert isinstance(end, Finished)
        assert end.finish_reason == reason


async def test_images_are_sent_and_refused_where_they_are_not_seen(
    wire: ChatWire, dialect: Dialect, acme: ScriptedProvider
) -> None:
    plays(acme, dialect, dialect.text)
    messages = (Message("user", "What is it?", images=(PIXEL,)),)
    await events_of(wire, a_call(acme.url, messages=messages))
    assert "iVBORw0KGgo=" in json.dumps(acme.bodies[0])
    blind = await failure_of(wire, a_call(acme.url, messages=messages, profile=Profile()))
    assert (blind.cause, len(acme.bodies)) == ("bad_request", 1)


@pytest.mark.parametrize("which", range(5))
async def test_errors_have_their_cause_and_hide_the_key(
    wire: ChatWire, dialect: Dialect, acme: ScriptedProvider, which: int
) -> None:
    said = dialect.errors[which]
    body = json.dumps(said.body).encode()
    acme.script = Script([body], status=said.status, content_type="application/json", headers=said.headers)
    problem = await failure_of(wire, a_call(acme.url))
    assert (problem.cause, problem.status) == (said.cause, said.status)
    assert problem.retry_after == (7.0 if said.cause == "rate" else None)
    assert isinstance(problem, ModelRefused) is (said.cause in REFUSALS)


async def test_an_error_in_the_middle_of_a_stream_is_an_outage(
    wire: ChatWire, dialect: Dialect, acme: ScriptedProvider
) -> None:
    plays(acme, dialect, dialect.broken)
    assert (await failure_of(wire, a_call(acme.url))).cause == "outage"


async def test_a_stream_that_is_torn_is_an_outage(wire: ChatWire, dialect: Dialect, acme: ScriptedProvider) -> None:
    for place in (0, len(dialect.text) // 3, len(dialect.text) // 2):
        plays(acme, dialect, dialect.text[:place], cut=True)
        assert (await failure_of(wire, a_call(acme.url))).cause == "outage"


async def test_a_connection_that_is_reset_is_an_outage(
    wire: ChatWire, dialect: Dialect, acme: ScriptedProvider
) -> None:
    for place in (0, len(dialect.text) // 2):
        plays(acme, dialect, *filter(None, [dialect.text[:place]]), reset=True)
        assert (await failure_of(wire, a_call(acme.url))).cause == "outage"


@pytest.mark.parametrize(("status", "cause"), [(429, "rate"), (500, "outage"), (529, "outage")])
async def test_an_error_without_a_word_of_the_vendor_has_its_cause(
    wire: ChatWire, dialect: Dialect, acme: ScriptedProvider, status: int, cause: str
) -> None:
    acme.script = Script([b"<html>later"], status=status, content_type="text/html")
    problem = await failure_of(wire, a_call(acme.url))
    assert (problem.cause, problem.status, problem.retry_after) == (cause, status, None)


async def test_what_follows_the_end_of_an_answer_is_not_looked_at(
    wire: ChatWire, dialect: Dialect, acme: ScriptedProvider
) -> None:
    plays(acme, dialect, dialect.text + dialect.text)
    events = await events_of(wire, a_call(acme.url))
    plays(acme, dialect, dialect.text)
    assert events == await events_of(wire, a_call(acme.url))


async def test_a_stream_in_any_pieces_is_the_same(wire: ChatWire, dialect: Dialect, acme: ScriptedProvider) -> None:
    plays(acme, dialect, dialect.calls)
    whole = await events_of(wire, a_call(acme.url))
    pieces = [dialect.calls[place : place + 41] for place in range(0, len(dialect.calls), 41)]
    plays(acme, dialect, *pieces)
    assert await events_of(wire, a_call(acme.url)) == whole


async def test_silence_is_a_timeout_before_and_within_an_answer(
    wire: ChatWire, dialect: Dialect, acme: ScriptedProvider
) -> None:
    call = a_call(acme.url, patience=QUICK)
    acme.script = Script(mute=True)
    assert (await failure_of(wire, call)).cause == "timeout"
    for begun in (b"", dialect.text[: len(dialect.text) // 2]):
        plays(acme, dialect, *filter(None, [begun]), hang=True)
        assert (await failure_of(wire, call)).cause == "timeout"


async def test_leaving_early_ends_the_call_on_the_other_side(
    wire: ChatWire, dialect: Dialect, acme: ScriptedProvider
) -> None:
    plays(acme, dialect, dialect.text[: len(dialect.text) // 2], hang=True)
    async with aclosing(wire.chat(a_call(acme.url))) as answer:
        assert await anext(answer)
    await acme.left.wait()


async def test_a_provider_that_hangs_up_or_is_not_there_is_an_outage(
    wire: ChatWire, dialect: Dialect, acme: ScriptedProvider
) -> None:
    plays(acme, dialect, drop=True)
    assert (await failure_of(wire, a_call(acme.url))).cause == "outage"
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{unused.getsockname()[1]}"
        assert (await failure_of(wire, a_call(nobody))).cause == "outage"


async def test_nonsense_is_a_bad_answer(wire: ChatWire, dialect: Dialect, acme: ScriptedProvider) -> None:
    plays(acme, dialect, b"data: <html>nonsense</html>\n\n" * 4)
    assert (await failure_of(wire, a_call(acme.url))).cause == "bad_answer"
    acme.script = Script([b"[1, 2]"], content_type="application/json")
    assert (await failure_of(wire, a_call(acme.url))).cause == "bad_answer"


async def test_a_line_without_end_is_a_bad_answer(wire: ChatWire, dialect: Dialect, acme: ScriptedProvider) -> None:
    ten_megabytes = [b"x" * 65536] * 160
    plays(acme, dialect, *ten_megabytes, hang=True)
    assert (await failure_of(wire, a_call(acme.url))).cause == "bad_answer"


async def test_what_comes_packed_is_not_unpacked(wire: ChatWire, dialect: Dialect, acme: ScriptedProvider) -> None:
    plays(acme, dialect, b"\x1f\x8b", headers={"Content-Encoding": "gzip"})
    assert (await failure_of(wire, a_call(acme.url))).cause == "bad_answer"


async def test_a_redirect_is_not_followed(wire: ChatWire, dialect: Dialect, acme: ScriptedProvider) -> None:
    plays(acme, dialect, status=307, headers={"Location": f"{acme.url}/elsewhere"})
    problem = await failure_of(wire, a_call(acme.url))
    assert (problem.cause, len(acme.paths)) == ("not_configured", 1)


async def test_an_address_that_a_workspace_wrote_leads_to_the_public_web_only(
    wire: ChatWire, dialect: Dialect, acme: ScriptedProvider
) -> None:
    port = acme.url.rpartition(":")[2]
    for url in (acme.url, f"http://localhost:{port}", "http://169.254.169.254", "http://localhost"):
        problem = await failure_of(wire, a_call(url, connection=Connection(url, KEY, vouched=False)))
        assert problem.cause == "not_configured"
    assert acme.paths == []


async def test_a_file_says_where_and_how_a_provider_is_called(
    wire: ChatWire, dialect: Dialect, acme: ScriptedProvider
) -> None:
    plays(acme, dialect, dialect.text)
    connection = replace(
        Connection(acme.url, KEY),
        headers={"X-Team": "loom"},
        query={"version": "9 9"},
        paths={"chat": "deep/{model}"},
        auth=Auth(header="X-Key", prefix="Key "),
    )
    await events_of(wire, a_call(acme.url, connection=connection))
    assert acme.paths[0].startswith("/deep/small?version=9+9")
    assert (acme.headers[0]["X-Key"], acme.headers[0]["X-Team"]) == (f"Key {KEY}", "loom")


async def test_a_closed_wire_may_be_used_again(wire: ChatWire, dialect: Dialect, acme: ScriptedProvider) -> None:
    plays(acme, dialect, dialect.text)
    await wire.close()
    for _ in range(3):
        assert isinstance((await events_of(wire, a_call(acme.url)))[-1], Finished)
        await wire.close()
