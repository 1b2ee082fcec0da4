"""Has a node fail whose outputs are not what its author wants, so that it is retried like one that broke."""

from loomwork.nodes.bad_output.checked import CheckedType, is_checked

__all__ = ["CheckedType", "is_checked"]
