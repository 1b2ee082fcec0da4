"""The variables to choose from, as one list or in named groups."""

from loomwork.nodes.config import NodeConfig, Rows, Selectors, Text


class GroupConfig(NodeConfig):
    group_name: Text = ""
    variables: Selectors = ()


class AdvancedSettings(NodeConfig):
    group_enabled: bool = False
    groups: Rows[GroupConfig] = ()


class AggregatorConfig(NodeConfig):
    variables: Selectors = ()
    advanced_settings: AdvancedSettings = AdvancedSettings()
