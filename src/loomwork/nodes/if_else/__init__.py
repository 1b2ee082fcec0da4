"""Leaves by the first case whose conditions hold."""

from loomwork.nodes.if_else.node import IfElseType

__all__ = ["IfElseType"]
