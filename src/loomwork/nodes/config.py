"""How a node's `data` map is read: unknown keys, nulls and the sloppy forms of real app files are no errors.

The forms are those seen in Dify's app files, versions 0.1 to 0.7.
"""

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator

T = TypeVar("T")


class NodeConfig(BaseModel):
    """A null counts as absent, so that the field's default holds; numbers where text belongs become text."""

    model_config = ConfigDict(extra="ignore", frozen=True, coerce_numbers_to_str=True)

    @model_validator(mode="before")
    @classmethod
    def _forget_nulls(cls, data: Any) -> Any:
        if isinstance(data, Mapping):
            return {str(key): value for key, value in data.items() if value is not None}
        return {} if data in ("", [], None) else data


def _rows(value: Any) -> tuple[Any, ...]:
    return tuple(row for row in value if row is not None) if isinstance(value, list | tuple) else ()


def as_selector(value: Any) -> tuple[str, ...]:
    """A selector from a list of parts, or from text with dots; `()` where there is none."""
    if isinstance(value, str):
        return tuple(value.split(".")) if value else ()
    return tuple(str(part) for part in value) if isinstance(value, list | tuple) else ()


def _text(value: Any) -> Any:
    return value if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def _selectors(value: Any) -> tuple[tuple[str, ...], ...]:
    return tuple(selector for selector in map(as_selector, _rows(value)) if selector)


Rows = Annotated[tuple[T, ...], BeforeValidator(_rows)]
"""A list; anything else is an empty one, and empty places in it are left out."""

Selector = Annotated[tuple[str, ...], BeforeValidator(as_selector)]
"""A variable selector, its parts as text (YAML turns unquoted ids into numbers); `()` where there is none."""

Selectors = Annotated[tuple[tuple[str, ...], ...], BeforeValidator(_selectors)]
"""Selectors, empty ones left out."""

Text = Annotated[str, BeforeValidator(_text)]
"""Text; anything that cannot be text is empty."""


class NamedSelector(NodeConfig):
    """A variable of a node: the name it has inside, and where its value comes from."""

    variable: Text = ""
    value_selector: Selector = ()
