"""Charts as ECharts options, which the console draws, and whoever reads Markdown with them."""

import json
from typing import Any

from loomwork.adapters.tools.world import ToolWorld
from loomwork.tools.api import ToolInputInvalid
from loomwork.tools.domain.call import ToolCall, ToolResult

__all__ = ["bar_chart", "line_chart", "pie_chart"]


async def bar_chart(call: ToolCall, _world: ToolWorld) -> ToolResult:
    """Numbers as columns."""
    return _along(call, "bar")


async def line_chart(call: ToolCall, _world: ToolWorld) -> ToolResult:
    """Numbers as a line."""
    return _along(call, "line")


async def pie_chart(call: ToolCall, _world: ToolWorld) -> ToolResult:
    """Numbers as parts of a whole."""
    named = zip(_names(call, "categories"), _numbers(call), strict=True)
    data = [{"name": name, "value": value} for name, value in named]
    series = {"type": "pie", "radius": "50%", "data": data}
    return _drawn({**_titled(call), "tooltip": {"trigger": "item"}, "series": [series]})


def _along(call: ToolCall, kind: str) -> ToolResult:
    names, numbers = _names(call, "x_axis"), _numbers(call)
    axis = {"xAxis": {"type": "category", "data": names}, "yAxis": {"type": "value"}}
    series = [{"type": kind, "data": numbers}]
    return _drawn({**_titled(call), "tooltip": {"trigger": "axis"}, **axis, "series": series})


def _titled(call: ToolCall) -> dict[str, Any]:
    return {"title": {"text": call.arguments.get("title", ""), "left": "center"}}


def _drawn(option: dict[str, Any]) -> ToolResult:
    return ToolResult(f"\n```echarts\n{json.dumps(option, ensure_ascii=False)}\n```\n", json=[option])


def _names(call: ToolCall, parameter: str) -> list[str]:
    names = [str(name) for name in call.arguments[parameter]]
    if len(names) != len(call.arguments["data"]):
        message = f"There are {len(call.arguments['data'])} numbers for {len(names)} names; as many are needed."
        raise ToolInputInvalid(message, parameter=parameter)
    return names


def _numbers(call: ToolCall) -> list[float]:
    return list(call.arguments["data"])
