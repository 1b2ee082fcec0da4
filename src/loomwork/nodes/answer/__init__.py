"""A reply in a chat."""

from loomwork.nodes.answer.node import AnswerType

__all__ = ["AnswerType"]
