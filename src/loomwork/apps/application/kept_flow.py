"""What is kept of a run in somebody's own process while it waits for a person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from loomwork.apps.api import OpenQuestion
from loomwork.engine import RunResult
from loomwork.engine.events import TERMINAL
from loomwork.engine.ports import Batch, Journal, Record, RunContext
from loomwork.kernel.ids import RunId
from loomwork.kernel.scope import Scope


class MemoryJournal:
    """Fits `Journal` for one run, for as long as somebody holds it."""

    def __init__(self) -> None:
        self._records: list[Record] = []
        self._last: Mapping[str, Any] = {"seq": 0, "type": ""}

    async def commit(self, scope: Scope, run_id: RunId, batch: Batch) -> None:
        self._records.extend(batch.records)
        self._last = batch.events[-1].wire()

    async def records(self, scope: Scope, run_id: RunId) -> Sequence[Record]:
        return list(self._records)

    async def last_seq(self, scope: Scope, run_id: RunId) -> int:
        return int(self._last["seq"])

    async def ending(self, scope: Scope, run_id: RunId) -> Mapping[str, Any] | None:
        return self._last if self._last["type"] in TERMINAL else None


@dataclass(frozen=True, slots=True)
class KeptRun:
    """A run, to be taken up again. `began` is the clock's time at its beginning, in seconds."""

    context: RunContext
    journal: Journal
    began: float


@dataclass(slots=True)
class FlowResult(RunResult):
    """A run at its end, or waiting for somebody: `questions` are what it asks then."""

    questions: Sequence[OpenQuestion] = ()
    kept: KeptRun | None = field(default=None, repr=False, compare=False)

    @classmethod
    def of(cls, result: RunResult, questions: Sequence[OpenQuestion], kept: KeptRun | None) -> "FlowResult":
        known = {item.name: getattr(result, item.name) for item in fields(RunResult)}
        return cls(**known, questions=questions, kept=kept)
