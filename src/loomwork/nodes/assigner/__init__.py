"""Writes variables of the conversation, or of the loop around it."""

from loomwork.nodes.assigner.node import AssignerType

__all__ = ["AssignerType"]
