"""The rules of forms, for whoever takes what people send before the nodes do: the form that starts a run, and those
that a run asks people with.
"""

from loomwork.nodes.human_input.answers import checked as checked_answer
from loomwork.nodes.start.fields import FieldReader, FieldRefused

__all__ = ["FieldReader", "FieldRefused", "checked_answer"]
