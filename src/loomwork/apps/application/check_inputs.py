"""What people fill into an app's form, checked before a run is made of it."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from loomwork.apps.api import FormField
from loomwork.kernel.errors import InvalidInput


def checked_inputs(form: Sequence[FormField], inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs, numbers given as text turned into numbers; names that the form does not have are dropped, as the
    start node would do. Raises `InvalidInput` naming the field.
    """
    return {
        item.variable: _checked(item, inputs.get(item.variable))
        for item in form
        if item.required or item.variable in inputs
    }


def _checked(item: FormField, value: Any) -> Any:
    if value is None:
        if item.required and item.default is None:
            raise InvalidInput(f"'{item.label or item.variable}' is required.", field=item.variable)
        return item.default
    if value == "":
        return value
    match item.type:
        case "number":
            return _number(item, value)
        case "select":
            _check_option(item, value)
        case "text-input" | "paragraph":
            _check_text(item, value)
    return value


def _number(item: FormField, value: Any) -> int | float:
    try:
        if isinstance(value, bool):
            raise TypeError
        number = value if isinstance(value, int | float) else _number_in(value)
        if isinstance(number, int) or math.isfinite(number):
            return number
    except (TypeError, ValueError):
        pass
    raise InvalidInput(f"'{item.label or item.variable}' must be a number.", field=item.variable)


def _number_in(text: Any) -> int | float:
    """Whole numbers exactly, however long; anything but text raises `TypeError`."""
    digits = text.strip().lstrip("+-") if isinstance(text, str) else ""
    return int(text) if digits.isdecimal() else float(text)


def _check_option(item: FormField, value: Any) -> None:
    if item.options and value not in item.options:
        options = ", ".join(item.options)
        raise InvalidInput(f"'{item.label or item.variable}' must be one of: {options}.", field=item.variable)


def _check_text(item: FormField, value: Any) -> None:
    if not isinstance(value, str):
        raise InvalidInput(f"'{item.label or item.variable}' must be text.", field=item.variable)
    if item.max_length and len(value) > item.max_length:
        raise InvalidInput(
            f"'{item.label or item.variable}' may have {item.max_length} characters at most; it has {len(value)}.",
            field=item.variable,
        )
