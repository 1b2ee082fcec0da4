"""Cases and conditions, as the document declares them."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field, model_validator

from loomwork.nodes.config import NodeConfig, Rows, Selector, Text

LEGACY_CASE = "true"
"""The handle of the one case of files from before there were several."""


class SubCondition(NodeConfig):
    """A condition on one attribute of the files of a list."""

    key: Text = ""
    comparison_operator: Text = ""
    value: Any = None


class SubConditions(NodeConfig):
    logical_operator: Text = "and"
    conditions: Rows[SubCondition] = ()


class Condition(NodeConfig):
    """`value` keeps the type that the document gives it: text is a template, lists and booleans are not."""

    variable_selector: Selector = ()
    comparison_operator: Text = ""
    value: Any = None
    sub_variable_condition: SubConditions = SubConditions()


class Case(NodeConfig):
    """Some exports give a case only an `id`."""

    case_id: Text = ""
    id: Text = ""
    logical_operator: Text = "and"
    conditions: Rows[Condition] = ()

    @property
    def handle(self) -> str:
        return self.case_id or self.id


class IfElseConfig(NodeConfig):
    cases: Rows[Case] = Field(default=())

    @model_validator(mode="before")
    @classmethod
    def _read_legacy(cls, data: Any) -> Any:
        """Conditions at the top are one case, from before there were several; some files have groups of them there."""
        if not isinstance(data, Mapping) or isinstance(data.get("cases"), list):
            return data
        conditions = data.get("conditions")
        groups = [row for row in conditions if _is_group(row)] if isinstance(conditions, list) else []
        cases = groups or [{"logical_operator": data.get("logical_operator") or "and", "conditions": conditions}]
        return {**data, "cases": [{**case, "case_id": LEGACY_CASE} for case in cases]}


def _is_group(row: Any) -> bool:
    return isinstance(row, Mapping) and isinstance(row.get("conditions"), list)
