"""Where a workflow ends: what the run gives back."""

from loomwork.nodes.end.node import EndType

__all__ = ["EndType"]
