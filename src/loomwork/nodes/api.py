"""The rules of forms, for whoever takes what people send before the nodes do: the form that starts a run, and those
that a run asks people with. And what the outputs of a node say about the way it left.
"""

from loomwork.nodes.human_input.answers import checked as checked_answer
from loomwork.nodes.human_input.form import filled as filled_form
from loomwork.nodes.known import KNOWN_TYPES, canonical
from loomwork.nodes.start.fields import FieldReader, FieldRefused

__all__ = ["FieldReader", "FieldRefused", "branch_key", "checked_answer", "filled_form"]


def branch_key(node_type: str) -> str | None:
    """The output of a branching node that says by which handle it left; None for any other node."""
    known = KNOWN_TYPES.get(canonical(node_type))
    return None if known is None else known.branch_key
