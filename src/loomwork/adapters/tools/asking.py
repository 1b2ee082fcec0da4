"""Asks another side once, and says what its refusals and failures are."""

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import jmespath

from loomwork.adapters.tools.cards import Answer
from loomwork.nodes.ports import (
    Egress,
    EgressFailed,
    EgressLimits,
    EgressRefused,
    EgressRequest,
    EgressResponse,
    EgressTimeout,
    EgressTooLarge,
)
from loomwork.tools.domain.errors import (
    ToolCredentialsRefused,
    ToolFailed,
    ToolOutputInvalid,
    ToolOutputTooLarge,
    ToolRateLimited,
    ToolRefused,
    ToolTimeout,
    ToolUnavailable,
)

LIMITS = EgressLimits(first_byte=600.0, total=600.0)
"""The registry ends a call long before; the gate alone limits what comes back."""

LONGEST_SAID = 300
LEAST_SECRET = 4
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Asked:
    """An answer, and what it is as JSON, where it shall be that."""

    response: EgressResponse
    value: Any = None


async def ask(egress: Egress, request: EgressRequest, *, label: str, secrets: Sequence[str], answer: Answer) -> Asked:
    """Send the request. `label` is how the other side is called in sentences; `secrets` never stand in one. Raises
    `ToolFailed`.
    """
    response = await fetched(egress, request, label=label)
    if not 200 <= response.status < 300:
        raise refused(response, label=label, said=said_in(response, answer.error, secrets), let_in=bool(secrets))
    asked = Asked(response, _json(response, label) if answer.format == "json" else None)
    if answer.fail_if is not None:
        sentence = jmespath.search(answer.fail_if, asked.value)
        if sentence:
            raise ToolRefused(f"{label} refuses: {clean(str(sentence), secrets)}")
    return asked


async def fetched(
    egress: Egress, request: EgressRequest, *, label: str, limits: EgressLimits = LIMITS
) -> EgressResponse:
    """The answer, whatever its status. Raises `ToolFailed`."""
    with failures(label):
        return await egress.fetch(request, limits)


@contextmanager
def failures(label: str) -> Iterator[None]:
    """What the gate raises, as what a tool does."""
    try:
        yield
    except EgressRefused as error:
        raise ToolRefused(error.message, reason=error.code) from error
    except EgressTimeout as error:
        raise ToolTimeout(error.message) from error
    except EgressTooLarge as error:
        raise ToolOutputTooLarge(error.message) from error
    except EgressFailed as error:
        raise ToolUnavailable(f"{label} cannot be asked: {error.message}") from error


def refused(response: EgressResponse, *, label: str, said: str, let_in: bool) -> ToolFailed:
    """What a status that is no success means."""
    status, because = response.status, f": {said}" if said else "."
    if status in (401, 403) and let_in:
        return ToolCredentialsRefused(f"{label} does not accept the credentials (status {status}){because}")
    if status == 429:
        pause = _seconds(response.headers.get("retry-after", ""))
        return ToolRateLimited(f"{label} wants to be asked less often{because}", unsent=True, retry_after=pause)
    if status >= 500:
        return ToolUnavailable(f"{label} has trouble of its own (status {status}){because}", status=status)
    return ToolRefused(f"{label} refuses the request (status {status}){because}", status=status)


def said_in(response: EgressResponse, expression: str | None, secrets: Sequence[str]) -> str:
    """The other side's own sentence, where the file says how to find it."""
    if expression is None:
        return ""
    try:
        found = jmespath.search(expression, json.loads(response.body))
    except (ValueError, RecursionError, jmespath.exceptions.JMESPathError):
        return ""
    return clean(found if isinstance(found, str) else json.dumps(found, default=str), secrets) if found else ""


def clean(text: str, secrets: Sequence[str]) -> str:
    """In one line, not too long, and without what nobody is to see."""
    for secret in secrets:
        if len(secret) >= LEAST_SECRET:
            text = text.replace(secret, "***")
    return _SPACE.sub(" ", text).strip()[:LONGEST_SAID]


def _json(response: EgressResponse, label: str) -> Any:
    if not response.body.strip():
        return None
    try:
        return json.loads(response.body)
    except (ValueError, RecursionError):
        raise ToolOutputInvalid(f"{label} answered with something that is no JSON.") from None


def _seconds(said: str) -> float | None:
    try:
        return max(0.0, float(said))
    except ValueError:
        return None
