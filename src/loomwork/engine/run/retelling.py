"""Rebuild a run from its records: the core is told again what it was told, and nothing is run.

What comes of it is the run as it stood when its last batch was committed: the core's state, the place and time of its
last event, and what was decided but has not ended, which is what whoever takes the run up has to start again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from loomwork.engine.ports import Record
from loomwork.engine.run.core import Core
from loomwork.engine.run.decisions import (
    Begin,
    CoreEvent,
    Decision,
    DropFrame,
    LeaveRounds,
    Opened,
    Resumed,
    RetryNode,
    StartNode,
    Succeeded,
)
from loomwork.engine.run.event_writer import EventWriter
from loomwork.engine.run.frames import Frame
from loomwork.engine.run.node_run import NodeRun, delay_of
from loomwork.engine.run.records import Beginning, UnreadableJournal, heard, place_of

Place = tuple[int, int]
"""The id of a frame, and a slot in it."""


@dataclass(slots=True)
class Retelling:
    """`starts` were decided and have not ended, `retries` wait (each with its due time, in seconds since the run's
    start), `leaving` are containers whose rounds have ended. `steps` counts node executions, `spent` the seconds in
    which some process worked on the run, up to `at`.
    """

    core: Core
    writer: EventWriter
    beginning: Beginning
    starts: dict[Place, StartNode] = field(default_factory=dict)
    retries: dict[Place, tuple[RetryNode, float]] = field(default_factory=dict)
    leaving: dict[Place, LeaveRounds] = field(default_factory=dict)
    steps: int = 0
    spent: float = 0.0
    at: float = 0.0
    records: int = 1

    def retell(self, records: Sequence[Record]) -> None:
        """Tell all of it again. Raises `UnreadableJournal`."""
        context = self.beginning.context
        self.writer.run_started(context.inputs, context.app_id, context.version, context.origin)
        self._tell(Begin(self.core.plan.root_named(self.beginning.root), context.namespaces))
        for record in records[1:]:
            self._retell(record)
        self.records = records[-1].number

    def _retell(self, record: Record) -> None:
        self.writer.retell(record.at, record.seq)
        self._spend(record)
        event = heard(record, self.core)
        if isinstance(event, Resumed):
            self._tell(event)
            for place in event.lost:
                self.writer.node_resumed(self.starts[place])
            return
        if record.kind == "retried":
            self.retries.pop(place_of(record, self.core))
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

    def _spend(self, record: Record) -> None:
        if record.kind != "resumed":
            self.spent += record.at - self.at
        self.at = record.at

    def _end(self, place: Place) -> None:
        """The node has come to the end of an attempt, or of being a plain node: it asks, or has opened its rounds."""
        self.leaving.pop(place, None)
        start = self.starts.pop(place, None)
        if start is not None and not self.was_in_flight(start):
            self._announce(start)

    def _announce(self, start: StartNode) -> None:
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
