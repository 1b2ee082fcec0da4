"""How long a node may take, and what happens when it fails: retry first, then the error strategy, else the run fails.

The keys are those of app files (`retry_config`, `error_strategy`, `default_value`), common to every node type. What
those cannot say stands under `x-loomwork` in the node's data: `timeout` and `idle_timeout` in seconds, and `retry` with
`backoff` (each pause is so many times the one before), `jitter` (a pause is up to this share longer or shorter) and
`max_interval` in seconds.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

MAX_RETRIES = 10
MAX_RETRY_INTERVAL = 60.0
MAX_LONGEST_INTERVAL = 3600.0
MAX_BACKOFF = 10.0


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


def read_retry(config: Mapping[str, Any]) -> RetryPolicy | None:
    """The node's retry policy, or None where it has none. Values beyond the limits are brought inside them."""
    retry = config.get("retry_config")
    if not isinstance(retry, Mapping) or not retry.get("retry_enabled"):
        return None
    retries = _number(retry.get("max_retries"), 3)
    interval = _number(retry.get("retry_interval"), 1000) / 1000
    own = _own(_own(config), "retry")
    return RetryPolicy(
        max_retries=min(int(retries), MAX_RETRIES),
        interval=min(interval, MAX_RETRY_INTERVAL),
        backoff=min(max(1.0, _number(own.get("backoff"), 1.0)), MAX_BACKOFF),
        longest=min(_number(own.get("max_interval"), MAX_RETRY_INTERVAL), MAX_LONGEST_INTERVAL),
        jitter=min(_number(own.get("jitter"), 0.0), 1.0),
    )


def read_timeouts(config: Mapping[str, Any]) -> Timeouts | None:
    """How long the node may take, or None where nothing is said of it."""
    own = _own(config)
    timeouts = Timeouts(_number(own.get("timeout"), 0.0) or None, _number(own.get("idle_timeout"), 0.0) or None)
    return timeouts if timeouts.total or timeouts.idle else None


def _own(config: Mapping[str, Any], name: str = "x-loomwork") -> Mapping[str, Any]:
    own = config.get(name)
    return own if isinstance(own, Mapping) else {}


def read_strategy(config: Mapping[str, Any]) -> ErrorStrategy | None:
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


def _number(value: Any, default: float) -> float:
    return max(0.0, float(value)) if isinstance(value, int | float) and not isinstance(value, bool) else default
