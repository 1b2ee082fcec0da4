"""How often at most, until when, and with which variables."""

import json
from typing import Annotated, Any

from pydantic import BeforeValidator

from loomwork.nodes.config import NodeConfig, Rows, Text, as_selector
from loomwork.nodes.if_else.config import Condition

DEFAULT_COUNT = 10
MOST_ROUNDS = 10_000


def _count(value: Any) -> int:
    try:
        return min(max(0, int(value)), MOST_ROUNDS)
    except (TypeError, ValueError, OverflowError):
        return DEFAULT_COUNT


class LoopVariable(NodeConfig):
    """`value` is a selector where `value_type` is "variable", else a constant, perhaps as text."""

    label: Text = ""
    var_type: Text = "string"
    value_type: Text = "constant"
    value: Any = None

    @property
    def selector(self) -> tuple[str, ...]:
        return as_selector(self.value)

    def constant(self) -> Any:
        """The constant as its type says; lists, objects and numbers may be written as text."""
        if not isinstance(self.value, str) or self.var_type == "string":
            return "" if self.value is None and self.var_type == "string" else self.value
        try:
            return json.loads(self.value)
        except (ValueError, RecursionError):
            return self.value


class LoopConfig(NodeConfig):
    loop_count: Annotated[int, BeforeValidator(_count)] = DEFAULT_COUNT
    break_conditions: Rows[Condition] = ()
    logical_operator: Text = "and"
    loop_variables: Rows[LoopVariable] = ()
