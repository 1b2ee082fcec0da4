"""Has a model sort a text into one of several classes, and leaves by that class."""

from loomwork.nodes.question_classifier.node import QuestionClassifierType

__all__ = ["QuestionClassifierType"]
