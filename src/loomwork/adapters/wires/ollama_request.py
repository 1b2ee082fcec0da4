"""A call as the JSON body that Ollama's own API wants."""

from typing import Any

import orjson

from loomwork.adapters.wires import params
from loomwork.adapters.wires.forcing import in_words
from loomwork.adapters.wires.images import InlineImage, images_of
from loomwork.adapters.wires.openai_request import function
from loomwork.adapters.wires.sendable import sendable
from loomwork.adapters.wires.tool_calls import arguments_of, names_by_id
from loomwork.adapters.wires.turns import wish
from loomwork.model_gateway.domain.chat import Message
from loomwork.model_gateway.domain.embedding import EmbeddingRequest
from loomwork.model_gateway.domain.errors import ModelRefused
from loomwork.model_gateway.ports import Call, Target

WIRE = "ollama"
NUMBERS = ("temperature", "top_p", "min_p", "presence_penalty", "frequency_penalty", "repeat_penalty")
WHOLE = {"max_tokens": "num_predict", "seed": "seed", "top_k": "top_k", "num_ctx": "num_ctx"}


def request_body(call: Call) -> bytes:
    """Raises `ModelRefused` for what could never be sent."""
    with sendable(call):
        return orjson.dumps(_body(call))


def embedding_body(target: Target, request: EmbeddingRequest) -> bytes:
    body: dict[str, Any] = {"model": target.model, "input": list(request.texts)}
    if request.dimensions is not None and "dimensions" not in target.profile.unsupported:
        body["dimensions"] = request.dimensions
    with sendable(target):
        return orjson.dumps(body)


def _body(call: Call) -> dict[str, Any]:
    names = names_by_id(call.messages)
    body: dict[str, Any] = {
        "model": call.model,
        "messages": [_message(call, message, names) for message in _asked(call)],
        "stream": True,
        "tools": _tools(call),
        "format": _format(call),
        "options": _options(call),
        "think": _think(call),
    }
    return {name: value for name, value in body.items() if value not in (None, [], {}) or name == "messages"}


def _asked(call: Call) -> tuple[Message, ...]:
    """The messages, and before them the wishes that can only be put in words: nobody is made to call a tool here."""
    words = [in_words(call)]
    if call.json_schema is not None and call.profile.structured_output != "json_schema":
        words.append(wish(call.json_schema))
    return (*(Message("system", one) for one in words if one), *call.messages)


def _message(call: Call, message: Message, names: dict[str, str]) -> dict[str, Any]:
    if message.role == "tool":
        given = message.tool_call_id or ""
        return {"role": "tool", "content": message.text, "tool_name": names.get(given, ""), "tool_call_id": given}
    role = "user" if message.role == "system" and call.profile.system_role == "user" else message.role
    said: dict[str, Any] = {"role": role, "content": message.text}
    if images := [_base64(call, image) for image in images_of(call, message)]:
        said["images"] = images
    if message.tool_calls:
        said["tool_calls"] = [
            {"id": one.id, "function": {"name": one.name, "arguments": arguments_of(one)}} for one in message.tool_calls
        ]
        said |= _thinking(call, message)
    return said


def _thinking(call: Call, message: Message) -> dict[str, str]:
    """What was thought before the calls, which belongs before them when their results come in."""
    carried = message.carried or {}
    if carried.get("wire") != WIRE or carried.get("provider") != call.provider:
        return {}
    return {"thinking": str(carried.get("thinking", ""))}


def _base64(call: Call, image: object) -> str:
    if not isinstance(image, InlineImage):
        problem = f"{call.name} takes images as data: URLs only, not from addresses."
        raise ModelRefused(problem, cause="bad_request", model=call.name)
    return image.data


def _tools(call: Call) -> list[dict[str, Any]]:
    """There is no way to choose: the tool that has to be called is the only one that is offered."""
    choice = call.tool_choice
    if choice.mode == "none":
        return []
    tools = [tool for tool in call.tools if choice.mode != "named" or tool.name == choice.name]
    return [{"type": "function", "function": function(tool)} for tool in tools]


def _format(call: Call) -> Any:
    if call.profile.structured_output == "prompt":
        return None
    if call.json_schema is None:
        return "json" if params.word(call, "response_format") == "json_object" else None
    return call.json_schema if call.profile.structured_output == "json_schema" and call.json_schema else "json"


def _options(call: Call) -> dict[str, Any]:
    options: dict[str, Any] = {name: params.number(call, name) for name in NUMBERS}
    options |= {field: params.whole(call, name) for name, field in WHOLE.items()}
    options["stop"] = params.stops(call) or None
    return {name: value for name, value in options.items() if value is not None}


def _think(call: Call) -> bool | str | None:
    """Whether to think, or how much; None leaves it to the model."""
    for name in ("think", "thinking", "enable_thinking"):
        if (switched := params.switch(call, name)) is not None:
            return switched
    effort = params.word(call, "reasoning_effort")
    return False if effort == "none" else effort
