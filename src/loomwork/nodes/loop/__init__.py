"""Repeats what is inside until a condition holds, with variables that live from round to round."""

from loomwork.nodes.loop.node import LoopType

__all__ = ["LoopType"]
