"""What happens when a node fails: retry first, then the error strategy, else the run fails.

The keys are those of app files (`retry_config`, `error_strategy`, `default_value`), common to every node type.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

MAX_RETRIES = 10
MAX_RETRY_INTERVAL = 60.0


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """`max_retries` counts executions after the first; `interval` is the pause before each, in seconds."""

    max_retries: int
    interval: float


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
    return RetryPolicy(max_retries=min(int(retries), MAX_RETRIES), interval=min(interval, MAX_RETRY_INTERVAL))


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
