import asyncio
import json

from loomwork.model_gateway.domain.chat import Finished, TextDelta
from tests.contracts.wires.conftest import Spoken
from tests.unit.adapters.wires.scripted_provider import events_of

SCHEMA = {
    "type": "object",
    "properties": {"kind": {"enum": ["a", "b"]}},
    "required": ["kind"],
    "additionalProperties": False,
}


async def test_an_answer_comes_in_pieces_and_ends_once(spoken: Spoken) -> None:
    events = await events_of(spoken.wire, spoken.call())
    assert len([event for event in events if isinstance(event, TextDelta)]) > 1
    assert [type(event) for event in events].count(Finished) == 1
    end = events[-1]
    assert isinstance(end, Finished)
    assert end.finish_reason == "stop"
    assert (end.usage.total_tokens or 0) > 0


async def test_an_answer_may_be_left_early_and_another_asked_for(spoken: Spoken) -> None:
    for _ in range(6):
        answer = spoken.wire.chat(spoken.call())
        assert await anext(answer)
        await answer.aclose()
    events = await events_of(spoken.wire, spoken.call())
    assert isinstance(events[-1], Finished)


async def test_answers_may_be_asked_for_at_the_same_time(spoken: Spoken) -> None:
    answers = await asyncio.gather(*(events_of(spoken.wire, spoken.call()) for _ in range(3)))
    assert [isinstance(events[-1], Finished) for events in answers] == [True] * 3


async def test_a_schema_holds_the_whole_answer(spoken: Spoken) -> None:
    events = await events_of(spoken.wire, spoken.call(json_schema=SCHEMA))
    value = json.loads("".join(event.text for event in events if isinstance(event, TextDelta)))
    assert value in ({"kind": "a"}, {"kind": "b"})


async def test_a_closed_wire_may_be_used_again(spoken: Spoken) -> None:
    await spoken.wire.close()
    await spoken.wire.close()
    events = await events_of(spoken.wire, spoken.call())
    assert isinstance(events[-1], Finished)
