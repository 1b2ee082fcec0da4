"""What a provider says when it will not answer, as one of our two errors, without the key."""

import re
from collections.abc import Mapping
from typing import Any

from loomwork.model_gateway.domain.errors import ModelRefused, ModelUnavailable
from loomwork.model_gateway.ports import Call

CANNOT_ANSWER_NOW = "cannot be reached"
LONGEST_MESSAGE = 500
"""Characters that are kept of a vendor's message."""

WORTH_REPEATING = frozenset({408, 409, 425, 429})
"""Statuses below 500 that may be answered differently a little later."""

SHOWN_KEY = 8
"""A vendor may echo a key with its middle masked; what shares this many of its first characters is hidden too."""


def failure(
    call: Call, said: Any, *, status: int | None = None, retry_after: str | None = None
) -> ModelRefused | ModelUnavailable:
    """`said` is the decoded body, or the error object of a stream; its own code stands in for a missing status."""
    if (too_long := _too_long(call, said)) is not None:
        return too_long
    message = secretless(_message(said), call.connection.api_key)
    status = status if status is not None else _status(said)
    details: dict[str, Any] = {"model": call.name}
    if status is not None:
        details["status"] = status
    if retry_after is not None:
        details["retry_after"] = retry_after[:40]
    if status is not None and 300 <= status < 500 and status not in WORTH_REPEATING:
        return ModelRefused(f"{call.name} {_refusal(status)}: {message}", **details)
    what = "is asked too often" if status == 429 else "failed"
    return ModelUnavailable(f"{call.name} {what}: {message}", **details)


def _too_long(call: Call, said: Any) -> ModelRefused | None:
    """llama.cpp's server says how long the request was, in tokens, and how long it may be."""
    error = said.get("error") if isinstance(said, Mapping) else None
    if not isinstance(error, Mapping) or error.get("type") != "exceed_context_size_error":
        return None
    asked, held = error.get("n_prompt_tokens"), error.get("n_ctx")
    return ModelRefused(
        f"The request is {asked} tokens long, and {call.name} reads at most {held}. "
        "Shorten it, or choose a model with a longer context.",
        model=call.name,
        status=400,
    )


def secretless(text: str, secret: str | None) -> str:
    """The text on one line and not too long, with nothing of the secret left in it."""
    if secret:
        text = text.replace(secret, "***")
        if len(secret) > SHOWN_KEY:
            text = re.sub(re.escape(secret[:SHOWN_KEY]) + r"\S*", "***", text)
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_MESSAGE else line[:LONGEST_MESSAGE] + "..."


def _refusal(status: int) -> str:
    match status:
        case 401:
            return "did not accept the key"
        case 403:
            return "does not allow this"
        case 404:
            return "was not found there"
        case _ if status < 400:
            return f"is somewhere else ({status}), and redirects are not followed"
        case _:
            return f"refused the request ({status})"


def _message(said: Any) -> str:
    """Vendors put it in `error.message`, `error`, `message` or `detail`; some send plain text."""
    for value in _candidates(said):
        if isinstance(value, str) and value.strip():
            return value
    return "it gave no reason."


def _candidates(said: Any) -> list[Any]:
    if not isinstance(said, Mapping):
        return [said]
    error = said.get("error")
    inner = [error.get("message")] if isinstance(error, Mapping) else [error]
    return [*inner, said.get("message"), said.get("detail")]


def _status(said: Any) -> int | None:
    error = said.get("error") if isinstance(said, Mapping) else None
    if not isinstance(error, Mapping):
        return None
    for key in ("code", "status"):
        value = error.get(key)
        if isinstance(value, int) and not isinstance(value, bool) and 300 <= value < 600:
            return value
        if isinstance(value, str) and re.fullmatch(r"[345]\d\d", value):
            return int(value)
    return 400 if error.get("type") == "invalid_request_error" else None
