"""What a run gives back, by name."""

from loomwork.nodes.config import NamedSelector, NodeConfig, Rows


class EndConfig(NodeConfig):
    outputs: Rows[NamedSelector] = ()
