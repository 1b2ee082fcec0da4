"""What vendors say when they will not answer, as one of our two errors, without their keys.

A dialect finds the cause and the vendor's words; the sentence around them is made here.
"""

from collections.abc import Iterable

from loomwork.adapters.wires.secrecy import secretless
from loomwork.model_gateway.domain.errors import REFUSALS, Cause, ModelRefused, ModelUnavailable
from loomwork.model_gateway.ports import Call, Target

TOO_LONG = (
    "prompt is too long",
    "input is too long",
    "exceed context limit",
    "exceeds the maximum number of tokens",
    "too many tokens",
    "context length",
    "context window",
    "maximum context",
    "too many input tokens",
)
SHORTEST_SECRET = 16
"""Characters: regions, versions and names of resources are shorter."""
NOT_ALLOWED = ("content filter", "content_filter", "content policy", "safety", "guardrail", "prohibited")


def cause_of_status(status: int | None, message: str) -> Cause:
    """What an HTTP status means, where the dialect says nothing clearer; `message` tells one 400 from another."""
    match status:
        case 401 | 402 | 403:
            return "credentials"
        case 404 | 410:
            return "not_found"
        case 408 | 504:
            return "timeout"
        case 413:
            return "context_too_long"
        case 429:
            return "rate"
        case 400 | 422:
            return cause_of_words(message)
        case int() if 300 <= status < 400:
            return "not_configured"
        case None | 409 | 424 | 425 | 498 | 499:
            return "outage"
        case _:
            return "bad_request" if status < 500 else "outage"


def cause_of_words(message: str) -> Cause:
    """Which of the causes that another model may not share an invalid request has."""
    said = message.lower()
    if any(words in said for words in TOO_LONG):
        return "context_too_long"
    return "policy" if any(words in said for words in NOT_ALLOWED) else "bad_request"


def failed(
    target: Call | Target,
    cause: Cause,
    message: str,
    *,
    status: int | None = None,
    retry_after: float | None = None,
) -> ModelRefused | ModelUnavailable:
    """`message` is in the vendor's words; whatever it holds of a secret is taken out."""
    kind = ModelRefused if cause in REFUSALS else ModelUnavailable
    words = hidden(message, target) or "it gave no reason."
    return kind(
        f"{target.name} {_what(cause, status)}: {words}",
        cause=cause,
        status=status,
        retry_after=retry_after,
        model=target.name,
    )


def hidden(text: str, target: Call | Target) -> str:
    """The text on one line, with none of the secrets of the connection in it."""
    for secret in sorted(_secrets(target), key=len, reverse=True):
        text = secretless(text, secret)
    return secretless(text, None)


def _secrets(target: Call | Target) -> Iterable[str]:
    """Those that the call names; where it names none, whatever of its credentials is long enough to be one."""
    connection = target.connection
    guessed = [] if target.secrets else [one for one in connection.values.values() if len(one) >= SHORTEST_SECRET]
    return {one for one in (connection.api_key, *target.secrets, *guessed) if one}


def _what(cause: Cause, status: int | None) -> str:
    if status is not None and 300 <= status < 400:
        return f"is somewhere else ({status}), and redirects are not followed"
    match cause:
        case "rate":
            return "is asked too often"
        case "credentials":
            return "did not accept the key"
        case "not_found":
            return "was not found there"
        case "context_too_long":
            return "cannot read a request as long as this"
        case "policy":
            return "will not answer this"
        case "timeout":
            return "took too long"
        case _ if cause in REFUSALS:
            return f"refused the request ({status})" if status else "refused the request"
        case _:
            return "failed"
