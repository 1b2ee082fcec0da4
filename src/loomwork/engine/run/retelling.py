"""Rebuild a run from its records: the core is told again what it was told, and nothing is run.

What comes of it is the run as it stood when its last batch was committed: the core's state, the place and time of its
last event, and what was decided but has not ended, which is what whoever takes the run up has to start again.

A plan of another graph, or an engine that decides otherwise than the one that wrote the records, is noticed where a
record tells of what has not come about, and refused: a run goes on as it went, or not at all.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from loomwork.engine.events import Event
from loomwork.engine.graph.plan import Plan
from loomwork.engine.ports import NodeError, Record, RunContext
from loomwork.engine.run.core import Core
from loomwork.engine.run.decisions import (
    Begin,
    CoreEvent,
    Decision,
    DropFrame,
    LeaveRounds,
    Opened,
    PauseAsked,
    Resumed,
    RetryNode,
    StartNode,
    Succeeded,
)
from loomwork.engine.run.event_writer import EventWriter
from loomwork.engine.run.frames import Frame
from loomwork.engine.run.node_run import NodeRun, delay_of
from loomwork.engine.run.records import Beginning, UnreadableJournal, beginning, heard, place_of
from loomwork.kernel.clock import SystemClock

Place = tuple[int, int]
"""The id of a frame, and a slot in it."""

UNFIT = (LookupError, TypeError, ValueError, AttributeError, AssertionError, NodeError)
"""What comes of telling a core something that it could not have been told."""


def retell(plan: Plan, context: RunContext, records: Sequence[Record]) -> list[Event]:
    """The events that came of what the core was told. Equal to those that were shown then, in their data and in their
    place, but for pieces of reasoning, which nothing follows from and no record keeps; times are those of the records.
    Raises `UnreadableJournal`.
    """
    if not records:
        return []
    return _retold(plan, context, records).writer.take()


def told_core(plan: Plan, context: RunContext, records: Sequence[Record]) -> Core:
    """The state that a run was in after it was told all of this. Raises `UnreadableJournal`."""
    return _retold(plan, context, records).core


def _retold(plan: Plan, context: RunContext, records: Sequence[Record]) -> "Retelling":
    core = Core(plan)
    retelling = Retelling(core, EventWriter(core, SystemClock()), beginning(records[0], context))
    retelling.retell(records)
    return retelling


@dataclass(slots=True)
class Retelling:
    """`starts` were decided and have not ended, `retries` wait (each with its due time, in seconds since the run's
    start), `leaving` are containers whose rounds have ended, `answered` nodes whose question was answered just now.
    `steps` counts node executions, `spent` the seconds in
    which some process worked on the run, up to `at`.
    """

    core: Core
    writer: EventWriter
    beginning: Beginning
    starts: dict[Place, StartNode] = field(default_factory=dict)
    retries: dict[Place, tuple[RetryNode, float]] = field(default_factory=dict)
    leaving: dict[Place, LeaveRounds] = field(default_factory=dict)
    answered: set[Place] = field(default_factory=set)
    steps: int = 0
    spent: float = 0.0
    at: float = 0.0
    records: int = 1

    def retell(self, records: Sequence[Record]) -> None:
        """Tell all of it again. Raises `UnreadableJournal`."""
        context, root = self.beginning.context, self.core.plan.index_of.get(self.beginning.root)
        if root is None:
            raise UnreadableJournal(f"The run began with node {self.beginning.root!r}, which the graph does not have.")
        self.writer.run_started(context.inputs, context.app_id, context.version, context.origin)
        self._tell(Begin(root, context.namespaces))
        for record in records[1:]:
            try:
                self._retell(record)
            except UNFIT as problem:
                message = f"Record {record.number} of the journal ({record.kind}) does not fit what came before it."
                raise UnreadableJournal(message) from problem
        self.records = records[-1].number

    def _retell(self, record: Record) -> None:
        if record.seq < self.writer.seq:
            raise UnreadableJournal(f"More has come of the journal before record {record.number} than was told.")
        self.writer.retell(record.at, record.seq)
        self._spend(record)
        event = heard(record, self.core)
        if isinstance(event, Resumed):
            self._tell(event)
            for place in event.lost:
                self.writer.node_resumed(self.starts[place])
            return
        if isinstance(event, PauseAsked):
            for place in event.held or ():
                del self.starts[place]
        elif record.kind == "retried":
            self.retries.pop(place_of(record, self.core))
        elif record.kind == "answered":
            self._answer(place_of(record, self.core))
        elif record.kind in ("succeeded", "failed", "asked", "opened"):
            place = place_of(record, self.core)
            self._end(place)
            event = event or self._opened(place)
        if isinstance(event, Succeeded):
            frame = self.core.frames[event.frame]
            self.writer.node_succeeded(frame, event.node, event.result, event.elapsed_ms, reused=event.reused)
        if event is None:
            raise UnreadableJournal(f"The journal has {record.kind!r} in the middle of a run.")
        self._tell(event)

    def _answer(self, place: Place) -> None:
        """A node that only asks leaves what it makes of the answer next; one that halted starts again."""
        frame = self.core.frames[place[0]]
        if frame.plan.nodes[place[1]].halting is None:
            self.answered.add(place)

    def _spend(self, record: Record) -> None:
        if record.kind != "resumed":
            self.spent += record.at - self.at
        self.at = record.at

    def _end(self, place: Place) -> None:
        """The node has come to the end of an attempt, or of being a plain node: it asks, or has opened its rounds."""
        start = self.starts.pop(place, None)
        if start is not None:
            if not self.was_in_flight(start):
                self._announce(start)
        elif place in self.answered:
            self.answered.remove(place)
        else:
            del self.leaving[place]

    def _announce(self, start: StartNode) -> None:
        self.writer.clock_started(start)
        if start.again and self.was_in_flight(start):
            return
        self.steps += 1
        if start.attempt == 1:
            self.writer.node_started(start)

    def _opened(self, place: Place) -> Opened:
        """A container's rounds, opened from the same values as before."""
        frame = self.core.frames[place[0]]
        plan_node = frame.plan.nodes[place[1]]
        if plan_node.container is None:
            raise UnreadableJournal(f"The journal opens rounds of node {plan_node.id!r}, which has none.")
        context = NodeRun(self.beginning.context, frame, plan_node.id, frame.attempts[place[1]], None)
        return Opened(*place, plan_node.container.open(context))

    def _tell(self, event: CoreEvent) -> None:
        for decision in self.core.apply(event):
            self._decided(decision)

    def _decided(self, decision: Decision) -> None:
        match decision:
            case StartNode(frame=frame, node=node):
                self.starts[frame.id, node] = decision
                if self.was_in_flight(decision):
                    self._announce(decision)
            case RetryNode(frame=frame, node=node):
                due = self.writer.now() + delay_of(decision, self.beginning.context.run_id)
                self.retries[frame.id, node] = decision, due
                self.writer.node_retrying(decision, due)
            case LeaveRounds(frame=frame, node=node):
                self.leaving[frame.id, node] = decision
            case DropFrame(frame=frame):
                self._drop(frame)
            case _:
                self.writer.tell(decision)

    def _drop(self, frame: Frame) -> None:
        for node in range(len(frame.plan.nodes)):
            place = (frame.id, node)
            self.starts.pop(place, None)
            self.retries.pop(place, None)
            self.leaving.pop(place, None)

    def was_in_flight(self, start: StartNode) -> bool:
        """Whether the node was announced, and handed to the world, when it was started; others are when they run."""
        plan_node = start.frame.plan.nodes[start.node]
        return plan_node.waiting is not None and (start.frame.path_text, plan_node.id) not in self.beginning.reused
