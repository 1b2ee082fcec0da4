"""The rules of the form that starts a run, for whoever takes inputs before the start node does."""

from loomwork.nodes.start.fields import FieldReader, FieldRefused

__all__ = ["FieldReader", "FieldRefused"]
