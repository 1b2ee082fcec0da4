"""What the event log asks of a journal."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any, Literal, Protocol

from loomwork.kernel.ids import RunId
from loomwork.kernel.scope import Scope

WireEvents = Sequence[Mapping[str, Any]]
"""Events of one run in wire form, in order and without a gap."""


class JournalReader(Protocol):
    """Committed events, and word of the runs that came to their end."""

    async def state(self, scope: Scope, run_id: RunId) -> Literal["open", "ended"]:
        """Raises `NotFound` for a run that this workspace does not have."""
        ...

    def events(self, scope: Scope, run_id: RunId, *, after: int = 0) -> AsyncIterator[WireEvents]:
        """What is committed now of the events with a greater seq than `after`."""
        ...

    def on_end(self, listener: Callable[[Scope, RunId], None]) -> None:
        """Have `listener` called whenever a run's terminal event has been committed."""
        ...
