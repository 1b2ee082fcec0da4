"""Where a value came from, and what may be done under its influence."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from loomwork.tools.domain.tool import OUTWARD, Effect

Mark = Literal["user", "retrieved", "tool", "web"]
"""Whose words a value holds: of whoever uses the app, of a document, of a tool, of a page of the web."""

UNTRUSTED: frozenset[Mark] = frozenset({"retrieved", "tool", "web"})
"""The origins whose words may be there to mislead a model."""


@dataclass(frozen=True, slots=True)
class ApprovalPolicy:
    """When a person is asked before a tool is called: always for these `effects`, and for any outward one where the
    call was decided `under` these origins.
    """

    effects: frozenset[Effect] = frozenset()
    under: frozenset[Mark] = frozenset()

    def asks(self, effect: Effect, marks: Collection[Mark]) -> bool:
        """Whether a person has to approve a call of this effect that was decided under these origins."""
        return effect in self.effects or (effect in OUTWARD and not self.under.isdisjoint(marks))
