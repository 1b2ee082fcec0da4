"""What holds in every history of a run, whatever fails in it, and whoever watches: one function or class for each.

- I1 a run comes to exactly one end, and nothing happens after it
- I2 a node whose result is stored does not run again
- I3 what runs again was in flight when a process died, under the same idempotency key, and no more often than it may
- I4 the events are one sequence from 1 on, without a gap, and the terminal one is the last
- I5 the text that a client shows, forgetting what it is told to forget, is the answer
- I7 a process that has lost the lease changes nothing any more
- I8 a run that was stopped, has failed or has ended starts nothing, now or after it is taken up again
- a paused run starts nothing; what the core counts as going on is what its frames say
- a run that is told again writes the events that it wrote when it was alive
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from loomwork.adapters.storage.sql import json_text, record_text
from loomwork.engine.events import (
    TERMINAL,
    Event,
    FramePath,
    NodeFailed,
    NodeRetrying,
    NodeSucceeded,
    RunPaused,
    RunResumed,
    RunSucceeded,
    TextChunk,
    is_taken_back,
)
from loomwork.engine.graph import Plan
from loomwork.engine.ports import Batch, LeaseLost, Record
from loomwork.engine.run.containers import ContainerRun
from loomwork.engine.run.core import Core
from loomwork.engine.run.decisions import (
    Asked,
    CoreEvent,
    Decision,
    DropFrame,
    Failed,
    FailRun,
    FinishRun,
    Opened,
    PauseAsked,
    ReportFailure,
    RetryNode,
    Say,
    SkipNode,
    StartNode,
    StopRun,
    Succeeded,
    TellRounds,
)
from loomwork.engine.run.frames import Frame, Mark
from loomwork.kernel.ids import RunId
from loomwork.kernel.scope import Scope
from tests.unit.engine.run.random_graphs import Chain, Execution, chain_of

Key = tuple[int, int]
"""A frame's id and a node's place."""


class WatchedCore(Core):
    """A core that holds itself to what must stand in it after every event."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        self.watch = Watch()

    def apply(self, event: CoreEvent) -> list[Decision]:
        was_ended, was_paused = self.ended, self.paused
        self.watch.hear(event, self)
        decisions = super().apply(event)
        assert not (was_ended and decisions), "I1: something was decided after the end"
        for decision in decisions:
            self.watch.see(decision)
        self.watch.check(self)
        if was_paused and self.paused:
            assert not any(isinstance(decision, StartNode) for decision in decisions), "a paused run starts something"
        return decisions


@dataclass
class Watch:
    """What a core has heard and decided, held against what it may."""

    frames: dict[int, Frame] = field(default_factory=dict)
    running: set[Key] = field(default_factory=set)
    started: set[Key] = field(default_factory=set)
    skipped: set[Key] = field(default_factory=set)
    done: set[Key] = field(default_factory=set)
    rounds_open: set[Key] = field(default_factory=set)
    dropped: set[int] = field(default_factory=set)
    ended: set[int] = field(default_factory=set)
    exited: set[int] = field(default_factory=set)
    turn: dict[ContainerRun, int] = field(default_factory=dict)
    endings: list[Decision] = field(default_factory=list)

    def hear(self, event: CoreEvent, core: Core) -> None:
        if isinstance(event, PauseAsked):
            assert not core.ended or not event.held
            self.running.difference_update(event.held or ())
        if core.ended or not isinstance(event, Succeeded | Failed | Opened | Asked) or event.frame not in core.frames:
            return
        key = (event.frame, event.node)
        self.running.discard(key)
        if isinstance(event, Succeeded):
            self.done.add(key)
            if event.result.exits:
                self.exited.add(event.frame)
        elif isinstance(event, Opened):
            self.rounds_open.add(key)

    def see(self, decision: Decision) -> None:
        assert not self.endings, "I1: something was decided after the end"
        frame: Any = getattr(decision, "frame", None)
        if frame is not None:
            assert frame.id not in self.dropped, f"{decision} is about a frame that was given up"
            self.frames[frame.id] = frame
        match decision:
            case StartNode(node=node, attempt=attempt):
                self._start(frame, node, attempt)
            case SkipNode(node=node):
                assert (frame.id, node) not in self.skipped | self.started, "a node was skipped twice, or had started"
                self.skipped.add((frame.id, node))
            case RetryNode(node=node):
                self.running.discard((frame.id, node))
            case ReportFailure(node=node):
                self.done.add((frame.id, node))
            case DropFrame():
                self._drop(frame.id)
            case TellRounds(node=node, what="succeeded" | "failed"):
                self.rounds_open.remove((frame.id, node))
            case Say():
                self._check_turn(frame)
            case FinishRun() | FailRun() | StopRun():
                self.endings.append(decision)
            case _:
                pass

    def _start(self, frame: Frame, node: int, attempt: int) -> None:
        key, retry = (frame.id, node), frame.plan.nodes[node].retry
        assert key not in self.done, "I2: a node with a result was started again"
        assert key not in self.running, "a node was started twice"
        assert attempt <= 1 + (retry.max_retries if retry is not None else 0), "I3: one attempt too many"
        self.started.add(key)
        self.running.add(key)

    def _drop(self, frame: int) -> None:
        self.dropped.add(frame)
        self.running = {key for key in self.running if key[0] != frame}
        self.rounds_open = {key for key in self.rounds_open if key[0] != frame}

    def _check_turn(self, frame: Frame) -> None:
        """Rounds speak in order, however they run."""
        current: Frame | None = frame
        while current is not None and current.round is not None:
            assert self.turn.get(current.round, 0) <= current.index, "a round spoke out of turn"
            self.turn[current.round] = current.index
            current = current.parent

    def check(self, core: Core) -> None:
        active = _recounted(core)
        assert core._active == active, "what goes on is not what the frames say"
        waits = bool(core.retries) and not core._retries_rest
        assert core.ended or core.paused == (active == 0 and not waits), "a run is paused when nothing goes on"
        for frame in core.frames.values():
            for container in frame.containers.values():
                assert len(container.open) <= container.rounds.width
                assert list(container.open) == sorted(container.open)
        for frame_id in self.frames.keys() - core.frames.keys() - self.dropped - self.ended:
            self._check_end(frame_id)
        if any(isinstance(ending, FinishRun) for ending in self.endings):
            self._check_finish(core)

    def _check_end(self, frame_id: int) -> None:
        """A frame that ended by itself has left nothing undone."""
        self.ended.add(frame_id)
        started = {key for key in self.started if key[0] == frame_id}
        assert started <= self.done
        if frame_id not in self.exited:
            skipped = {key for key in self.skipped if key[0] == frame_id}
            assert {node for _, node in started | skipped} == set(range(len(self.frames[frame_id].plan.nodes)))

    def _check_finish(self, core: Core) -> None:
        self._check_end(0)
        assert list(core.frames) == [0]
        assert not self.running
        assert not self.rounds_open
        assert not core.asked
        assert not core.held
        assert not core.retries
        assert core.answers.sessions == []
        assert set(core.answers.chunks) <= {0}


def _recounted(core: Core) -> int:
    """What goes on by itself, as the frames say it."""
    return sum(
        mark is Mark.RUNNING
        and node not in frame.containers
        and (frame.id, node) not in core.held
        and (frame.id, node) not in core.retries
        and (frame.id, node) not in core.asked
        for frame in core.frames.values()
        for node, mark in enumerate(frame.marks)
    )


@dataclass
class Ledger:
    """A journal in memory, kept as the SQL one keeps it, that holds what is stored in it and what is run to I1 to I8.

    Only whoever has taken the lease last may write.
    """

    plan: Plan
    texts: list[str] = field(default_factory=list)
    batches: list[Batch] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    epoch: int = 0
    numbered: int = 0
    paused: bool = False
    finished: set[tuple[Chain, str]] = field(default_factory=set)
    attempts: dict[tuple[Chain, str], int] = field(default_factory=dict)
    keys: dict[tuple[FramePath, str], str] = field(default_factory=dict)
    runs: Counter[tuple[Chain, str, int]] = field(default_factory=Counter)

    def take_lease(self) -> int:
        self.epoch += 1
        return self.epoch

    @property
    def ended(self) -> bool:
        return bool(self.events) and self.events[-1].type in TERMINAL

    @property
    def result(self) -> RunSucceeded | None:
        """The terminal event of a run that came to its end."""
        last = self.events[-1]
        return last if isinstance(last, RunSucceeded) else None

    def told(self) -> list[Record]:
        return [record for text in self.texts for record in record_text.decode(text)]

    def executed(self, execution: Execution) -> None:
        """A node is run now."""
        frame, node_id = execution.frame, execution.node_id
        place = (chain_of(frame), node_id)
        assert not self.ended, "I8: a run that has ended runs a node"
        assert place not in self.finished, f"I2: {place} has a stored result and runs again"
        assert self.keys.setdefault((frame.path, node_id), execution.key) == execution.key, "I3: another key"
        self.runs[*place, execution.attempt] += 1

    async def commit(self, scope: Scope, run_id: RunId, batch: Batch) -> None:
        if batch.epoch != self.epoch:
            raise LeaseLost("Another process advances this run.")
        assert not self.ended, "I1: a run that has ended says more"
        seqs = [event.seq for event in batch.events]
        assert seqs == list(range(len(self.events) + 1, len(self.events) + len(seqs) + 1)), "I4: a gap"
        assert all(event.type not in TERMINAL for event in batch.events[:-1]), "I4: an end in the middle"
        numbers = [record.number for record in batch.records]
        assert numbers == list(range(self.numbered + 1, self.numbered + len(numbers) + 1)), "a record is missing"
        self.numbered += len(numbers)
        json_text.encode([event.wire() for event in batch.events])
        self.events.extend(batch.events)
        self.texts.append(record_text.encode(batch.records))
        self.batches.append(batch)
        for event in batch.events:
            self._fold(event)

    async def records(self, scope: Scope, run_id: RunId) -> Sequence[Record]:
        return self.told()

    async def last_seq(self, scope: Scope, run_id: RunId) -> int:
        return len(self.events)

    async def ending(self, scope: Scope, run_id: RunId) -> Mapping[str, Any] | None:
        return self.events[-1].wire() if self.ended else None

    def _fold(self, event: Event) -> None:
        match event:
            case NodeSucceeded() | NodeFailed():
                self.finished.add(self._place(event))
            case NodeRetrying(reason="failed"):
                self.attempts[self._place(event)] = event.attempt
            case RunPaused():
                self.paused = True
            case RunResumed():
                self.paused = False
            case _:
                pass

    def _place(self, event: Event) -> tuple[Chain, str]:
        chain: Chain = ()
        for container, index in event.frame:
            chain = (*chain, (container, index, self.attempts.get((chain, container), 1)))
        assert event.node_id is not None
        return chain, event.node_id


def shown(events: Sequence[Event]) -> str:
    """The answer as a client shows it that forgets what it is told to forget."""
    chunks: list[TextChunk] = []
    for event in events:
        if isinstance(event, NodeRetrying):
            retrying = event.wire()
            chunks = [chunk for chunk in chunks if not is_taken_back(chunk.wire(), retrying)]
        elif type(event) is TextChunk:
            chunks.append(event)
    return "".join(chunk.text for chunk in chunks)


def check_ending(ledger: Ledger) -> None:
    """I1 and I5, of a run that is over."""
    assert sum(event.type in TERMINAL for event in ledger.events) == 1, "I1: not one end"
    result = ledger.result
    if result is not None and result.answer is not None:
        assert shown(ledger.events) == result.answer, "I5: what was shown is not the answer"
