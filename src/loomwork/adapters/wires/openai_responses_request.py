"""A call as the JSON body that OpenAI's responses dialect wants: a list of items in place of messages."""

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from loomwork.adapters.wires import params
from loomwork.adapters.wires.forcing import plea
from loomwork.adapters.wires.images import images_of
from loomwork.adapters.wires.json_values import count, objects, text
from loomwork.adapters.wires.openai_request import address_of, arguments_sent, call_id, function, named_schema
from loomwork.adapters.wires.sendable import sendable
from loomwork.adapters.wires.turns import instructions, wish
from loomwork.model_gateway.domain.chat import Message, ToolCall
from loomwork.model_gateway.ports import Call

WIRE = "openai_responses"
NUMBERS = ("temperature", "top_p")
NEVER_LEFT_OUT = frozenset({"model", "input", "stream", "store"})
ENCRYPTED = "reasoning.encrypted_content"


def request_body(call: Call) -> bytes:
    """Raises `ModelRefused` for what could never be sent."""
    with sendable(call):
        return orjson.dumps(_body(call))


def _body(call: Call) -> dict[str, Any]:
    body: dict[str, Any] = {
        "model": call.model,
        "input": [item for message in call.messages for item in _items(call, message)],
        "stream": True,
        # Whatever is to be remembered, the caller remembers; thoughts come back encrypted, to be handed in again.
        "store": False,
        "include": [ENCRYPTED] if call.profile.reasoning else None,
        "instructions": _instructions(call) or None,
        "reasoning": _reasoning(call) or None,
        "text": _text(call) or None,
        "max_output_tokens": params.whole(call, "max_tokens"),
        **{name: params.number(call, name) for name in NUMBERS},
        **_tools(call),
    }
    refused = set(call.profile.unsupported) - NEVER_LEFT_OUT
    return {name: value for name, value in body.items() if value is not None and name not in refused}


def _instructions(call: Call) -> str:
    in_words = call.json_schema is not None and call.profile.structured_output != "json_schema"
    wished = wish(call.json_schema) if in_words and call.json_schema is not None else ""
    return "\n\n".join(filter(None, [instructions(call), plea(call), wished]))


def _items(call: Call, message: Message) -> Iterator[dict[str, Any]]:
    match message.role:
        case "tool":
            yield {
                "type": "function_call_output",
                "call_id": call_id(message.tool_call_id or ""),
                "output": message.text,
            }
        case "assistant":
            yield from _answer(call, message)
        case "system" if call.profile.system_role != "user":
            return
        case _:
            yield {"role": "user", "content": _content(call, message)}


def _content(call: Call, message: Message) -> str | list[dict[str, Any]]:
    images = images_of(call, message)
    if not images:
        return message.text
    parts: list[dict[str, Any]] = [{"type": "input_text", "text": message.text}] if message.text else []
    return [*parts, *({"type": "input_image", "image_url": address_of(image)} for image in images)]


def _answer(call: Call, message: Message) -> Iterator[dict[str, Any]]:
    """An earlier answer. Thoughts are only taken right before what they led to: where that was changed since, they are
    left out.
    """
    carried = _carried(call, message)
    lengths = [count(item.get("length")) for item in carried if item.get("type") == "message"]
    ids = [item.get("call_id") for item in carried if item.get("type") == "function_call"]
    whole = None not in lengths and sum(filter(None, lengths)) == len(message.text)
    if carried and whole and ids == [one.id for one in message.tool_calls]:
        yield from _in_order(message, carried)
        return
    if message.text:
        yield {"role": "assistant", "content": message.text}
    yield from (_called(one) for one in message.tool_calls)


def _carried(call: Call, message: Message) -> list[Mapping[str, Any]]:
    carried = message.carried or {}
    if carried.get("wire") != WIRE or carried.get("provider") != call.provider:
        return []
    items = carried.get("items")
    return objects(list(items)) if isinstance(items, list | tuple) else []


def _in_order(message: Message, carried: list[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    calls, place = iter(message.tool_calls), 0
    for item in carried:
        match item.get("type"):
            case "message":
                said = message.text[place : place + item["length"]]
                place += item["length"]
                phase = {"phase": item["phase"]} if text(item.get("phase")) else {}
                yield from [{"role": "assistant", "content": said, **phase}] if said else []
            case "function_call":
                yield _called(next(calls))
            case "reasoning":
                yield dict(item)


def _called(called: ToolCall) -> dict[str, Any]:
    arguments = arguments_sent(called)
    return {"type": "function_call", "call_id": call_id(called.id), "name": called.name, "arguments": arguments}


def _reasoning(call: Call) -> dict[str, Any]:
    """Summaries are only given to organizations that are known to OpenAI, so nobody asks for them unasked."""
    wishes = {"effort": params.word(call, "reasoning_effort"), "summary": params.word(call, "reasoning_summary")}
    return {name: value for name, value in wishes.items() if value is not None}


def _text(call: Call) -> dict[str, Any]:
    wishes: dict[str, Any] = {"format": _format(call), "verbosity": params.word(call, "verbosity")}
    return {name: value for name, value in wishes.items() if value is not None}


def _format(call: Call) -> dict[str, Any] | None:
    kind = call.profile.structured_output
    if kind == "prompt":
        return None
    if call.json_schema is None:
        return {"type": "json_object"} if params.word(call, "response_format") == "json_object" else None
    if kind == "json_object":
        return {"type": "json_object"}
    return {"type": "json_schema", "strict": False, **named_schema(call.json_schema)}


def _tools(call: Call) -> dict[str, Any]:
    if not call.tools:
        return {}
    # A tool is strict here unless it says otherwise, and few schemas can be.
    sent: dict[str, Any] = {"tools": [{"type": "function", **function(tool), "strict": False} for tool in call.tools]}
    match call.tool_choice.mode:
        case "named":
            sent["tool_choice"] = {"type": "function", "name": call.tool_choice.name}
        case "none" | "required":
            sent["tool_choice"] = call.tool_choice.mode
    if not call.parallel_tool_calls and call.profile.parallel_tools:
        sent["parallel_tool_calls"] = False
    return sent
