"""What Cohere and those who speak the likes of Jina's API say when they will not answer: a message, or a detail."""

from typing import Any

from loomwork.adapters.wires.failures import cause_of_status, failed
from loomwork.adapters.wires.json_values import inner, objects, text
from loomwork.model_gateway.domain.errors import Cause, ModelRefused, ModelUnavailable
from loomwork.model_gateway.ports import Call, Target

INVALID_TOKEN = 498
"""Cohere's status for a token that has expired or was revoked."""


def failure(
    target: Call | Target, said: Any, *, status: int | None = None, retry_after: float | None = None
) -> ModelRefused | ModelUnavailable:
    """`said` is the decoded body, or an event of a stream that is an error."""
    message = words(said)
    cause: Cause = "credentials" if status == INVALID_TOKEN else cause_of_status(status, message)
    return failed(target, cause, message, status=status, retry_after=retry_after)


def words(said: Any) -> str:
    """The vendor's words, wherever they stand; those of a validator are a list of objects with `msg`."""
    body = inner(said)
    error, detail = body.get("error"), body.get("detail")
    listed = "; ".join(text(one.get("msg")) for one in objects(detail))
    found = (text(body.get("message")), text(error), text(inner(error).get("message")), text(detail), listed)
    return next(filter(None, found), "") or text(said)
