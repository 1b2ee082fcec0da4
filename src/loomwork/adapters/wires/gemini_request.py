"""A call as the JSON body that `streamGenerateContent` of the Gemini API wants; texts as `batchEmbedContents` does."""

import mimetypes
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

import orjson

from loomwork.adapters.wires import params
from loomwork.adapters.wires.block_answer import Part, parts_of
from loomwork.adapters.wires.images import InlineImage, LinkedImage, images_of
from loomwork.adapters.wires.json_values import text
from loomwork.adapters.wires.sendable import sendable
from loomwork.adapters.wires.tool_calls import arguments_of, names_by_id
from loomwork.adapters.wires.turns import Turn, instructions, turns, wish
from loomwork.model_gateway.domain.chat import Message, Tool
from loomwork.model_gateway.domain.embedding import EmbeddingRequest
from loomwork.model_gateway.ports import Call, Target

WIRE = "gemini"
DEEPEST = 64
NUMBERS = {
    "temperature": "temperature",
    "top_p": "topP",
    "presence_penalty": "presencePenalty",
    "frequency_penalty": "frequencyPenalty",
}
WHOLE = {"top_k": "topK", "max_tokens": "maxOutputTokens", "seed": "seed"}
TASKS = {"query": "RETRIEVAL_QUERY", "document": "RETRIEVAL_DOCUMENT"}


def model_path(model: str) -> str:
    """Where a model stands below the endpoint."""
    return quote(model if "/" in model else f"models/{model}", safe="/")


def request_body(call: Call) -> bytes:
    """Raises `ModelRefused` for what could never be sent."""
    with sendable(call):
        return orjson.dumps(_body(call))


def embedding_body(target: Target, request: EmbeddingRequest) -> bytes:
    """One request for each text, all in one."""
    further: dict[str, Any] = {"model": model_path(target.model)}
    if request.kind is not None and "taskType" not in target.profile.unsupported:
        further["taskType"] = TASKS[request.kind]
    if request.dimensions is not None:
        further["outputDimensionality"] = request.dimensions
    with sendable(target):
        return orjson.dumps({"requests": [{**further, "content": {"parts": [{"text": one}]}} for one in request.texts]})


def _body(call: Call) -> dict[str, Any]:
    given, names = _given_ids(call), names_by_id(call.messages)
    body: dict[str, Any] = {"contents": [_turn(call, turn, names, given) for turn in turns(call)]}
    if said := _instructions(call):
        body["systemInstruction"] = {"parts": [{"text": said}]}
    if call.tools:
        body["tools"] = [{"functionDeclarations": [_declared(tool) for tool in call.tools]}]
        body["toolConfig"] = {"functionCallingConfig": _calling(call)}
    if config := {**_params(call), **_thinking(call), **_format(call)}:
        body["generationConfig"] = config
    return body


def _instructions(call: Call) -> str:
    in_words = call.json_schema is not None and "responseJsonSchema" not in _format(call)
    wanted = wish(call.json_schema) if in_words and call.json_schema is not None else ""
    return "\n\n".join(filter(None, [instructions(call), wanted]))


def _given_ids(call: Call) -> set[str]:
    """Ids that Gemini itself gave. Others mean nothing to it, and calls are matched by their names and their order."""
    parts = [part for message in call.messages if message.tool_calls for part in parts_of(message, call, WIRE)]
    return {part.call.id for part in parts if part.call is not None and part.given}


def _turn(call: Call, turn: Turn, names: Mapping[str, str], given: set[str]) -> dict[str, Any]:
    if turn.role == "assistant":
        parts = [_part(part) for message in turn.messages for part in parts_of(message, call, WIRE)]
        return {"role": "model", "parts": [part for part in parts if part is not None]}
    said: list[dict[str, Any]] = []
    for message in turn.messages:
        said += _result(call, message, names, given) if message.role == "tool" else _asked(call, message)
    return {"role": "user", "parts": said}


def _part(part: Part) -> dict[str, Any] | None:
    signed = {"thoughtSignature": part.signature} if part.signature else {}
    if part.call is not None:
        named = {"id": part.call.id} if part.given else {}
        return {"functionCall": {**named, "name": part.call.name, "args": arguments_of(part.call)}, **signed}
    if part.kind != "text" or not (part.text or signed):
        return None
    return {"text": part.text, **signed}


def _asked(call: Call, message: Message) -> list[dict[str, Any]]:
    parts = [_image(image) for image in images_of(call, message)]
    return [*parts, {"text": message.text}] if message.text.strip() else parts


def _result(call: Call, message: Message, names: Mapping[str, str], given: set[str]) -> list[dict[str, Any]]:
    called = message.tool_call_id or ""
    response: dict[str, Any] = {"name": names.get(called, "unknown"), "response": _read(message.text)}
    if called in given:
        response["id"] = called
    return [{"functionResponse": response}, *map(_image, images_of(call, message))]


def _read(result: str) -> Mapping[str, Any]:
    """What a tool said, as the object that is wanted."""
    try:
        value = orjson.loads(result)
    except orjson.JSONDecodeError:
        value = result
    return value if isinstance(value, dict) else {"result": value}


def _image(image: InlineImage | LinkedImage) -> dict[str, Any]:
    if isinstance(image, InlineImage):
        return {"inlineData": {"mimeType": f"image/{image.kind}", "data": image.data}}
    guessed, _ = mimetypes.guess_type(urlsplit(image.url).path)
    return {"fileData": {"fileUri": image.url, **({"mimeType": guessed} if guessed else {})}}


def _declared(tool: Tool) -> dict[str, Any]:
    declared: dict[str, Any] = {"name": tool.name, "description": tool.description}
    if tool.parameters.get("properties"):
        declared["parametersJsonSchema"] = understood(tool.parameters)
    return declared


def _calling(call: Call) -> dict[str, Any]:
    match call.tool_choice.mode:
        case "none":
            return {"mode": "NONE"}
        case "required":
            return {"mode": "ANY"}
        case "named":
            return {"mode": "ANY", "allowedFunctionNames": [call.tool_choice.name]}
        case "auto":
            return {"mode": "AUTO"}


def _params(call: Call) -> dict[str, Any]:
    sent: dict[str, Any] = {field: params.number(call, name) for name, field in NUMBERS.items()}
    sent |= {field: params.whole(call, name) for name, field in WHOLE.items()}
    if stop := params.stops(call):
        sent["stopSequences"] = stop
    return {name: value for name, value in sent.items() if value is not None}


def _thinking(call: Call) -> dict[str, Any]:
    """`thinking_budget` counts tokens (-1: as the model likes); `reasoning_effort` is a level; `thinking` a switch."""
    budget, level = params.whole(call, "thinking_budget"), params.word(call, "reasoning_effort")
    if params.switch(call, "thinking") is False or budget == 0:
        return {"thinkingConfig": {"thinkingBudget": 0}}
    config: dict[str, Any] = {"includeThoughts": True} if call.profile.reasoning else {}
    if budget is not None:
        config["thinkingBudget"] = budget
    elif level is not None:
        config["thinkingLevel"] = level
    return {"thinkingConfig": config} if config else {}


def _format(call: Call) -> dict[str, Any]:
    """JSON output and functions exclude each other with most models: where there are functions, words have to do."""
    if call.json_schema is None or call.tools or call.profile.structured_output == "prompt":
        return {}
    if call.profile.structured_output == "json_object":
        return {"responseMimeType": "application/json"}
    return {"responseMimeType": "application/json", "responseJsonSchema": understood(call.json_schema)}


def understood(schema: Any, depth: int = 0) -> Any:
    """The schema with `const` said as `enum`, and without what only names the dialect of schemas."""
    if isinstance(schema, list | tuple):
        return [understood(one, depth + 1) for one in schema]
    if not isinstance(schema, Mapping) or depth > DEEPEST:
        return schema
    said: dict[str, Any] = {}
    for name, value in schema.items():
        if name == "const":
            said["enum"] = [value]
        elif name in ("properties", "$defs", "definitions") and isinstance(value, Mapping):
            said[name] = {text(key): understood(one, depth + 1) for key, one in value.items()}
        elif name not in ("$schema", "enum", "default", "examples"):
            said[name] = understood(value, depth + 1)
        elif name == "enum":
            said[name] = value
    return said
