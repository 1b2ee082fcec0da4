"""What the models that are not models say in a chat."""

import hashlib
import json
import re
from collections.abc import Mapping
from itertools import takewhile
from typing import Any

from loomwork.adapters.wires.plausible import plausible
from loomwork.adapters.wires.tool_calls import names_by_id
from loomwork.model_gateway.domain.chat import Message, Tool, ToolCall
from loomwork.model_gateway.ports import Call


def echoed(call: Call) -> str:
    """The last question, or a plausible value of the schema that is asked for."""
    return last_question(call) if call.json_schema is None else _value(call.json_schema)


def broken_json(call: Call) -> str:
    """JSON without its last character; and never any, whatever is asked."""
    schema = call.json_schema if call.json_schema is not None else {}
    return json.dumps({"answer": plausible(schema)}, ensure_ascii=False, default=str)[:-1]


def tool_calls(call: Call) -> tuple[ToolCall, ...]:
    """A call of every tool that is offered, or of the one that is named; none once there are results."""
    choice = call.tool_choice
    if choice.mode == "none" or _results(call):
        return ()
    tools = [tool for tool in call.tools if choice.mode != "named" or tool.name == choice.name]
    wanted = tools if call.parallel_tool_calls else tools[:1]
    return tuple(_call(call, place, tool) for place, tool in enumerate(wanted))


def result_of(call: Call) -> str:
    """What the tools said, each under its name; the last question where none was asked."""
    results = _results(call)
    if call.json_schema is not None or not results:
        return echoed(call)
    names = names_by_id(call.messages)
    return "\n".join(f"{names.get(one.tool_call_id or '', 'tool')}: {one.text}" for one in results)


def last_question(call: Call) -> str:
    return next((message.text for message in reversed(call.messages) if message.role == "user"), "")


def pieces_of(text: str) -> list[str]:
    """Pieces of at most six letters and the space around them. Joined, they are the text again."""
    return re.findall(r"\s*\S{1,6}\s*|\s+", text)


def prompt_size(call: Call) -> int:
    """In pieces."""
    return sum(len(pieces_of(message.text)) for message in call.messages)


def _results(call: Call) -> list[Message]:
    """Those that the conversation ends with."""
    return list(takewhile(lambda message: message.role == "tool", reversed(call.messages)))[::-1]


def _call(call: Call, place: int, tool: Tool) -> ToolCall:
    """The id is another one for each question, and the same each time that it is asked."""
    asked = json.dumps([len(call.messages), last_question(call), place, tool.name])
    arguments = _value({"type": "object", **tool.parameters})
    return ToolCall(f"call_{hashlib.sha256(asked.encode()).hexdigest()[:24]}", tool.name, arguments)


def _value(schema: Mapping[str, Any]) -> str:
    return json.dumps(plausible(schema), ensure_ascii=False, default=str)
