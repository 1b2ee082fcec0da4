"""Which variable holds the files; whether they are one or several, the variable itself says."""

from loomwork.nodes.config import NodeConfig, Selector


class DocumentExtractorConfig(NodeConfig):
    variable_selector: Selector = ()
