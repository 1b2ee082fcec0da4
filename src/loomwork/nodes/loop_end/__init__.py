"""Leaves the container around it: no further round begins."""

from loomwork.nodes.loop_end.node import LoopEndType

__all__ = ["LoopEndType"]
