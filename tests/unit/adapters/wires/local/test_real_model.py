"""The real local model, and the process that it runs in.

Nothing here hangs on the words that the model likes best: they differ between processors, and from call to call where
no temperature is set. Where an answer must be of a kind, a schema leaves no other.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import jsonschema
import pytest

from loomwork.adapters.wires.local.servers import LocalServers, ServerSettings
from loomwork.adapters.wires.local.wire import LocalWire
from loomwork.model_gateway.application.local_weights import LocalWeights
from loomwork.model_gateway.domain.chat import ChatEvent, Finished, Message, TextDelta, Tool, ToolCall, ToolChoice
from loomwork.model_gateway.domain.errors import ModelRefused
from loomwork.model_gateway.domain.provider import Profile
from loomwork.model_gateway.ports import Call, SuppliedWeights
from tests.unit.adapters.wires.scripted_provider import events_of

pytestmark = pytest.mark.slow

TICKET = "Classify this message to our support: 'I was charged twice for my subscription this month, give it back.'"
ROUTED = Profile(structured_output="json_schema", tools=False)
CLASSES = ("billing", "technical", "other")


def only(*answers: str) -> dict[str, Any]:
    """A schema that nothing else fits than one of these, as `{"said": ...}`."""
    said = {"type": "object", "properties": {"said": {"enum": answers}}, "required": ["said"]}
    return {**said, "additionalProperties": False}


def ask(text: str, **more: Any) -> Call:
    """A call at temperature 0; `params` adds to that."""
    params = {"temperature": 0, "max_tokens": 40} | more.pop("params", {})
    profile = Profile(structured_output="json_schema")
    return Call("local", "qwen2.5-coder-0.5b", (Message("user", text),), profile=profile, params=params, **more)


def text_of(events: list[ChatEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


async def said_by(wire: LocalWire, text: str, *answers: str) -> str:
    """Which of the only answers that there are it gives."""
    said: str = json.loads(text_of(await events_of(wire, ask(text, json_schema=only(*answers)))))["said"]
    return said


@pytest.fixture
async def wire(weights: LocalWeights, servers: LocalServers) -> AsyncIterator[LocalWire]:
    wire = LocalWire(weights=weights, servers=servers)
    yield wire
    await wire.close()


async def test_it_answers_a_short_question(wire: LocalWire) -> None:
    events = await events_of(wire, ask("What is the capital of France? Answer with one word."))
    assert "Paris" in text_of(events)
    assert isinstance(events[-1], Finished)


async def test_a_schema_with_an_enum_leaves_no_other_answer(wire: LocalWire) -> None:
    assert await said_by(wire, TICKET, *CLASSES) in CLASSES
    assert await said_by(wire, "Tell me about the weather.", "qxzzy") == "qxzzy"


async def test_max_tokens_ends_an_answer(wire: LocalWire) -> None:
    endless = only("one two three four five six seven eight nine ten eleven twelve")
    end = (await events_of(wire, ask("Say no.", json_schema=endless, params={"max_tokens": 5})))[-1]
    assert isinstance(end, Finished)
    assert (end.finish_reason, end.usage.completion_tokens) == ("length", 5)


async def test_a_request_longer_than_the_context_is_refused_in_a_sentence(wire: LocalWire) -> None:
    with pytest.raises(ModelRefused, match="reads at most 8192"):
        await events_of(wire, ask("word " * 9000))


async def test_answers_that_are_left_free_their_slots(wire: LocalWire) -> None:
    """There are four. Were one still taken, its answer would go on to the end of its context first."""
    endless = {"json_schema": only("and so on " * 1000), "params": {"max_tokens": 8000}}
    answers = [wire.chat(ask("Write a very long story.", **endless)) for _ in range(4)]
    for answer in answers:
        assert await anext(answer)
    for answer in answers:
        await answer.aclose()
    async with asyncio.timeout(60):
        assert await said_by(wire, "Say yes.", "yes") == "yes"


async def test_the_process_dies_and_the_next_call_has_another(
    wire: LocalWire, servers: LocalServers, supplied: SuppliedWeights
) -> None:
    assert await said_by(wire, "Say yes.", "yes") == "yes"
    async with servers.leased(supplied) as server:
        assert servers.holds(supplied.path) == "loaded"
        os.kill(server.pid, signal.SIGKILL)
    assert await said_by(wire, "Say yes.", "yes") == "yes"
    async with servers.leased(supplied) as another:
        assert another.pid != server.pid


async def test_calls_at_the_same_time_share_one_process(servers: LocalServers, supplied: SuppliedWeights) -> None:
    async def pid() -> int:
        async with servers.leased(supplied) as server:
            await asyncio.sleep(0.1)
            return server.pid

    assert len(set(await asyncio.gather(*(pid() for _ in range(5))))) == 1


async def test_the_process_ends_when_nobody_asks(supplied: SuppliedWeights) -> None:
    servers = LocalServers(settings=ServerSettings(idle_seconds=0.2), environment=os.environ)
    async with servers.leased(supplied) as server:
        assert server.alive
    async with asyncio.timeout(60):
        while server.alive:  # noqa: ASYNC110 - another process's end sets no event here
            await asyncio.sleep(0.05)


async def test_nobody_without_the_key_is_answered(servers: LocalServers, supplied: SuppliedWeights) -> None:
    async with servers.leased(supplied) as server, aiohttp.ClientSession() as stranger:
        body = {"messages": [{"role": "user", "content": "Hello?"}]}
        async with stranger.post(f"{server.connection.endpoint}/chat/completions", json=body) as answer:
            assert answer.status == 401
        command = Path(f"/proc/{server.pid}/cmdline")
        if await asyncio.to_thread(command.exists):
            arguments = await asyncio.to_thread(command.read_text)
            assert (server.connection.api_key or "") not in arguments


PARENT = """
import asyncio, os, sys
from pathlib import Path
from loomwork.adapters.wires.local.servers import LocalServers
from loomwork.model_gateway.ports import SuppliedWeights

async def main():
    async with LocalServers(environment=os.environ).leased(SuppliedWeights("m", Path(sys.argv[1]), 512)) as server:
        print(server.pid, flush=True)
        await asyncio.sleep(600)

asyncio.run(main())
"""


async def test_the_process_does_not_outlive_us_however_we_end(supplied: SuppliedWeights) -> None:
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PARENT, str(supplied.path), stdout=subprocess.PIPE
    )
    assert parent.stdout is not None
    child = int(await parent.stdout.readline())
    assert _lives(child)
    parent.kill()
    await parent.wait()
    async with asyncio.timeout(60):
        while _lives(child):  # noqa: ASYNC110 - another process's end sets no event here
            await asyncio.sleep(0.05)


def _lives(pid: int) -> bool:
    """A zombie, that nobody reaps here, is dead."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def tool(name: str, description: str, **properties: str) -> Tool:
    named = {key: {"type": kind} for key, kind in properties.items()}
    return Tool(name, description, {"type": "object", "properties": named, "required": list(named)})


WEATHER = tool("get_weather", "Get the current weather of a city.", city="string")
MONEY = tool("convert_currency", "Convert money into another currency.", amount="number", source="string", to="string")
ORDER = tool("order_status", "Look up the status of an order by its number.", number="string")
NEEDED = (
    (WEATHER, "What is the weather in Berlin?", "Berlin"),
    (WEATHER, "Is it raining in Tokyo right now?", "Tokyo"),
    (WEATHER, "How warm is it in Madrid today?", "Madrid"),
    (WEATHER, "Tell me the current weather in New York.", "New York"),
    (MONEY, "How much is 100 US dollars in euros?", "100"),
    (MONEY, "Convert 50 British pounds to Japanese yen.", "50"),
    (MONEY, "Please convert 20 Swiss francs into dollars.", "20"),
    (ORDER, "Where is my order 48213?", "48213"),
    (ORDER, "What is the status of order number A-77?", "A-77"),
    (ORDER, "Has order 9001 been shipped?", "9001"),
)
NOT_NEEDED = (
    (WEATHER, "Say hello to me."),
    (MONEY, "What is the capital of France?"),
    (ORDER, "Write one sentence about the sea."),
    (WEATHER, "What is two plus two?"),
    (ORDER, "Thank you, that is all!"),
)


async def called(wire: LocalWire, offered: Tool, question: str) -> tuple[ToolCall, ...]:
    """The calls it asks for, which are always of the tool and of its outline."""
    call = ask(question, tools=(offered,), parallel_tool_calls=False, params={"max_tokens": 60})
    end = (await events_of(wire, replace(call, profile=ROUTED)))[-1]
    assert isinstance(end, Finished)
    if end.finish_reason != "length":
        for one in end.tool_calls:
            assert one.name == offered.name
            jsonschema.validate(json.loads(one.arguments), offered.parameters)
    return end.tool_calls


async def test_it_uses_a_tool_where_one_is_needed_and_mostly_not_elsewhere(wire: LocalWire) -> None:
    used = [await called(wire, offered, question) for offered, question, _ in NEEDED]
    right = [len(calls) == 1 and part in calls[0].arguments for calls, (_, _, part) in zip(used, NEEDED, strict=True)]
    assert sum(right) >= 8, used
    spared = [not await called(wire, offered, question) for offered, question in NOT_NEEDED]
    assert sum(spared) >= 4, spared


async def test_a_tool_that_has_to_be_used_is_used_and_of_any_schema(wire: LocalWire) -> None:
    strange = {
        "type": "object",
        "properties": {"where": {"$ref": "#/$defs/place"}, "code": {"type": "string", "pattern": "(?=x)y"}},
        "required": ["where"],
        "$defs": {"place": {"type": "object", "properties": {"inside": {"$ref": "#/$defs/place"}}}},
    }
    offered = (Tool("look", "Look somewhere.", strange), WEATHER)
    for choice, names in ((ToolChoice("required"), {"look", "get_weather"}), (ToolChoice("named", "look"), {"look"})):
        call = replace(ask("Hello!", tools=offered, tool_choice=choice, params={"max_tokens": 100}), profile=ROUTED)
        end = (await events_of(wire, call))[-1]
        assert isinstance(end, Finished)
        assert {one.name for one in end.tool_calls} <= names
        assert end.tool_calls
        if end.finish_reason == "tool_calls":
            assert all(isinstance(json.loads(one.arguments), dict) for one in end.tool_calls)
