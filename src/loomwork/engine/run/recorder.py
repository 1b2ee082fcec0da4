"""Keeps what the core of one run is told, and commits it together with the events that came of it."""

from collections.abc import Sequence
from typing import Literal

from loomwork.engine.events import Event
from loomwork.engine.ports import Batch, Journal, Record, RunContext
from loomwork.engine.run.core import Core
from loomwork.engine.run.decisions import (
    Answered,
    Asked,
    Begin,
    CancelAsked,
    CoreEvent,
    LimitReached,
    PauseAsked,
    ResumeAsked,
    Resumed,
    Said,
)
from loomwork.engine.run.event_writer import EventWriter
from loomwork.engine.run.records import told

Durability = Literal["exit", "node"]
"""When a journal gets what a run does: when it rests or ends, or whenever a node has ended. What people are asked, and
what they answer, it gets at once.
"""


class Recorder:
    """`epoch` is that of the lease under which the run is advanced, None where nobody else could."""

    def __init__(
        self, journal: Journal, context: RunContext, *, epoch: int | None = None, durability: Durability = "node"
    ) -> None:
        self._journal = journal
        self._context = context
        self._epoch = epoch
        self._durability = durability
        self._records: list[Record] = []
        self._events: list[Event] = []
        self._number = 0
        self._seq = 0
        self._at = 0.0
        self._of_people = False

    def begin(self, first: Record) -> None:
        """The run's first record."""
        self._records.append(first)
        self._number = first.number

    async def take_up(self, number: int) -> int:
        """Go on after so many records; the seq of the last event that is committed."""
        self._number = number
        return await self._journal.last_seq(self._context.scope, self._context.run_id)

    def mark(self, writer: EventWriter) -> None:
        """What the core is told next comes after the events that are written so far."""
        self._seq, self._at = writer.seq, writer.now()

    def record(self, event: CoreEvent, core: Core) -> None:
        """Keep what the core is about to be told, unless it will not listen."""
        if core.ended:
            return
        node_id, frame_text = None, ""
        if not isinstance(event, Begin | PauseAsked | ResumeAsked | Resumed | CancelAsked | LimitReached):
            frame = core.frames.get(event.frame)
            if frame is None or (isinstance(event, Said) and (event.node, event.output) not in frame.plan.streams):
                return
            node_id, frame_text = frame.plan.nodes[event.node].id, frame.path_text
        self._of_people = self._of_people or isinstance(event, Asked | Answered)
        kind, data = told(event, core)
        self._number += 1
        self._records.append(Record(self._number, kind, self._seq, self._at, node_id, frame_text, data))

    async def commit(self, events: Sequence[Event], *, rests: bool) -> None:
        """Store events with all that is recorded by now. `rests`: nothing follows unless somebody asks for it."""
        if self._durability == "exit":
            self._events.extend(events)
            if rests or self._of_people:
                await self._commit_all()
            return
        records, self._records = self._records, []
        await self._commit(records, events)

    async def _commit_all(self) -> None:
        """One batch, however long: of a part of it nobody could tell what the nodes after it have done by then."""
        events, self._events = self._events, []
        self._of_people = False
        if events:
            records, self._records = self._records, []
            await self._commit(records, events)

    async def _commit(self, records: Sequence[Record], events: Sequence[Event]) -> None:
        context = self._context
        await self._journal.commit(context.scope, context.run_id, Batch(records, events, self._epoch))
