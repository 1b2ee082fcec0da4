"""The form, the ways to answer it, how long it stands, and who is told of it.

The older files of Dify (1.13) name a field's default `placeholder`.
"""

import math
from collections.abc import Sequence
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AliasChoices, BeforeValidator, Field, field_validator

from loomwork.nodes.config import NodeConfig, Rows, Selector, Text

DEFAULT_TIMEOUT = 36.0
LONGEST_TIMEOUT = 10 * 365 * 24 * 3600.0
"""Seconds."""

FILE_KINDS = frozenset({"file", "file-list"})
KINDS = frozenset({"paragraph", "text-input", "select"}) | FILE_KINDS

_UNITS = {"hour": 3600.0, "day": 24 * 3600.0}

Named = TypeVar("Named", bound=NodeConfig)


def _timeout(value: Any) -> float:
    """A number above 0; anything else is the default."""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return DEFAULT_TIMEOUT
    return number if math.isfinite(number) and number > 0 else DEFAULT_TIMEOUT


def _texts(value: Any) -> tuple[str, ...]:
    items = value if isinstance(value, list | tuple) else ()
    return tuple(str(item) for item in items if isinstance(item, str | int | float))


Texts = Annotated[tuple[str, ...], BeforeValidator(_texts)]


class DefaultSource(NodeConfig):
    """Where a field's first value comes from: `selector` where `type` is "variable", else `value`."""

    type: Text = "constant"
    selector: Selector = ()
    value: Text = ""


class OptionSource(NodeConfig):
    """Where the options of a choice come from. `value` also stands in for a variable that nothing has set."""

    type: Text = "constant"
    selector: Selector = ()
    value: Texts = ()


class FieldConfig(NodeConfig):
    """One field. `number_limits` is the most files that a list takes; 0 sets no limit."""

    type: Text = "paragraph"
    output_variable_name: Text = ""
    label: Text = ""
    default: DefaultSource = Field(DefaultSource(), validation_alias=AliasChoices("default", "placeholder"))
    option_source: OptionSource = OptionSource()
    allowed_file_types: Texts = ()
    allowed_file_extensions: Texts = ()
    allowed_file_upload_methods: Texts = ()
    number_limits: Annotated[int, BeforeValidator(lambda value: value if isinstance(value, int) else 0)] = 0


class ActionConfig(NodeConfig):
    """A button; `id` is also the handle that the node leaves by."""

    id: Text = ""
    title: Text = ""
    button_style: Text = "default"


class DeliveryConfig(NodeConfig):
    type: Text = ""
    enabled: bool = True


class HumanInputConfig(NodeConfig):
    form_content: Text = ""
    inputs: Rows[FieldConfig] = ()
    user_actions: Rows[ActionConfig] = ()
    timeout: Annotated[float, BeforeValidator(_timeout)] = DEFAULT_TIMEOUT
    timeout_unit: Literal["hour", "day"] = "hour"
    delivery_methods: Rows[DeliveryConfig] = ()

    @property
    def timeout_seconds(self) -> float:
        return min(self.timeout * _UNITS[self.timeout_unit], LONGEST_TIMEOUT)

    @field_validator("inputs")
    @classmethod
    def _fields_have_names_of_their_own(cls, rows: tuple[FieldConfig, ...]) -> tuple[FieldConfig, ...]:
        _check_names("field", [row.output_variable_name for row in rows])
        return rows

    @field_validator("user_actions")
    @classmethod
    def _actions_have_ids_of_their_own(cls, rows: tuple[ActionConfig, ...]) -> tuple[ActionConfig, ...]:
        _check_names("action", [row.id for row in rows])
        return rows


def _check_names(what: str, names: Sequence[str]) -> None:
    if "" in names:
        raise ValueError(f"{what} {names.index('') + 1} has no name")
    twice = next((name for place, name in enumerate(names) if name in names[:place]), None)
    if twice is not None:
        raise ValueError(f"two {what}s are named '{twice[:50]}'")
