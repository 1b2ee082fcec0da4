"""Runs a piece of code in a sandbox, and checks what it leaves against what it declares."""

from loomwork.nodes.code.node import CodeType

__all__ = ["CodeType"]
