"""Which app, which version of it, and what it is given.

The type is ours, and so is its format: `app_id` is an app of the workspace, or any name that the app's bindings map to
one; `version` a published version's number, or null for the one that visitors get; each input a `variable` of the other
app's form with a `value_selector` or a `value`; `query` is what a chat app is asked, without it the question that this
app was asked. Texts among the values, and the query, may hold `{{#node.name#}}`. `outputs` may declare what the app
leaves, as code nodes do; it only serves mocks and people who read the file.
"""

from typing import Annotated, Any

from pydantic import BeforeValidator

from loomwork.nodes.config import NamedSelector, NodeConfig, Rows, Text


def _version(value: Any) -> int:
    if isinstance(value, str) and value.strip().isdecimal():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError("a version is a number from 1 on, or null for the one that is published")
    return value


class InputConfig(NamedSelector):
    """`value` counts where there is no selector."""

    value: Any = None


class SubWorkflowConfig(NodeConfig):
    app_id: Text = ""
    version: Annotated[int, BeforeValidator(_version)] | None = None
    inputs: Rows[InputConfig] = ()
    query: Text = ""
