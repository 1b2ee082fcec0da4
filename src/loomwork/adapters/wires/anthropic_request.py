"""A call as the JSON body that the Messages API of Anthropic wants."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from loomwork.adapters.wires import params
from loomwork.adapters.wires.answer_tool import AnswerTool, answer_tool
from loomwork.adapters.wires.anthropic_schema import closed_schema
from loomwork.adapters.wires.anthropic_thinking import room_for, thinking_of
from loomwork.adapters.wires.block_answer import Part, parts_of
from loomwork.adapters.wires.forcing import may_be_forced, plea
from loomwork.adapters.wires.images import InlineImage, LinkedImage, images_of
from loomwork.adapters.wires.sendable import sendable
from loomwork.adapters.wires.tool_calls import arguments_of, plain_id
from loomwork.adapters.wires.turns import Turn, ended_on_words, instructions, turns, wish
from loomwork.model_gateway.domain.chat import Message, Tool, ToolCall
from loomwork.model_gateway.ports import Call

WIRE = "anthropic_messages"
DEFAULT_MAX_TOKENS = 4096
"""Where neither the request nor the catalog says how long an answer may be; the API wants to be told."""
EFFORTS = frozenset({"low", "medium", "high", "xhigh", "max"})


@dataclass(frozen=True, slots=True)
class Asked:
    """A body, and the tool that the answer comes through, if one was forced for the sake of a schema."""

    body: bytes
    answer_tool: AnswerTool | None = None


def asked(call: Call) -> Asked:
    """Raises `ModelRefused` for what could never be sent."""
    schema = None if call.json_schema is None else _format(call, call.json_schema)
    tool = _answer_tool(call) if schema is None else None
    body = {
        "model": call.model,
        "max_tokens": _max_tokens(call),
        "messages": ended_on_words([_turn(call, turn) for turn in turns(call)]),
        "stream": True,
        **_system(call, in_words=schema is None and tool is None),
        **_tools(call, tool),
        **_params(call, forced=_forced(call, tool)),
    }
    if output := _output(call, schema):
        body["output_config"] = output
    with sendable(call):
        return Asked(orjson.dumps(body), tool)


def _format(call: Call, schema: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The schema, where the model can be held to it by its own means."""
    return closed_schema(schema) if call.profile.structured_output == "json_schema" else None


def _answer_tool(call: Call) -> AnswerTool | None:
    if call.json_schema is None or not call.profile.tools or not may_be_forced(call):
        return None
    return answer_tool(call, call.json_schema)


def _max_tokens(call: Call) -> int:
    return params.whole(call, "max_tokens") or (call.card and call.card.max_output) or DEFAULT_MAX_TOKENS


def _system(call: Call, *, in_words: bool) -> dict[str, Any]:
    wanted = wish(call.json_schema) if in_words and call.json_schema is not None else ""
    said = "\n\n".join(filter(None, [instructions(call), plea(call), wanted]))
    return {"system": said} if said else {}


def _turn(call: Call, turn: Turn) -> dict[str, Any]:
    if turn.role == "assistant":
        return {"role": "assistant", "content": [block for message in turn.messages for block in _said(call, message)]}
    results = [message for message in turn.messages if message.role == "tool"]
    others = [message for message in turn.messages if message.role != "tool"]
    # Results have to stand before everything else in the turn that follows their calls.
    blocks = [_result(call, message) for message in results]
    return {"role": "user", "content": [*blocks, *(block for message in others for block in _asked(call, message))]}


def _said(call: Call, message: Message) -> list[dict[str, Any]]:
    blocks = [_part(part) for part in parts_of(message, call, WIRE)]
    return [block for block in blocks if block is not None]


def _part(part: Part) -> dict[str, Any] | None:
    match part.kind:
        case "text":
            return {"type": "text", "text": part.text} if part.text.strip() else None
        case "thought":
            thinking = {"type": "thinking", "thinking": part.text, "signature": part.signature}
            return thinking if part.signature else None
        case "redacted":
            return {"type": "redacted_thinking", "data": part.text}
        case "tool":
            return _tool_use(part.call) if part.call else None


def _tool_use(called: ToolCall) -> dict[str, Any]:
    return {"type": "tool_use", "id": plain_id(called.id), "name": called.name, "input": arguments_of(called)}


def _asked(call: Call, message: Message) -> list[dict[str, Any]]:
    blocks = [_image(image) for image in images_of(call, message)]
    return [*blocks, {"type": "text", "text": message.text}] if message.text.strip() else blocks


def _result(call: Call, message: Message) -> dict[str, Any]:
    block: dict[str, Any] = {"type": "tool_result", "tool_use_id": plain_id(message.tool_call_id or "")}
    if content := _asked(call, message):
        block["content"] = content if message.images else message.text
    return block


def _image(image: InlineImage | LinkedImage) -> dict[str, Any]:
    if isinstance(image, LinkedImage):
        return {"type": "image", "source": {"type": "url", "url": image.url}}
    media_type = f"image/{image.kind}"
    return {"type": "image", "source": {"type": "base64", "media_type": media_type, "data": image.data}}


def _tools(call: Call, tool: AnswerTool | None) -> dict[str, Any]:
    tools = [*call.tools, *([tool.tool] if tool else [])]
    if not tools:
        return {}
    return {"tools": [_tool(one) for one in tools], "tool_choice": _choice(call, tool)}


def _tool(tool: Tool) -> dict[str, Any]:
    described = {"name": tool.name, "description": tool.description, "input_schema": tool.parameters}
    return {name: value for name, value in described.items() if value != ""}


def _choice(call: Call, tool: AnswerTool | None) -> dict[str, Any]:
    one_at_a_time = {} if call.parallel_tool_calls else {"disable_parallel_tool_use": True}
    if tool is not None:
        return _choice_with(call, tool, one_at_a_time)
    mode = call.tool_choice.mode
    match mode if mode == "none" or may_be_forced(call) else "auto":
        case "none":
            return {"type": "none"}
        case "required":
            return {"type": "any", **one_at_a_time}
        case "named":
            return {"type": "tool", "name": call.tool_choice.name, **one_at_a_time}
        case _:
            return {"type": "auto", **one_at_a_time}


def _choice_with(call: Call, tool: AnswerTool, one_at_a_time: dict[str, Any]) -> dict[str, Any]:
    """The answer through its tool; where others may be called too, any of them, so that it is one or the other."""
    if call.tool_choice.mode == "named":
        return {"type": "tool", "name": call.tool_choice.name, **one_at_a_time}
    if call.tools and call.tool_choice.mode != "none":
        return {"type": "any", **one_at_a_time}
    return {"type": "tool", "name": tool.name, "disable_parallel_tool_use": True}


def _forced(call: Call, tool: AnswerTool | None) -> bool:
    asked_for = bool(call.tools) and call.tool_choice.mode in ("required", "named")
    return tool is not None or (asked_for and may_be_forced(call))


def _params(call: Call, *, forced: bool) -> dict[str, Any]:
    # A model that thinks cannot be forced to call a tool: the tool goes first.
    thinking = None if forced else thinking_of(call, WIRE)
    sent: dict[str, Any] = {}
    if thinking is None:
        sent |= {"temperature": params.number(call, "temperature"), "top_k": params.whole(call, "top_k")}
        sent["top_p"] = params.number(call, "top_p")
    else:
        # Temperature, top_k and top_p are refused while it thinks.
        sent |= {"thinking": thinking, "max_tokens": room_for(thinking, _max_tokens(call), call)}
    if stop := params.stops(call):
        sent["stop_sequences"] = stop
    return {name: value for name, value in sent.items() if value is not None}


def _output(call: Call, schema: Mapping[str, Any] | None) -> dict[str, Any]:
    output: dict[str, Any] = {"format": {"type": "json_schema", "schema": schema}} if schema is not None else {}
    effort = params.word(call, "reasoning_effort")
    return {**output, "effort": effort} if effort in EFFORTS else output
