"""A template and the variables it may use."""

from loomwork.nodes.config import NamedSelector, NodeConfig, Rows, Text


class TemplateTransformConfig(NodeConfig):
    template: Text = ""
    variables: Rows[NamedSelector] = ()
