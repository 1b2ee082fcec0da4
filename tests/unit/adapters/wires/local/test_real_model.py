"""The real local model, and the process that it runs in."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from loomwork.adapters.wires.local.servers import LocalServers
from loomwork.adapters.wires.local.wire import LocalWire
from loomwork.model_gateway.application.local_weights import LocalWeights
from loomwork.model_gateway.domain.chat import ChatEvent, Finished, Message, TextDelta
from loomwork.model_gateway.domain.errors import ModelRefused
from loomwork.model_gateway.domain.provider import Profile
from loomwork.model_gateway.ports import Call, SuppliedWeights
from tests.unit.adapters.wires.scripted_provider import events_of

pytestmark = pytest.mark.slow

TICKET = "Classify this message to our support: 'I was charged twice for my subscription this month, give it back.'"
CLASSES = {
    "type": "object",
    "properties": {"class": {"enum": ["billing", "technical", "other"]}},
    "required": ["class"],
    "additionalProperties": False,
}


def ask(text: str, **more: Any) -> Call:
    values: dict[str, Any] = {"params": {"temperature": 0, "max_tokens": 40}, **more}
    return Call(
        "local",
        "qwen2.5-coder-0.5b",
        (Message("user", text),),
        profile=Profile(structured_output="json_schema"),
        **values,
    )


def text_of(events: list[ChatEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


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
    assert json.loads(text_of(await events_of(wire, ask(TICKET, json_schema=CLASSES)))) == {"class": "billing"}
    odd = {"type": "object", "properties": {"colour": {"enum": ["qxzzy"]}}, "required": ["colour"]}
    events = await events_of(
        wire, ask("Tell me about the weather.", json_schema={**odd, "additionalProperties": False})
    )
    assert json.loads(text_of(events)) == {"colour": "qxzzy"}


async def test_max_tokens_ends_an_answer(wire: LocalWire) -> None:
    end = (await events_of(wire, ask("Count to one hundred.", params={"max_tokens": 5})))[-1]
    assert isinstance(end, Finished)
    assert (end.finish_reason, end.usage.completion_tokens) == ("length", 5)


async def test_a_request_longer_than_the_context_is_refused_in_a_sentence(wire: LocalWire) -> None:
    with pytest.raises(ModelRefused, match="reads at most 8192"):
        await events_of(wire, ask("word " * 9000))


async def test_answers_that_are_left_free_their_slots(wire: LocalWire) -> None:
    endless = [wire.chat(ask("Write a very long story.", params={"max_tokens": 8000})) for _ in range(4)]
    for answer in endless:
        assert await anext(answer)
    for answer in endless:
        await answer.aclose()
    async with asyncio.timeout(60):
        assert text_of(await events_of(wire, ask("Say yes.")))


async def test_the_process_dies_and_the_next_call_has_another(
    wire: LocalWire, servers: LocalServers, supplied: SuppliedWeights
) -> None:
    assert text_of(await events_of(wire, ask("Say yes.")))
    async with servers.leased(supplied) as server:
        os.kill(server.pid, signal.SIGKILL)
    assert text_of(await events_of(wire, ask("Say yes.")))
    async with servers.leased(supplied) as another:
        assert another.pid != server.pid


async def test_calls_at_the_same_time_share_one_process(servers: LocalServers, supplied: SuppliedWeights) -> None:
    async def pid() -> int:
        async with servers.leased(supplied) as server:
            await asyncio.sleep(0.1)
            return server.pid

    assert len(set(await asyncio.gather(*(pid() for _ in range(5))))) == 1


async def test_the_process_ends_when_nobody_asks(servers: LocalServers, supplied: SuppliedWeights) -> None:
    async with servers.leased(supplied) as server:
        assert server.alive
    async with asyncio.timeout(20):
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
    async with asyncio.timeout(20):
        while _lives(child):  # noqa: ASYNC110 - another process's end sets no event here
            await asyncio.sleep(0.05)


def _lives(pid: int) -> bool:
    """A zombie, that nobody reaps here, is dead."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
