"""What Anthropic's Messages API says when it will not answer."""

from collections.abc import Mapping
from typing import Any

from loomwork.adapters.wires.failures import cause_of_status, cause_of_words, failed
from loomwork.adapters.wires.json_values import inner, text
from loomwork.model_gateway.domain.errors import Cause, ModelRefused, ModelUnavailable
from loomwork.model_gateway.ports import Call

CAUSES: Mapping[str, Cause] = {
    "authentication_error": "credentials",
    "billing_error": "credentials",
    "permission_error": "credentials",
    "not_found_error": "not_found",
    "request_too_large": "context_too_long",
    "rate_limit_error": "rate",
    "api_error": "outage",
    "overloaded_error": "outage",
    "timeout_error": "timeout",
}
STATUSES: Mapping[str, int] = {"rate_limit_error": 429, "api_error": 500, "overloaded_error": 529}
"""What an error within a stream would have been outside of one."""


def failure(
    call: Call, said: Any, *, status: int | None = None, retry_after: float | None = None
) -> ModelRefused | ModelUnavailable:
    """`said` is the decoded body, or the `error` event of a stream."""
    error = inner(said, "error")
    kind, message = (
        text(error.get("type")),
        text(error.get("message")) or text(inner(said).get("message")) or text(said),
    )
    status = STATUSES.get(kind) if status is None else status
    cause = CAUSES.get(kind) or (
        cause_of_words(message) if kind == "invalid_request_error" else cause_of_status(status, message)
    )
    if kind == "invalid_request_error" and "credit balance" in message.lower():
        cause = "credentials"
    return failed(call, cause, message, status=status, retry_after=retry_after)
