import json
from typing import Any

import jsonschema
import pytest

from loomwork.adapters.wires.debug import DebugWire, plausible
from loomwork.model_gateway.domain.chat import Finished, Message, TextDelta
from loomwork.model_gateway.domain.errors import ModelUnavailable
from loomwork.model_gateway.ports import Call
from tests.unit.adapters.wires.scripted_provider import events_of


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
    ],
)
async def test_a_schema_is_answered_with_a_value_of_it(schema: dict[str, Any]) -> None:
    events = await events_of(DebugWire(), ask("echo", "?", json_schema=schema))
    value = json.loads("".join(event.text for event in events if isinstance(event, TextDelta)))
    jsonschema.validate(value, schema)


@pytest.mark.parametrize("schema", [{"enum": []}, {"type": 3}, {"type": "array", "minItems": 10**9}, {"items": 1}, {}])
def test_a_strange_schema_still_gets_a_value(schema: dict[str, Any]) -> None:
    assert len(json.dumps(plausible(schema))) < 1000


async def test_fail_is_never_there() -> None:
    with pytest.raises(ModelUnavailable):
        await events_of(DebugWire(), ask("fail", "?"))
