"""Asks a model."""

from loomwork.nodes.llm.node import LlmType

__all__ = ["LlmType"]
