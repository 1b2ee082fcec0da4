"""What is written where, in the form of today (`items`) or in the one from before (one variable a node)."""

from collections.abc import Mapping
from typing import Any

from pydantic import model_validator

from loomwork.nodes.config import NodeConfig, Rows, Selector, Text


class Assignment(NodeConfig):
    """`value` is a selector where `input_type` is "variable", else a constant."""

    variable_selector: Selector = ()
    operation: Text = "over-write"
    input_type: Text = "variable"
    value: Any = None


class AssignerConfig(NodeConfig):
    items: Rows[Assignment] = ()

    @model_validator(mode="before")
    @classmethod
    def _read_first_form(cls, data: Any) -> Any:
        if not isinstance(data, Mapping) or data.get("items") or not data.get("assigned_variable_selector"):
            return data
        return {
            "items": [
                {
                    "variable_selector": data["assigned_variable_selector"],
                    "operation": data.get("write_mode") or "over-write",
                    "input_type": "variable",
                    "value": data.get("input_variable_selector"),
                }
            ]
        }
