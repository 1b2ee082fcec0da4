"""What those who speak OpenAI's dialects say when they will not answer: a cause, and their words without the key."""

import re
from collections.abc import Mapping
from typing import Any

from loomwork.adapters.wires.failures import cause_of_status, cause_of_words, failed
from loomwork.adapters.wires.json_values import as_object, count, inner, objects, text
from loomwork.model_gateway.domain.errors import Cause, ModelRefused, ModelUnavailable
from loomwork.model_gateway.ports import Call, Target

CAUSES: Mapping[str, Cause] = {
    "context_length_exceeded": "context_too_long",
    "exceed_context_size_error": "context_too_long",
    "string_above_max_length": "context_too_long",
    "content_filter": "policy",
    "content_policy_violation": "policy",
    "moderation_blocked": "policy",
    "responsibleaipolicyviolation": "policy",
    "data_inspection_failed": "policy",
    "invalid_prompt": "policy",
    "invalid_api_key": "credentials",
    "authentication_error": "credentials",
    "permission_error": "credentials",
    "permission_denied": "credentials",
    "model_not_found": "not_found",
    "not_found_error": "not_found",
    "rate_limit_exceeded": "rate",
    "rate_limit_error": "rate",
    "insufficient_quota": "rate",
    "server_error": "outage",
    "api_error": "outage",
    "overloaded_error": "outage",
    "timeout": "timeout",
    "tool_use_failed": "bad_answer",
    "json_validate_failed": "bad_answer",
}
"""Words that vendors put into `code` and `type`, which are clearer than a status of 400. The last two are Groq's for
what its model wrote, and not for what it was asked."""
BASE_CAUSES: Mapping[int, Cause] = {
    1002: "rate",
    1039: "rate",
    1041: "rate",
    2045: "rate",
    2056: "rate",
    1004: "credentials",
    1008: "credentials",
    2049: "credentials",
    1026: "policy",
    1027: "policy",
    1042: "bad_request",
    2013: "bad_request",
}
"""MiniMax answers 200 all the same, and puts a code into `base_resp` (its reference, "Error codes"); others are faults
of its own."""
UNKNOWN_KEY = ("incorrect api key", "invalid api key", "api key not valid", "api key is invalid")
"""How xAI and Google word a status of 400."""
CLEARER_THAN = frozenset({None, 400, 403, 404, 413, 422})
"""Statuses that say less than those words."""


def failure(
    target: Call | Target, said: Any, *, status: int | None = None, retry_after: float | None = None
) -> ModelRefused | ModelUnavailable:
    """`said` is the decoded body, or the error object of a stream; its own code stands in for a missing status."""
    if isinstance(said, list) and said:
        # Google's servers put the error into a list.
        said = said[0]
    if (too_long := _too_long(target, said)) is not None:
        return too_long
    status = status if status is not None else _status(said)
    message = _message(said)
    return failed(target, _cause(said, status, message), message, status=status, retry_after=retry_after)


def is_error(answer: Mapping[str, Any]) -> bool:
    """Whether an answer says that it is none, in spite of its status."""
    return bool(answer.get("error")) or ("base_resp" in answer and _base_code(answer) != 0)


def _base_code(said: Any) -> int:
    """0 where all is well, or nothing is said of it."""
    return count(inner(said, "base_resp").get("status_code")) or 0


def _cause(said: Any, status: int | None, message: str) -> Cause:
    if code := _base_code(said):
        return BASE_CAUSES.get(code, "outage")
    named = _named(said)
    if status in CLEARER_THAN and (cause := next((CAUSES[one] for one in named if one in CAUSES), None)):
        return cause
    if status == 403 and (cause := cause_of_words(message)) == "policy":
        return cause
    if status == 400 and any(words in message.lower() for words in UNKNOWN_KEY):
        return "credentials"
    if status is None and ("invalid_request_error" in named or cause_of_words(message) != "bad_request"):
        return cause_of_words(message)
    # A gateway that gave up on the model behind it, and a server that gave up on the request, are down for the moment.
    return "outage" if status in (408, 504) else cause_of_status(status, message)


def _named(said: Any) -> list[str]:
    """The words of an error, the clearest first."""
    error = inner(said, "error") or inner(said)
    deeper = inner(error, "innererror") or inner(error, "inner_error")
    return [text(one).lower() for one in (deeper.get("code"), error.get("code"), error.get("type"))]


def _too_long(target: Call | Target, said: Any) -> ModelRefused | None:
    """llama.cpp's server says how long the request was, in tokens, and how long it may be."""
    error = inner(said, "error")
    asked, held = error.get("n_prompt_tokens"), error.get("n_ctx")
    if error.get("type") != "exceed_context_size_error" or not isinstance(asked, int) or not isinstance(held, int):
        return None
    return ModelRefused(
        f"The request is {asked} tokens long, and {target.name} reads at most {held}. "
        "Shorten it, or choose a model with a longer context.",
        cause="context_too_long",
        model=target.name,
        status=400,
    )


def _message(said: Any) -> str:
    """Vendors put it in `error.message`, `error`, `message` or `detail`; some send plain text."""
    body, error = inner(said), inner(said, "error")
    listed = "; ".join(text(one.get("msg")) for one in objects(body.get("detail")))
    base = inner(body, "base_resp").get("status_msg")
    found = (error.get("message"), body.get("error"), body.get("message"), body.get("detail"), listed, base, said)
    return next((one for one in found if isinstance(one, str) and one.strip()), "")


def _status(said: Any) -> int | None:
    error = inner(said, "error") or inner(said)
    for key in ("code", "status"):
        value = error.get(key)
        if isinstance(value, int) and not isinstance(value, bool) and 300 <= value < 600:
            return value
        if isinstance(value, str) and re.fullmatch(r"[345]\d\d", value):
            return int(value)
    return None


def sound(target: Target, body: bytes) -> Mapping[str, Any]:
    """An answer in one piece. Raises what it says where it is an error in spite of its status, and `BrokenStream`."""
    answer = as_object(body)
    if is_error(answer):
        raise failure(target, answer)
    return answer
