"""A call as the JSON body that the chat completions dialect wants."""

from collections.abc import Mapping
from typing import Any

import orjson

from loomwork.model_gateway.domain.chat import Message
from loomwork.model_gateway.domain.errors import ModelRefused
from loomwork.model_gateway.ports import Call

NUMBERS = ("temperature", "top_p", "presence_penalty", "frequency_penalty")
IMAGE_ADDRESSES = ("http://", "https://", "data:image/")


def request_body(call: Call) -> bytes:
    """Raises `ModelRefused` for what could never be sent: a param that is no number, an image that is no address."""
    try:
        return orjson.dumps(_body(call))
    except (TypeError, RecursionError):
        raise ModelRefused(f"The request to {call.name} holds a value that JSON cannot carry.") from None


def _body(call: Call) -> dict[str, Any]:
    body: dict[str, Any] = {
        "model": call.model,
        "messages": [_message(call, message) for message in _asked(call)],
        "stream": True,
        **_params(call),
    }
    if call.profile.stream_usage:
        body["stream_options"] = {"include_usage": True}
    if call.json_schema is not None and call.profile.structured_output != "prompt":
        body["response_format"] = _response_format(call, call.json_schema)
    return body


def _asked(call: Call) -> tuple[Message, ...]:
    """The messages; where the schema cannot be sent as one, it is asked for in words."""
    if call.json_schema is None or call.profile.structured_output == "json_schema":
        return call.messages
    schema = orjson.dumps(call.json_schema).decode()
    wish = f"Answer with one JSON value of this JSON schema, and nothing around it:\n{schema}"
    return (Message("system", wish), *call.messages)


def _message(call: Call, message: Message) -> dict[str, Any]:
    if not message.images:
        return {"role": message.role, "content": message.text}
    if not call.profile.vision:
        raise ModelRefused(f"{call.name} does not see images. Choose a model that does, or leave the images out.")
    parts: list[dict[str, Any]] = [{"type": "text", "text": message.text}] if message.text else []
    for address in message.images:
        if not address.startswith(IMAGE_ADDRESSES):
            raise ModelRefused(f"{call.name} was given an image that is neither a web address nor a data: URL.")
        parts.append({"type": "image_url", "image_url": {"url": address}})
    return {"role": message.role, "content": parts}


def _response_format(call: Call, schema: Mapping[str, Any]) -> dict[str, Any]:
    if call.profile.structured_output == "json_object":
        return {"type": "json_object"}
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}


def _params(call: Call) -> dict[str, Any]:
    """The completion params that this dialect knows, as numbers; those set to nothing, or unknown, are left out."""
    sent: dict[str, Any] = {}
    for name in NUMBERS:
        if (number := _number(call, name)) is not None:
            sent[name] = number
    for name, field in (("max_tokens", call.profile.max_tokens_field), ("seed", "seed")):
        if (number := _number(call, name)) is not None:
            sent[field] = int(number)
    if stop := _stop(call.params.get("stop")):
        sent["stop"] = stop
    return sent


def _number(call: Call, name: str) -> float | int | None:
    """App files write numbers as text too, where a param comes from a template."""
    value = call.params.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, int | float) and not isinstance(value, bool):
        number: float | int = value
    else:
        number = _parsed(call, name, value)
    if number != number or number in (float("inf"), float("-inf")):
        raise ModelRefused(f"{name} of {call.name} must be a number, not {value!r}.", param=name)
    return number


def _parsed(call: Call, name: str, value: Any) -> float:
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            pass
    raise ModelRefused(f"{name} of {call.name} must be a number, not {str(value)[:40]!r}.", param=name)


def _stop(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value] if value else []
    return [one for one in value if isinstance(one, str) and one] if isinstance(value, list | tuple) else []
