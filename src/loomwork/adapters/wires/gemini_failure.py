"""What the Gemini API says when it will not answer (errors as of google.rpc.Status)."""

import re
from collections.abc import Mapping
from typing import Any

from loomwork.adapters.wires.failures import cause_of_status, failed
from loomwork.adapters.wires.json_values import count, inner, objects, text
from loomwork.model_gateway.domain.errors import Cause, ModelRefused, ModelUnavailable
from loomwork.model_gateway.ports import Call, Target

CAUSES: Mapping[str, Cause] = {
    "UNAUTHENTICATED": "credentials",
    "PERMISSION_DENIED": "credentials",
    "NOT_FOUND": "not_found",
    "RESOURCE_EXHAUSTED": "rate",
    "DEADLINE_EXCEEDED": "timeout",
    "UNAVAILABLE": "outage",
    "INTERNAL": "outage",
    "ABORTED": "outage",
}


def failure(
    target: Call | Target, said: Any, *, status: int | None = None, retry_after: float | None = None
) -> ModelRefused | ModelUnavailable:
    """`said` is the decoded body, a list with it included, or a chunk of a stream that is an error."""
    first = objects(said)[:1]
    error = inner(first[0] if first else said, "error")
    message = text(error.get("message")) or text(said)
    status = count(error.get("code")) if status is None else status
    cause = CAUSES.get(text(error.get("status"))) or cause_of_status(status, message)
    if _of_the_key(error):
        cause = "credentials"
    return failed(target, cause, message, status=status, retry_after=retry_after or _pause(error))


def blocked(call: Call, why: str) -> ModelRefused | ModelUnavailable:
    """The prompt itself was blocked, and nothing was said."""
    return failed(call, "policy", f"it blocked the prompt ({why[:60]}).")


def _of_the_key(error: Mapping[str, Any]) -> bool:
    """A key that is not one is answered with 400."""
    reasons = [text(one.get("reason")) for one in objects(error.get("details"))]
    return any(reason.startswith("API_KEY_") for reason in reasons) or "api key not valid" in _words(error)


def _words(error: Mapping[str, Any]) -> str:
    return text(error.get("message")).lower()


def _pause(error: Mapping[str, Any]) -> float | None:
    """`RetryInfo.retryDelay`, as in "34.07s"."""
    for detail in objects(error.get("details")):
        if found := re.fullmatch(r"(\d{1,9}(?:\.\d{1,9})?)s", text(detail.get("retryDelay"))):
            return float(found[1])
    return None
