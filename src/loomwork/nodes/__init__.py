"""The node types, a folder each. What a room above them has to fit for them is handed out here."""

from loomwork.nodes.ports import SubflowRefused, SubflowRequest, SubflowResult, Subflows

__all__ = ["SubflowRefused", "SubflowRequest", "SubflowResult", "Subflows"]
