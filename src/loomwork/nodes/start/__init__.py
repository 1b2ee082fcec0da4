"""Where a run of an app begins: the form that it was started with."""

from loomwork.nodes.start.node import StartType

__all__ = ["StartType"]
