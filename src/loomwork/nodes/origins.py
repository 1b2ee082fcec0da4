"""Whose words may flow into a node, read off the graph before anything runs.

It is said by the node that a value comes from, and no further: what is made of other values (by a model, by code, by a
loop, in a variable of the conversation) may hold anybody's words.
"""

from collections.abc import Iterable, Mapping

from loomwork.engine.ports import Binder
from loomwork.nodes.known import canonical
from loomwork.nodes.reading import Inputs
from loomwork.tools.api import UNTRUSTED, Mark

ANYBODY: frozenset[Mark] = UNTRUSTED | {"user"}

_USER: frozenset[Mark] = frozenset({"user"})
_DOCUMENTS: frozenset[Mark] = frozenset({"retrieved"})
_ORIGINS: Mapping[str, frozenset[Mark]] = {
    "env": frozenset(),
    "sys": _USER,
    "start": _USER,
    "human-input": _USER,
    "knowledge-retrieval": _DOCUMENTS,
    "document-extractor": _DOCUMENTS,
    "http-request": frozenset({"web"}),
    "tool": frozenset({"tool", "web", "retrieved"}),
}


def origins(inputs: Inputs, binder: Binder) -> frozenset[Mark]:
    """The origins of all that these references may read."""
    return _together(_ORIGINS.get(canonical(binder.kind(ref)), ANYBODY) for _, ref in inputs)


def _together(marks: Iterable[frozenset[Mark]]) -> frozenset[Mark]:
    return frozenset(mark for each in marks for mark in each)
