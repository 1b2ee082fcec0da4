"""`loomwork up` that dies at a named point: `python -m tests.journeys.dying_server up ...`.

LOOMWORK_TEST_DIE_AT names the point, LOOMWORK_TEST_DIE_AFTER how many times it is passed before. Death is SIGKILL by
its own hand: nothing is flushed, closed or told.
"""

import os
import signal
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

from loomwork.adapters.egress import EgressGate
from loomwork.adapters.storage.memory import LocalEventLog
from loomwork.adapters.storage.sql.journal import SqlJournal
from loomwork.adapters.storage.sql.leases import SqlLeases
from loomwork.adapters.storage.sql.runs import SqlRunStore
from loomwork.apps.application.execute_run import RunExecutor
from loomwork.bootstrap import workspace
from loomwork.bootstrap.main import main
from loomwork.engine.events import TERMINAL

Method = Callable[..., Awaitable[Any]]

LEASE_SECONDS = 0.3
"""So short that a lease is renewed while a run goes."""


def _batch_ends(_self: Any, _scope: Any, _run: Any, batch: Any) -> bool:
    return batch.events[-1].type in TERMINAL


def _batch_in_round(_self: Any, _scope: Any, _run: Any, batch: Any) -> bool:
    return any(event.frame for event in batch.events)


def _speaks(_self: Any, _scope: Any, _run: Any, events: Sequence[Any]) -> bool:
    return any(event.type == "text_chunk" for event in events)


def _row_says(status: str) -> Callable[..., bool]:
    return lambda _self, _scope, run, **_: run.status == status


def _always(*_: Any, **__: Any) -> bool:
    return True


POINTS: dict[str, tuple[type, str, str, Callable[..., bool]]] = {
    "before a commit": (SqlJournal, "commit", "before", _always),
    "after a commit, before it is shown": (SqlJournal, "commit", "after", _always),
    "after it is shown": (LocalEventLog, "publish", "after", _always),
    "in a round": (SqlJournal, "commit", "after", _batch_in_round),
    "amid what a model says": (LocalEventLog, "publish", "after", _speaks),
    "between an effect and its commit": (EgressGate, "fetch", "after", _always),
    "before the row is running": (SqlRunStore, "save", "before", _row_says("running")),
    "after the row is running": (SqlRunStore, "save", "after", _row_says("running")),
    "before the row is paused": (SqlRunStore, "save", "before", _row_says("paused")),
    "while the run is paused": (SqlRunStore, "save", "after", _row_says("paused")),
    "before a lease is renewed": (SqlLeases, "renew", "before", _always),
    "after a lease is renewed": (SqlLeases, "renew", "after", _always),
    "after a lease is taken": (SqlLeases, "take", "after", _always),
    "before the last commit": (SqlJournal, "commit", "before", _batch_ends),
    "after the last commit, before the row": (SqlJournal, "commit", "after", _batch_ends),
    "after the row, before the end is shown": (SqlRunStore, "save", "after", _row_says("succeeded")),
    "while runs are taken up": (SqlRunStore, "unfinished", "after", _always),
}
"""Where a server may die: at which method of what, before or after it has worked, and for which calls."""


def die_at(point: str, passed: int) -> None:
    """Have this process die there once it has been there so many times."""
    owner, name, when, concerns = POINTS[point]
    real: Method = getattr(owner, name)
    left = passed

    async def dying(*arguments: Any, **named: Any) -> Any:
        nonlocal left
        if not concerns(*arguments, **named):
            return await real(*arguments, **named)
        last, left = left <= 0, left - 1
        if last and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = await real(*arguments, **named)
        if last:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, dying)


if __name__ == "__main__":
    lease_seconds = float(os.environ.get("LOOMWORK_TEST_LEASE_SECONDS", LEASE_SECONDS))
    setattr(workspace, "RunExecutor", partial(RunExecutor, lease_seconds=lease_seconds))  # noqa: B010 - not exported
    if "LOOMWORK_TEST_DIE_AT" in os.environ:
        die_at(os.environ["LOOMWORK_TEST_DIE_AT"], int(os.environ.get("LOOMWORK_TEST_DIE_AFTER", "0")))
    main()
