"""Which documents are asked: conditions on what is written beside them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Operator = Literal[
    "is",
    "is not",
    "contains",
    "not contains",
    "starts with",
    "ends with",
    "in",
    "not in",
    "empty",
    "not empty",
    "=",
    "≠",
    ">",
    "<",
    "≥",
    "≤",
    "before",
    "after",
]
"""As Dify's metadata filters are written in app files."""

MOST_CONDITIONS = 50


class Condition(BaseModel):
    """`name` is that of a field beside the document."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, max_length=200)
    operator: Operator
    value: str | float | bool | tuple[str | float, ...] | None = None


class Where(BaseModel):
    """Nothing means every document. Groups hold conditions of their own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    match: Literal["all", "any"] = "all"
    conditions: tuple[Condition, ...] = Field(default=(), max_length=MOST_CONDITIONS)
    groups: tuple["Where", ...] = Field(default=(), max_length=10)

    @property
    def is_empty(self) -> bool:
        return not self.conditions and all(each.is_empty for each in self.groups)

    def fits(self, fields: Mapping[str, Any]) -> bool:
        """Whether a document with these fields is meant."""
        said = [_holds(fields.get(each.name), each) for each in self.conditions]
        said += [each.fits(fields) for each in self.groups if not each.is_empty]
        if not said:
            return True
        return all(said) if self.match == "all" else any(said)


def _holds(found: Any, condition: Condition) -> bool:
    wanted, operator = condition.value, condition.operator
    if operator in ("empty", "not empty"):
        return (found is None or found == "" or found == []) == (operator == "empty")
    if operator in ("=", "≠", ">", "<", "≥", "≤"):
        return _numbers(found, wanted, operator)
    if operator in ("before", "after"):
        return _moments(found, wanted, operator)
    if operator in ("in", "not in"):
        return (_text(found) in _texts(wanted)) == (operator == "in")
    return _words(_text(found), _text(wanted), operator)


def _words(found: str, wanted: str, operator: Operator) -> bool:
    found, wanted = found.casefold(), wanted.casefold()
    match operator:
        case "is":
            return found == wanted
        case "is not":
            return found != wanted
        case "contains":
            return wanted in found
        case "not contains":
            return wanted not in found
        case "starts with":
            return found.startswith(wanted)
        case _:
            return found.endswith(wanted)


def _numbers(found: Any, wanted: Any, operator: Operator) -> bool:
    left, right = _number(found), _number(wanted)
    if left is None or right is None:
        return operator == "≠"
    match operator:
        case "=":
            return left == right
        case "≠":
            return left != right
        case ">":
            return left > right
        case "<":
            return left < right
        case "≥":
            return left >= right
        case _:
            return left <= right


def _moments(found: Any, wanted: Any, operator: Operator) -> bool:
    left, right = _moment(found), _moment(wanted)
    if left is None or right is None:
        return False
    return left < right if operator == "before" else left > right


def _number(value: Any) -> float | None:
    try:
        return None if value is None else float(value)
    except (TypeError, ValueError):
        return None


def _moment(value: Any) -> datetime | None:
    """Of ISO 8601, or of seconds since 1970, as Dify writes them."""
    seconds = _number(value)
    try:
        moment = datetime.fromtimestamp(seconds, UTC) if seconds is not None else datetime.fromisoformat(str(value))
    except (ValueError, OverflowError, OSError):
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _text(value: Any) -> str:
    if value is None:
        return ""
    return str(value) if not isinstance(value, float) or not value.is_integer() else str(int(value))


def _texts(value: Any) -> Sequence[str]:
    if isinstance(value, str):
        return [each.strip() for each in value.split(",")]
    return [_text(each) for each in value] if isinstance(value, Sequence) else [_text(value)]
