"""Reading loosely typed data: what people and programs write into app files is seldom what the format says."""

import math
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from loomwork.engine.ports import Problem

_ID_KEYS = frozenset({"id", "case_id", "groupId", "start_node_id", "iteration_id", "loop_id"})
_SELECTOR_KEYS = frozenset({"query", "variable"})
"""Keys that hold a selector where their value is a list, beside all that end in `selector`."""


def as_mapping(value: Any) -> Mapping[Any, Any]:
    """The value where it is a mapping, else an empty one."""
    return value if isinstance(value, dict) else {}


def as_list(value: Any) -> list[Any]:
    """The value where it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def as_text(value: Any) -> str:
    """A scalar as the text that was most likely written; "" for anything else. YAML reads `true` and `17` unquoted."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    return value.isoformat() if isinstance(value, date) else ""


def as_number(value: Any) -> float | None:
    """A finite number, also where it was written as text, else None."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def as_count(value: Any) -> int | None:
    """A whole number above zero, else None."""
    number = as_number(value)
    return int(number) if number is not None and number >= 1 else None


def as_flag(value: Any) -> bool:
    """Whether something was switched on, also where it was written as text."""
    return value.strip().lower() in {"true", "yes", "1"} if isinstance(value, str) else bool(value)


def plain(value: Any) -> Any:
    """A copy that JSON can hold: keys are text, dates ISO text, numbers finite and at most 64 bits (else text)."""
    if isinstance(value, dict):
        return {_key(key): plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return _plain_scalar(value)


def node_config(data: Mapping[Any, Any]) -> dict[str, Any]:
    """A node's `data` as `plain` gives it, with every id and selector part as text."""
    return {_key(key): _config_value(_key(key), item, data) for key, item in data.items()}


def mappings(value: Any, place: str, problems: list[Problem]) -> Iterator[tuple[int, Mapping[Any, Any]]]:
    """The mappings of a list, each with its place in it. Whatever else is found there is reported and left out."""
    if value is not None and not isinstance(value, list):
        problems.append(Problem("warning", "unreadable", f"'{place}' should be a list; it is left out.", place=place))
    for index, item in enumerate(as_list(value)):
        if isinstance(item, dict):
            yield index, item
        else:
            here = f"{place}[{index}]"
            problems.append(
                Problem("warning", "unreadable", f"'{here}' should be a mapping; it is left out.", place=here)
            )


def _key(key: Any) -> str:
    return "null" if key is None else as_text(key)


def _plain_scalar(value: Any) -> Any:
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, int):
        return value if -(2**63) <= value < 2**63 else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    return as_text(value)


def _config_value(key: str, value: Any, siblings: Mapping[Any, Any]) -> Any:
    if isinstance(value, list):
        if _is_selector(key, siblings) and _all_scalars(value):
            return [as_text(part) for part in value]
        if key == "variables" and value and all(isinstance(item, list) for item in value):
            return [[as_text(part) for part in item] for item in value]
        return [_config_value("", item, {}) for item in value]
    if isinstance(value, dict):
        return node_config(value)
    return as_text(value) if key in _ID_KEYS and value is not None else _plain_scalar(value)


def _is_selector(key: str, siblings: Mapping[Any, Any]) -> bool:
    if key.endswith("selector") or key in _SELECTOR_KEYS:
        return True
    return key == "value" and "variable" in (siblings.get("type"), siblings.get("input_type"))


def _all_scalars(value: list[Any]) -> bool:
    return not any(isinstance(part, dict | list) for part in value)
