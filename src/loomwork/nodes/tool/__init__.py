"""Calls a tool of the workspace."""

from loomwork.nodes.tool.node import ToolType

__all__ = ["ToolType"]
