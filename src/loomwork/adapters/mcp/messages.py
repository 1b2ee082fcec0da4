"""Messages of JSON-RPC 2.0, as MCP sends them."""

import json
from collections.abc import Mapping
from typing import Any

from loomwork.adapters.tools.asking import clean
from loomwork.tools.api import ToolOutputInvalid, ToolRefused

Message = Mapping[str, Any]
METHOD_NOT_FOUND = -32601


def request(number: int, method: str, params: Message) -> dict[str, Any]:
    """Asks for an answer, which carries the same number."""
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": dict(params)}


def notification(method: str, params: Message | None = None) -> dict[str, Any]:
    """Wants no answer."""
    return {"jsonrpc": "2.0", "method": method} | ({} if params is None else {"params": dict(params)})


def answer_to(asked: Message) -> dict[str, Any]:
    """What we say to what a server asks: that we live. We offer it nothing else."""
    if asked["method"] == "ping":
        return {"jsonrpc": "2.0", "id": asked["id"], "result": {}}
    error = {"code": METHOD_NOT_FOUND, "message": "This client offers nothing of that kind."}
    return {"jsonrpc": "2.0", "id": asked["id"], "error": error}


def read(text: str | bytes, label: str) -> Message:
    """One message. Raises `ToolOutputInvalid`."""
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        message = None
    if not isinstance(message, dict) or message.get("jsonrpc") != "2.0":
        raise ToolOutputInvalid(f"{label} answered with something that is no message of MCP.")
    return message


def asks(message: Message) -> bool:
    """Whether the server wants an answer from us."""
    return isinstance(message.get("method"), str) and isinstance(message.get("id"), str | int)


def answers(message: Message, number: int) -> bool:
    """Whether this is the answer to the request of that number. An error without a number can be for no other."""
    if "method" in message:
        return False
    if message.get("id") is None:
        return "error" in message
    # True is an int for Python, and is equal to 1.
    return message["id"] == number and not isinstance(message["id"], bool)


def result(message: Message, label: str, secrets: list[str]) -> Message:
    """What the answer holds. Raises `ToolRefused` with the server's sentence, and `ToolOutputInvalid`."""
    error = message.get("error")
    if isinstance(error, dict):
        said = clean(str(error.get("message", "")), secrets)
        raise ToolRefused(f"{label} refuses{': ' + said if said else '.'}", server_code=_code(error.get("code")))
    found = message.get("result")
    if not isinstance(found, dict):
        raise ToolOutputInvalid(f"{label} answered with neither a result nor an error.")
    return found


def _code(code: Any) -> int | None:
    return code if isinstance(code, int) else None
