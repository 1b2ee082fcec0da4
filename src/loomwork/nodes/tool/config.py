"""Which tool, and what it is given, in the forms that the editor has had.

`tool_parameters` are what flows into a call, `tool_configurations` what its author has set; a value of either is
`{type, value}` (`mixed`: a template, `variable`: a selector, `constant`: as it is), or in older files the bare value.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from loomwork.nodes.approval import ApprovalConfig
from loomwork.nodes.config import NodeConfig, Text
from loomwork.tools.api import ApprovalPolicy


def _named(value: Any) -> dict[str, Any]:
    return {str(name): each for name, each in value.items()} if isinstance(value, Mapping) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


Named = Annotated[dict[str, Any], BeforeValidator(_named)]


class ToolConfig(NodeConfig):
    """`provider_id` is a toolset by our id, or by the one that another product has for it."""

    provider_id: Text = ""
    provider_name: Text = ""
    provider_type: Text = "builtin"
    tool_name: Text = ""
    tool_parameters: Named = Field(default_factory=dict)
    tool_configurations: Named = Field(default_factory=dict)
    credential_id: Annotated[str, BeforeValidator(_text)] = ""
    own: Named = Field(default_factory=dict, alias="x-loomwork")

    @property
    def policy(self) -> ApprovalPolicy:
        """When a person is asked before the call, as it stands under `x-loomwork`."""
        approval = self.own.get("approval")
        return ApprovalConfig.model_validate(approval if isinstance(approval, Mapping) else {}).policy

    @property
    def of_an_app(self) -> bool:
        """Whether the tool is an app, so that a call of it is a run."""
        return self.provider_type in ("workflow", "app") or self.provider_id.startswith("app.")

    @property
    def names_an_app(self) -> bool:
        """Whether `provider_id` is what another product called an app that was published as a tool there."""
        return self.provider_type == "workflow" and "." not in self.provider_id and bool(self.provider_id.strip())

    @property
    def of_a_workspace(self) -> bool:
        """Whether the tool is something that each workspace adds for itself."""
        return self.provider_type in ("api", "mcp", "workflow", "app") or "." in self.provider_id
