"""How long a node may take, and what happens when it fails: retry first, then the error strategy, else the run fails.

The keys are those of app files (`retry_config`, `error_strategy`, `default_value`), common to every node type. What
those cannot say stands under `x-loomwork` in the node's data: `timeout` and `idle_timeout` in seconds (0 for none), and
`retry` with `backoff` (each pause is so many times the one before), `jitter` (a pause is up to this share longer or
shorter) and `max_interval` in seconds. A value that cannot be meant is reported and counts as absent; one that is out
of range is brought inside it.

Only nodes that wait for the world have timeouts: one that does not wait ends before anybody could look at the clock.
"""

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

MAX_RETRIES = 10
MAX_RETRY_INTERVAL = 60.0
MAX_LONGEST_INTERVAL = 3600.0
MAX_BACKOFF = 10.0
MAX_TIMEOUT = 7 * 24 * 3600.0

EXTENSION = "x-loomwork"
"""The key of what is ours in an app file, so that the file stays readable elsewhere."""

OF_NODES = "when"
"""What stands beside our keys for retries and is not read here: the condition on a node's outputs."""

DIGITS = re.compile(r"[0-9]{1,9}")
"""Numbers as some app files write them: as text."""

Report = Callable[[str, str, str], None]
"""Takes what is wrong with a node's policies: a code, a sentence about the node, and the field."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """`max_retries` counts executions after the first; `interval` is the pause before the second, in seconds. Each
    further pause is `backoff` times the one before, at most `longest`; `jitter` is the share by which they vary.
    """

    max_retries: int
    interval: float
    backoff: float = 1.0
    longest: float = MAX_RETRY_INTERVAL
    jitter: float = 0.0

    def delay(self, attempt: int) -> float:
        """The pause after so many executions, before jitter."""
        return min(self.interval * self.backoff ** (attempt - 1), self.longest)


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds that one execution may take in all, and between two signs of life (pieces of text)."""

    total: float | None = None
    idle: float | None = None


@dataclass(frozen=True, slots=True)
class ErrorStrategy:
    """`fail-branch` leaves by its own handle; `default-value` leaves as if it had succeeded, with `defaults`."""

    kind: Literal["fail-branch", "default-value"]
    defaults: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Policies:
    """What a node's data says of its failures and its time; None where it says nothing."""

    retry: RetryPolicy | None
    timeouts: Timeouts | None
    strategy: ErrorStrategy | None


def _unheard(code: str, message: str, field: str) -> None:
    """For whoever only wants the values."""


def read_policies(config: Mapping[str, Any], report: Report = _unheard) -> Policies:
    """The policies of a node, from its data."""
    own = _Section(config, "", report).section(EXTENSION)
    return Policies(_retry(config, own, report), _timeouts(own), _strategy(config))


def _retry(config: Mapping[str, Any], own: "_Section", report: Report) -> RetryPolicy | None:
    given = _Section(config, "", report).section("retry_config")
    further = own.section("retry")
    if not given.data.get("retry_enabled"):
        if further.data.keys() - {OF_NODES}:
            report(
                "retry_not_enabled",
                "its retry_config enables no retry, so how to retry does not count.",
                "retry_config",
            )
        return None
    return RetryPolicy(
        max_retries=int(given.number("max_retries", 3, most=MAX_RETRIES)),
        interval=given.number("retry_interval", 1000, most=MAX_RETRY_INTERVAL * 1000) / 1000,
        backoff=max(1.0, further.number("backoff", 1.0, most=MAX_BACKOFF)),
        longest=further.number("max_interval", MAX_RETRY_INTERVAL, most=MAX_LONGEST_INTERVAL),
        jitter=further.number("jitter", 0.0, most=1.0),
    )


def _timeouts(own: "_Section") -> Timeouts | None:
    total = own.number("timeout", 0.0, most=MAX_TIMEOUT)
    idle = own.number("idle_timeout", 0.0, most=MAX_TIMEOUT)
    return Timeouts(total or None, idle or None) if total or idle else None


@dataclass(frozen=True, slots=True)
class _Section:
    """A map in a node's data, with who is told of what cannot be meant in it."""

    data: Mapping[str, Any]
    place: str
    report: Report

    def number(self, key: str, default: float, *, most: float) -> float:
        value = self.data.get(key)
        if value is None:
            return default
        if isinstance(value, str) and DIGITS.fullmatch(value):
            value = int(value)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or (isinstance(value, float) and not math.isfinite(value)) or value < 0:
            self._refuse(key, "is no number from 0 on")
            return default
        # Cut before it becomes a float, which a whole number may be too large for.
        return float(min(value, most))

    def section(self, key: str) -> "_Section":
        inner = self.data.get(key)
        if inner is not None and not isinstance(inner, Mapping):
            self._refuse(key, "is no map")
        return _Section(inner if isinstance(inner, Mapping) else {}, f"{self.place}{key}.", self.report)

    def _refuse(self, key: str, why: str) -> None:
        field = f"{self.place}{key}"
        self.report("invalid_policy", f"its {field} {why}, so it does not count.", field)


def _strategy(config: Mapping[str, Any]) -> ErrorStrategy | None:
    """The node's error strategy, or None where a failure fails the run."""
    kind = config.get("error_strategy")
    if kind == "fail-branch":
        return ErrorStrategy("fail-branch", {})
    if kind == "default-value":
        return ErrorStrategy("default-value", _defaults(config.get("default_value")))
    return None


def _defaults(items: Any) -> dict[str, Any]:
    if not isinstance(items, list):
        return {}
    return {
        str(item["key"]): _typed(item.get("type"), item.get("value"))
        for item in items
        if isinstance(item, Mapping) and "key" in item
    }


def _typed(kind: Any, value: Any) -> Any:
    """Objects, arrays and numbers may be written as JSON text."""
    if not isinstance(value, str) or kind == "string":
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value
