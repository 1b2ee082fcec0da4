"""What can go wrong with a model, and what routing may do about it."""

from typing import Any, Literal

from loomwork.kernel.errors import LoomworkError

Cause = Literal[
    "rate",
    "outage",
    "timeout",
    "bad_answer",
    "context_too_long",
    "policy",
    "credentials",
    "not_configured",
    "bad_request",
    "not_found",
]
"""Why a call failed, whatever the vendor calls it.

`rate`: asked too often (429). `outage`: unreachable, 5xx, overloaded, cut off. `timeout`: too slow to connect, to
begin, to go on or to end. `bad_answer`: what came cannot be understood, or is not what was asked for.
`context_too_long` and `policy`: the provider will not have this very request, and another model may. `credentials`:
the key is not accepted.
`not_configured`: nobody said how to reach it. `bad_request`: no model would have it. `not_found`: there is no such
model.
"""

REFUSALS: frozenset[Cause] = frozenset({"context_too_long", "policy", "credentials", "bad_request", "not_found"})
"""Causes where the same request to the same place will fail again."""


class ModelFailure(LoomworkError):
    """A model did not answer. `retry_after` is in seconds, where the provider asked for a pause; `status` is its HTTP
    status, where it gave one.
    """

    code = "model_unavailable"
    default_cause: Cause = "outage"

    def __init__(
        self,
        message: str,
        *,
        cause: Cause | None = None,
        retry_after: float | None = None,
        status: int | None = None,
        **details: Any,
    ) -> None:
        named = {"cause": cause, "status": status, "retry_after": retry_after}
        super().__init__(message, **{key: value for key, value in named.items() if value is not None}, **details)
        self.cause: Cause = cause or self.default_cause
        self.retry_after = retry_after
        self.status = status


class ModelNotFound(ModelFailure):
    """No provider has a model of this name; the message names the providers there are."""

    code = "model_not_found"
    default_cause = "not_found"


class ModelUnavailable(ModelFailure):
    """The model is known and could not answer: no credentials, no weights, refused, unreachable, cut off."""

    code = "model_unavailable"
    default_cause = "outage"


class ModelRefused(ModelFailure):
    """The provider refused the request itself (4xx): repeating it unchanged will not help."""

    code = "model_refused"
    default_cause = "bad_request"


class BudgetExceeded(ModelFailure):
    """The call would spend more than a budget allows. Nothing was sent."""

    code = "budget_exceeded"
    default_cause = "bad_request"


class TooManyCalls(ModelFailure):
    """Our own limit, not the provider's. Nothing was sent. `retry_after` says when there is room again."""

    code = "rate_limited"
    default_cause = "rate"
