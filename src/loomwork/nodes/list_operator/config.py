"""The list, and what is done to it."""

import math
from typing import Annotated, Any

from pydantic import BeforeValidator

from loomwork.nodes.config import NodeConfig, Rows, Selector, Text


def _size(value: Any) -> int:
    if isinstance(value, str) and value.strip().isdecimal():
        return int(value)
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return max(0, int(value)) if is_number else 10


class FilterCondition(NodeConfig):
    """`key` names an attribute of files; other items are compared as they are. A `value` of text is a template."""

    key: Text = ""
    comparison_operator: Text = ""
    value: Any = None


class FilterBy(NodeConfig):
    enabled: bool = False
    conditions: Rows[FilterCondition] = ()


class ExtractBy(NodeConfig):
    """`serial` is a template of the place of one item, the first being 1."""

    enabled: bool = False
    serial: Text = ""


class OrderBy(NodeConfig):
    """`value` is `asc` or `desc`; `key` names an attribute of files."""

    enabled: bool = False
    key: Text = ""
    value: Text = "asc"


class Limit(NodeConfig):
    enabled: bool = False
    size: Annotated[int, BeforeValidator(_size)] = 10


class ListOperatorConfig(NodeConfig):
    variable: Selector = ()
    filter_by: FilterBy = FilterBy()
    extract_by: ExtractBy = ExtractBy()
    order_by: OrderBy = OrderBy()
    limit: Limit = Limit()
