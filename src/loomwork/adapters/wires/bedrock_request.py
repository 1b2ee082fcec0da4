"""A call as the JSON body that Amazon Bedrock's ConverseStream wants."""

from dataclasses import dataclass
from typing import Any

import orjson

from loomwork.adapters.wires import params
from loomwork.adapters.wires.answer_tool import AnswerTool, answer_tool
from loomwork.adapters.wires.anthropic_schema import closed_schema
from loomwork.adapters.wires.anthropic_thinking import room_for, thinking_of
from loomwork.adapters.wires.block_answer import Part, parts_of
from loomwork.adapters.wires.forcing import may_be_forced, plea
from loomwork.adapters.wires.images import LinkedImage, images_of
from loomwork.adapters.wires.sendable import sendable
from loomwork.adapters.wires.tool_calls import arguments_of, offered, plain_id
from loomwork.adapters.wires.turns import Turn, ended_on_words, instructions, turns, wish
from loomwork.model_gateway.domain.chat import Message, Tool, ToolCall
from loomwork.model_gateway.domain.errors import ModelRefused
from loomwork.model_gateway.ports import Call

WIRE = "bedrock_converse"
DEFAULT_ROOM = 4096
"""Tokens of an answer beside thoughts, where the request does not say how long it may be."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A body, and the tool that the answer comes through, if one was forced for the sake of a schema."""

    body: bytes
    answer_tool: AnswerTool | None = None


def asked(call: Call) -> Asked:
    """Raises `ModelRefused` for what could never be sent."""
    output = _output(call)
    tool = answer_tool(call, call.json_schema) if _needs_tool(call, output) and call.json_schema is not None else None
    in_words = call.json_schema is not None and tool is None and not output
    body = {
        "messages": ended_on_words([_turn(call, turn) for turn in turns(call)]),
        **_system(call, in_words=in_words),
        **_tools(call, tool),
        **_params(call, forced=_forced(call, tool)),
        **output,
    }
    with sendable(call):
        return Asked(orjson.dumps(body), tool)


def _output(call: Call) -> dict[str, Any]:
    """The schema goes as text, and like its models' own vendors Bedrock wants every object of it closed."""
    if call.json_schema is None or call.profile.structured_output != "json_schema":
        return {}
    closed = closed_schema(call.json_schema)
    if closed is None:
        return {}
    definition = {"name": "answer", "schema": orjson.dumps(closed).decode()}
    return {"outputConfig": {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": definition}}}}


def _needs_tool(call: Call, output: dict[str, Any]) -> bool:
    return call.json_schema is not None and not output and call.profile.tools and may_be_forced(call)


def _system(call: Call, *, in_words: bool) -> dict[str, Any]:
    wanted = wish(call.json_schema) if in_words and call.json_schema is not None else ""
    said = "\n\n".join(filter(None, [instructions(call), plea(call), wanted]))
    return {"system": [{"text": said}]} if said else {}


def _turn(call: Call, turn: Turn) -> dict[str, Any]:
    if turn.role == "assistant":
        blocks = [_part(part) for message in turn.messages for part in parts_of(message, call, WIRE)]
        return {"role": "assistant", "content": [block for block in blocks if block is not None]}
    results = [_result(call, message) for message in turn.messages if message.role == "tool"]
    others = [block for message in turn.messages if message.role != "tool" for block in _said(call, message)]
    return {"role": "user", "content": [*results, *others]}


def _part(part: Part) -> dict[str, Any] | None:
    match part.kind:
        case "text":
            return {"text": part.text} if part.text.strip() else None
        case "thought":
            reasoning = {"text": part.text, "signature": part.signature}
            return {"reasoningContent": {"reasoningText": reasoning}} if part.signature else None
        case "redacted":
            return {"reasoningContent": {"redactedContent": part.text}}
        case "tool":
            return _tool_use(part.call) if part.call else None


def _tool_use(called: ToolCall) -> dict[str, Any]:
    return {"toolUse": {"toolUseId": plain_id(called.id), "name": called.name, "input": arguments_of(called)}}


def _said(call: Call, message: Message) -> list[dict[str, Any]]:
    blocks = [{"text": message.text}] if message.text.strip() else []
    return [*blocks, *_images(call, message)]


def _images(call: Call, message: Message) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = []
    for image in images_of(call, message):
        if isinstance(image, LinkedImage):
            problem = f"{call.name} takes images as data only, and was given the address of one."
            raise ModelRefused(problem, cause="bad_request", model=call.name)
        blocks.append({"image": {"format": image.kind, "source": {"bytes": image.data}}})
    return blocks


def _result(call: Call, message: Message) -> dict[str, Any]:
    content = _said(call, message) or [{"text": "(nothing)"}]
    return {"toolResult": {"toolUseId": plain_id(message.tool_call_id or ""), "content": content}}


def _tools(call: Call, tool: AnswerTool | None) -> dict[str, Any]:
    """A conversation in which tools were called is refused unless tools are described."""
    tools = offered(() if _is_none(call) else call.tools, call.messages) + ([tool.tool] if tool else [])
    if not tools:
        return {}
    choice = _choice(call, tool)
    return {"toolConfig": {"tools": [_tool(one) for one in tools], **({"toolChoice": choice} if choice else {})}}


def _is_none(call: Call) -> bool:
    return call.tool_choice.mode == "none"


def _tool(tool: Tool) -> dict[str, Any]:
    spec = {"name": tool.name, "inputSchema": {"json": tool.parameters}}
    return {"toolSpec": {**spec, "description": tool.description} if tool.description else spec}


def _choice(call: Call, tool: AnswerTool | None) -> dict[str, Any]:
    """Nothing stands for "as the model likes", which not every model lets be said."""
    if not may_be_forced(call):
        return {}
    if call.tool_choice.mode == "named" and call.tools:
        return {"tool": {"name": call.tool_choice.name}}
    if tool is not None:
        return {"any": {}} if call.tools and not _is_none(call) else {"tool": {"name": tool.name}}
    return {"any": {}} if call.tool_choice.mode == "required" and call.tools else {}


def _forced(call: Call, tool: AnswerTool | None) -> bool:
    return bool(_choice(call, tool))


def _params(call: Call, *, forced: bool) -> dict[str, Any]:
    """`additional_model_request_fields` go along as they are: what a model's vendor knows, and Bedrock does not."""
    # A model that thinks cannot be forced to call a tool, and thinks at its own temperature.
    thinking = None if forced else thinking_of(call, WIRE)
    # Where nobody says how long an answer may be, nothing is said: what is asked for is taken off a quota beforehand.
    config: dict[str, Any] = {"maxTokens": params.whole(call, "max_tokens")}
    further = params.value(call, "additional_model_request_fields")
    additional = dict(further) if isinstance(further, dict) else {}
    if thinking is None:
        config |= {"temperature": params.number(call, "temperature"), "topP": params.number(call, "top_p")}
        if (top_k := params.whole(call, "top_k")) is not None:
            additional.setdefault("top_k", top_k)
    else:
        config["maxTokens"] = room_for(thinking, config["maxTokens"] or DEFAULT_ROOM, call)
        additional["thinking"] = thinking
    if stop := params.stops(call):
        config["stopSequences"] = stop
    config = {name: value for name, value in config.items() if value is not None}
    sent = {"inferenceConfig": config, "additionalModelRequestFields": additional}
    return {name: value for name, value in sent.items() if value}
