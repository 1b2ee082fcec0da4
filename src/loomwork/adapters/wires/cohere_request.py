"""Calls as the JSON bodies that Cohere's second API wants: chat, embed and rerank."""

from typing import Any

import orjson

from loomwork.adapters.wires import params
from loomwork.adapters.wires.images import InlineImage, LinkedImage, images_of
from loomwork.adapters.wires.sendable import sendable
from loomwork.adapters.wires.turns import wish
from loomwork.model_gateway.domain.chat import Message, Tool
from loomwork.model_gateway.domain.embedding import EmbeddingRequest
from loomwork.model_gateway.domain.rerank import RerankRequest
from loomwork.model_gateway.ports import Call, Target

WIRE = "cohere"
NUMBERS = {
    "temperature": "temperature",
    "top_p": "p",
    "presence_penalty": "presence_penalty",
    "frequency_penalty": "frequency_penalty",
}
WHOLE = {"top_k": "k", "max_tokens": "max_tokens", "seed": "seed"}
INPUT_TYPES = {"query": "search_query", "document": "search_document"}


def request_body(call: Call) -> bytes:
    """Raises `ModelRefused` for what could never be sent."""
    with sendable(call):
        return orjson.dumps(_body(call))


def embedding_body(target: Target, request: EmbeddingRequest) -> bytes:
    """What nobody says what it is for is a document."""
    body: dict[str, Any] = {
        "model": target.model,
        "texts": list(request.texts),
        "input_type": INPUT_TYPES[request.kind or "document"],
        "embedding_types": ["float"],
    }
    if request.dimensions is not None:
        body["output_dimension"] = request.dimensions
    with sendable(target):
        return orjson.dumps(body)


def rerank_body(target: Target, request: RerankRequest) -> bytes:
    body: dict[str, Any] = {"model": target.model, "query": request.query, "documents": list(request.documents)}
    if request.top_n is not None:
        body["top_n"] = max(1, min(request.top_n, len(request.documents)))
    with sendable(target):
        return orjson.dumps(body)


def _body(call: Call) -> dict[str, Any]:
    return {
        "model": call.model,
        "messages": [*_wish(call), *(_message(call, message) for message in call.messages)],
        "stream": True,
        **_tools(call),
        **_format(call),
        **_params(call),
        **_thinking(call),
    }


def _wish(call: Call) -> list[dict[str, Any]]:
    in_words = call.json_schema is not None and "json_schema" not in _format(call).get("response_format", {})
    return [{"role": "system", "content": wish(call.json_schema)}] if in_words and call.json_schema else []


def _message(call: Call, message: Message) -> dict[str, Any]:
    if message.role == "tool":
        return {"role": "tool", "tool_call_id": message.tool_call_id or "", "content": message.text}
    if message.role == "assistant":
        return _said(call, message)
    role = "user" if message.role == "system" and call.profile.system_role == "user" else message.role
    images = images_of(call, message)
    if not images:
        return {"role": role, "content": message.text}
    said = [{"type": "text", "text": message.text}] if message.text.strip() else []
    return {"role": role, "content": [*said, *map(_image, images)]}


def _said(call: Call, message: Message) -> dict[str, Any]:
    said: dict[str, Any] = {"role": "assistant"}
    if message.text or not message.tool_calls:
        said["content"] = message.text
    if message.tool_calls:
        said["tool_calls"] = [
            {"id": one.id, "type": "function", "function": {"name": one.name, "arguments": one.arguments or "{}"}}
            for one in message.tool_calls
        ]
    carried = message.carried or {}
    if carried.get("wire") == WIRE and carried.get("provider") == call.provider and carried.get("tool_plan"):
        said["tool_plan"] = str(carried["tool_plan"])
    return said


def _image(image: InlineImage | LinkedImage) -> dict[str, Any]:
    url = image.url if isinstance(image, LinkedImage) else f"data:image/{image.kind};base64,{image.data}"
    return {"type": "image_url", "image_url": {"url": url}}


def _tools(call: Call) -> dict[str, Any]:
    """There is no way to name a tool: the named one is the only one that is offered, and has to be called."""
    choice = call.tool_choice
    tools = [tool for tool in call.tools if choice.mode != "named" or tool.name == choice.name]
    if not tools:
        return {}
    sent: dict[str, Any] = {"tools": [_tool(tool) for tool in tools]}
    if choice.mode in ("required", "named"):
        sent["tool_choice"] = "REQUIRED"
    elif choice.mode == "none":
        sent["tool_choice"] = "NONE"
    return sent


def _tool(tool: Tool) -> dict[str, Any]:
    described = {"name": tool.name, "description": tool.description, "parameters": tool.parameters}
    return {"type": "function", "function": described}


def _format(call: Call) -> dict[str, Any]:
    """JSON output and tools exclude each other: where there are tools, words have to do."""
    if call.json_schema is None or call.tools or call.profile.structured_output == "prompt":
        return {}
    if call.profile.structured_output == "json_object" or call.json_schema.get("type") != "object":
        return {"response_format": {"type": "json_object"}}
    return {"response_format": {"type": "json_object", "json_schema": call.json_schema}}


def _params(call: Call) -> dict[str, Any]:
    sent: dict[str, Any] = {field: params.number(call, name) for name, field in NUMBERS.items()}
    sent |= {field: params.whole(call, name) for name, field in WHOLE.items()}
    if stop := params.stops(call):
        sent["stop_sequences"] = stop
    return {name: value for name, value in sent.items() if value is not None}


def _thinking(call: Call) -> dict[str, Any]:
    """`thinking` is a switch, `thinking_budget` counts tokens."""
    budget, on = params.whole(call, "thinking_budget"), params.switch(call, "thinking")
    if on is False or budget == 0:
        return {"thinking": {"type": "disabled"}}
    if not on and budget is None:
        return {}
    return {"thinking": {"type": "enabled", **({"token_budget": budget} if budget else {})}}
