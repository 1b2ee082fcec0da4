"""Which names a node can read: those of its own level, then those of each level around it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from loomwork.engine.variables import Ref
from loomwork.engine.variables.refs import NO_SLOT

CONVERSATION = "conversation"
"""The one namespace whose variables nodes may write."""

ENVIRONMENT = "env"
"""The namespace of what the document sets, secrets among it."""

NAMESPACES: tuple[str, ...] = ("sys", ENVIRONMENT, CONVERSATION, "rag")
"""First words of a selector that name no node."""


@dataclass(frozen=True, slots=True)
class NameScope:
    """The slots of one level by name, and the level around it. `writable` are the names of this level whose variables
    nodes may write; a container's is added before what is inside it is compiled. `kinds` are the types of the nodes of
    this level, and the reserved words.
    """

    slots: Mapping[str, int]
    outer: "NameScope | None" = None
    writable: set[str] = field(default_factory=set)
    kinds: Mapping[str, str] = field(default_factory=dict)

    def resolve(self, selector: Sequence[Any]) -> Ref:
        """A selector as a reference; its slot is `NO_SLOT` where no level has such a name."""
        parts = selector_parts(selector)
        name = parts[1] if len(parts) > 1 else ""
        slot, level = self._find(parts[0]) if parts else (NO_SLOT, 0)
        return Ref(slot=slot, name=name, path=parts[2:], selector=parts, level=level)

    def is_writable(self, ref: Ref) -> bool:
        """Whether nodes may write the variable behind a reference of this level."""
        scope: NameScope | None = self
        for _ in range(ref.level):
            scope = scope.outer if scope is not None else None
        return scope is not None and len(ref.selector) == 2 and ref.selector[0] in scope.writable

    def kind(self, ref: Ref) -> str:
        """What a reference of this level reads from; empty for what is neither a node nor a reserved word."""
        scope: NameScope | None = self
        for _ in range(ref.level):
            scope = scope.outer if scope is not None else None
        return "" if scope is None or ref.slot == NO_SLOT else scope.kinds.get(ref.selector[0], "")

    def _find(self, name: str) -> tuple[int, int]:
        level = 0
        scope: NameScope | None = self
        while scope is not None:
            if name in scope.slots:
                return scope.slots[name], level
            scope, level = scope.outer, level + 1
        return NO_SLOT, 0


def selector_parts(selector: Sequence[Any]) -> tuple[str, ...]:
    """The selector as text parts. Some exports write `["sys.query"]` or `[startId, "sys.query"]`: split at the dot."""
    parts = [str(part) for part in selector] if isinstance(selector, list | tuple) else []
    for place, part in enumerate(parts[:2]):
        head, dot, rest = part.partition(".")
        if dot and head in NAMESPACES:
            return (head, *rest.split("."), *parts[place + 1 :])
    return tuple(parts)
