"""What Amazon Bedrock says when it will not answer: the name of an exception, and a message."""

from collections.abc import Mapping
from typing import Any

import orjson

from loomwork.adapters.wires.failures import cause_of_status, cause_of_words, failed
from loomwork.adapters.wires.json_values import inner, text
from loomwork.model_gateway.domain.errors import Cause, ModelRefused, ModelUnavailable
from loomwork.model_gateway.ports import Call, Target

CAUSES: Mapping[str, Cause] = {
    "accessdenied": "credentials",
    "unrecognizedclient": "credentials",
    "invalidsignature": "credentials",
    "signaturedoesnotmatch": "credentials",
    "incompletesignature": "credentials",
    "invalidclienttokenid": "credentials",
    "missingauthenticationtoken": "credentials",
    "expiredtoken": "credentials",
    "resourcenotfound": "not_found",
    "throttling": "rate",
    "toomanyrequests": "rate",
    "servicequotaexceeded": "rate",
    "modelnotready": "outage",
    "modeltimeout": "timeout",
    "modelerror": "outage",
    "modelstreamerror": "outage",
    "internalserver": "outage",
    "serviceunavailable": "outage",
}
STATUSES: Mapping[str, int] = {"throttling": 429, "internalserver": 500, "serviceunavailable": 503, "validation": 400}
"""What an exception within a stream would have been outside of one."""


def failure(
    target: Call | Target,
    said: Any,
    *,
    kind: str | None = None,
    status: int | None = None,
    retry_after: float | None = None,
) -> ModelRefused | ModelUnavailable:
    """`said` is the body, decoded or not; `kind` the exception's name from a header, which may go on after a colon."""
    body = _decoded(said)
    name = _name(kind or text(body.get("__type")))
    message = text(body.get("message")) or text(body.get("Message")) or text(said)
    status = STATUSES.get(name) if status is None else status
    cause = CAUSES.get(name) or (cause_of_words(message) if name == "validation" else cause_of_status(status, message))
    return failed(target, cause, message, status=status, retry_after=retry_after)


def _decoded(said: Any) -> Mapping[str, Any]:
    if isinstance(said, bytes):
        try:
            said = orjson.loads(said)
        except orjson.JSONDecodeError:
            return {"message": said.decode("utf-8", errors="replace")}
    return inner(said)


def _name(kind: str) -> str:
    """Headers say `ThrottlingException:http://...`, streams `throttlingException`, bodies `com.amazon#Throttling...`"""
    plain = kind.partition(":")[0].rpartition("#")[2]
    return plain.removesuffix("Exception").lower()
