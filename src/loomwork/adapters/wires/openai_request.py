"""A call as the JSON body that the chat completions dialect wants."""

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson

from loomwork.adapters.wires import params
from loomwork.adapters.wires.forcing import plea
from loomwork.adapters.wires.images import InlineImage, LinkedImage, images_of
from loomwork.adapters.wires.openai_schema import can_be_strict
from loomwork.adapters.wires.sendable import sendable
from loomwork.adapters.wires.tool_calls import arguments_of
from loomwork.adapters.wires.turns import wish
from loomwork.model_gateway.domain.chat import Message, Tool, ToolCall
from loomwork.model_gateway.ports import Call

WIRE = "openai_chat"
NUMBERS = ("temperature", "top_p", "presence_penalty", "frequency_penalty")
WORDS = ("reasoning_effort", "verbosity")
LONGEST_ID = 40
"""Characters of a call's id that OpenAI takes."""
NEVER_LEFT_OUT = frozenset({"model", "messages", "stream"})


def request_body(call: Call) -> bytes:
    """Raises `ModelRefused` for what could never be sent: a param that is no number, an image that is no address."""
    with sendable(call):
        return orjson.dumps(_body(call))


def call_id(given: str) -> str:
    """The id as this dialect takes it. A longer one, of another vendor, becomes the same other one each time."""
    if 0 < len(given) <= LONGEST_ID:
        return given
    return f"call_{hashlib.sha256(given.encode()).hexdigest()[:24]}"


def arguments_sent(called: ToolCall) -> str:
    """JSON text of an object: some servers parse what they are sent back, and break over anything else."""
    sound = arguments_of(called)
    try:
        kept = orjson.loads(called.arguments) == sound
    except orjson.JSONDecodeError:
        kept = False
    return called.arguments if kept else orjson.dumps(sound).decode()


def address_of(image: InlineImage | LinkedImage) -> str:
    """An image as one address."""
    return image.url if isinstance(image, LinkedImage) else f"data:{image.media_type};base64,{image.data}"


def _body(call: Call) -> dict[str, Any]:
    body: dict[str, Any] = {
        **_params(call),
        "model": call.model,
        "messages": [_message(call, message) for message in _asked(call)],
        "stream": not call.whole,
        **_tools(call),
        **_format(call),
    }
    if call.profile.stream_usage and not call.whole:
        body["stream_options"] = {"include_usage": True}
    refused = set(call.profile.unsupported) - NEVER_LEFT_OUT
    return {name: value for name, value in body.items() if name not in refused}


def _asked(call: Call) -> tuple[Message, ...]:
    """The messages; what the provider cannot be made to do, it is asked for in words."""
    words = [plea(call)]
    if call.json_schema is not None and call.profile.structured_output != "json_schema":
        words.append(wish(call.json_schema))
    return (*(Message("system", one) for one in words if one), *call.messages)


def _message(call: Call, message: Message) -> dict[str, Any]:
    if message.role == "tool":
        return {"role": "tool", "tool_call_id": call_id(message.tool_call_id or ""), "content": message.text}
    if message.role == "assistant" and message.tool_calls:
        return _calling(call, message)
    role = call.profile.system_role if message.role == "system" else message.role
    images = images_of(call, message)
    if not images:
        return {"role": role, "content": message.text}
    parts: list[dict[str, Any]] = [{"type": "text", "text": message.text}] if message.text else []
    parts += [{"type": "image_url", "image_url": {"url": address_of(image)}} for image in images]
    return {"role": role, "content": parts}


def _calling(call: Call, message: Message) -> dict[str, Any]:
    calls = [
        {
            "id": call_id(one.id),
            "type": "function",
            "function": {"name": one.name, "arguments": arguments_sent(one)},
        }
        for one in message.tool_calls
    ]
    said = {"role": "assistant", "content": message.text or None, "tool_calls": calls}
    carried = message.carried or {}
    if carried.get("wire") == WIRE and carried.get("provider") == call.provider:
        # Those who sent it insist on it as long as the results of their calls come in; others never get it.
        said["reasoning_content"] = str(carried.get("reasoning_content", ""))
    return said


def _tools(call: Call) -> dict[str, Any]:
    if not call.tools:
        return {}
    sent: dict[str, Any] = {"tools": [{"type": "function", "function": function(tool)} for tool in call.tools]}
    match call.tool_choice.mode:
        case "named":
            sent["tool_choice"] = {"type": "function", "function": {"name": call.tool_choice.name}}
        case "none" | "required":
            sent["tool_choice"] = call.tool_choice.mode
    if not call.parallel_tool_calls and call.profile.parallel_tools:
        sent["parallel_tool_calls"] = False
    return sent


def function(tool: Tool) -> dict[str, Any]:
    """A tool as a function, without words where it has none."""
    described = {"description": tool.description} if tool.description else {}
    return {"name": tool.name, **described, "parameters": tool.parameters}


def _format(call: Call) -> dict[str, Any]:
    kind = call.profile.structured_output
    if kind == "prompt":
        return {}
    if call.json_schema is None:
        wanted = params.word(call, "response_format") == "json_object"
        return {"response_format": {"type": "json_object"}} if wanted else {}
    if kind == "json_object":
        return {"response_format": {"type": "json_object"}}
    return {"response_format": {"type": "json_schema", "json_schema": named_schema(call.json_schema)}}


def named_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A schema under a name; as a strict one where it can be kept strictly."""
    strict = {"strict": True} if can_be_strict(schema) else {}
    return {"name": "answer", "schema": schema, **strict}


def _params(call: Call) -> dict[str, Any]:
    """The completion params that this dialect or the provider knows; those set to nothing, or unknown, are left out."""
    if not call.params:
        return {}
    sent: dict[str, Any] = {name: params.plain(call, name) for name in call.profile.extra_params}
    sent |= {name: params.number(call, name) for name in NUMBERS}
    sent[call.profile.max_tokens_field] = params.whole(call, "max_tokens")
    sent["seed"] = params.whole(call, "seed")
    sent |= {name: params.word(call, name) for name in WORDS}
    sent["stop"] = [one for one in params.stops(call) if one] or None
    bias = params.value(call, "logit_bias")
    sent["logit_bias"] = bias if isinstance(bias, Mapping) and bias else None
    return {name: value for name, value in sent.items() if value is not None}
