"""What code left, checked against what it declares.

The rules are those of Dify 1.17 (observed): every declared output has to be there and no other may; null is a value of
every type, but not of an item of `array[number]`; true and false count as 1 and 0 where numbers are declared; a
declared boolean may be anything, and lists of booleans have no limit of their length.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, assert_never

from loomwork.engine.ports import NodeError
from loomwork.nodes.code.config import Declarations, Declared
from loomwork.nodes.ports import OutputLimits


def checked_outputs(left: Mapping[str, Any], declared: Declarations, limits: OutputLimits) -> dict[str, Any]:
    """The outputs as the graph gets them, NUL characters taken out. Raises `NodeError` with code `invalid_output`."""
    return _Check(limits).fields(left, declared, "", 1)


@dataclass(frozen=True, slots=True)
class _Check:
    """`path` names a value in messages: `result.rows[3]`."""

    limits: OutputLimits

    def fields(self, left: Mapping[str, Any], declared: Declarations, path: str, depth: int) -> dict[str, Any]:
        self._not_too_deep(path, depth)
        missing = next((name for name in declared if name not in left), None)
        if missing is not None:
            raise _refused(_joined(path, missing), "is declared, but the code did not leave it")
        other = next((name for name in left if name not in declared), None)
        if other is not None:
            raise _refused(_joined(path, other), "was left by the code, but is not declared")
        return {name: self.value(left[name], row, _joined(path, name), depth) for name, row in declared.items()}

    def value(self, value: Any, declared: Declared, path: str, depth: int) -> Any:
        """One declared value."""
        if value is None:
            return None
        match declared.kind:
            case "string":
                return self._string(value, path)
            case "number":
                return self._number(value, path)
            case "object":
                return self._object(value, declared.children, path, depth)
            case "array[string]":
                items = self._list(value, path, self.limits.strings)
                return [None if item is None else self._string(item, at) for item, at in _places(items, path)]
            case "array[number]":
                items = self._list(value, path, self.limits.numbers)
                return [_as_number(item, at) for item, at in _places(items, path)]
            case "array[object]":
                return self._objects(value, declared.children, path, depth)
            case "array[boolean]":
                return [_as_boolean(item, at) for item, at in _places(self._list(value, path, None), path)]
            case "boolean" | None:
                self.anything(value, path, depth)
                return value
            case _:
                assert_never(declared.kind)

    def anything(self, value: Any, path: str, depth: int) -> None:
        """A value that nothing is declared of is only measured."""
        match value:
            case None | bool():
                return
            case int() | float():
                self._number(value, path)
            case str():
                self._string(value, path)
            case list():
                self._items(value, path, depth)
            case Mapping():
                self._not_too_deep(path, depth + 1)
                for name, item in value.items():
                    self.anything(item, _joined(path, str(name)), depth + 1)
            case _:
                raise _refused(path, f"is {_kind_of(value)}, which is no JSON value")

    def _items(self, items: list[Any], path: str, depth: int) -> None:
        """The items of a list have one type, but for nulls. A list that begins with null may have any."""
        first = items[0] if items else None
        if first is not None and any(item is not None and _family(item) != _family(first) for item in items):
            raise _refused(path, "is a list whose items are not all of one type")
        for item, at in _places(items, path):
            if isinstance(item, list):
                self._not_too_deep(at, depth + 1)
            self.anything(item, at, depth + 1 if isinstance(item, list) else depth)

    def _objects(self, value: Any, children: Declarations | None, path: str, depth: int) -> list[Any]:
        items = self._list(value, path, self.limits.objects)
        return [None if item is None else self._object(item, children, at, depth) for item, at in _places(items, path)]

    def _object(self, value: Any, children: Declarations | None, path: str, depth: int) -> Any:
        if not isinstance(value, Mapping):
            raise _refused(path, f"is {_kind_of(value)}, not an object")
        if children is not None:
            return self.fields(value, children, path, depth + 1)
        self.anything(value, path, depth)
        return value

    def _string(self, value: Any, path: str) -> str:
        if not isinstance(value, str):
            raise _refused(path, f"is {_kind_of(value)}, not a text")
        if len(value) > self.limits.string:
            raise _refused(path, f"has {len(value)} characters; {self.limits.string} are the most")
        return value.replace("\x00", "") if "\x00" in value else value

    def _number(self, value: Any, path: str) -> int | float:
        number = _as_number(value, path)
        if number > self.limits.greatest or number < self.limits.least:
            raise _refused(path, f"is out of range: numbers lie between {self.limits.least} and {self.limits.greatest}")
        if isinstance(number, float) and _digits_after_point(number) > self.limits.precision:
            raise _refused(path, f"has more than {self.limits.precision} digits after the point")
        return number

    def _list(self, value: Any, path: str, longest: int | None) -> list[Any]:
        if not isinstance(value, list):
            raise _refused(path, f"is {_kind_of(value)}, not a list")
        if longest is not None and len(value) > longest:
            raise _refused(path, f"has {len(value)} items; {longest} are the most")
        return value

    def _not_too_deep(self, path: str, depth: int) -> None:
        if depth > self.limits.depth:
            raise _refused(path, f"is nested more than {self.limits.depth} levels deep")


def _refused(path: str, reason: str) -> NodeError:
    return NodeError(f"Output '{path[:200]}' {reason}.", code="invalid_output")


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _places(items: list[Any], path: str) -> list[tuple[Any, str]]:
    return [(item, f"{path}[{place}]") for place, item in enumerate(items)]


def _as_number(value: Any, path: str) -> int | float:
    if isinstance(value, bool):
        return int(value)
    if not isinstance(value, int | float):
        raise _refused(path, f"is {_kind_of(value)}, not a number")
    if not math.isfinite(value):
        raise _refused(path, "is not a finite number")
    return value


def _as_boolean(value: Any, path: str) -> bool | None:
    if value is not None and not isinstance(value, bool):
        raise _refused(path, f"is {_kind_of(value)}, not true or false")
    return value


def _digits_after_point(number: float) -> int:
    exponent = Decimal(str(number)).normalize().as_tuple().exponent
    return -exponent if isinstance(exponent, int) and exponent < 0 else 0


def _family(value: Any) -> type:
    """True and false are numbers here."""
    for family in (int, float):
        if isinstance(value, family):
            return float
    return dict if isinstance(value, Mapping) else type(value)


def _kind_of(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "a text"
        case list():
            return "a list"
        case Mapping():
            return "an object"
        case _:
            return f"a {type(value).__name__}"
