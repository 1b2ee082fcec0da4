"""The ledger of model calls and the budgets, in SQL."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from functools import partial

from loomwork.adapters.storage.sql import budget_rows, ledger_rows
from loomwork.adapters.storage.sql.database import Database
from loomwork.adapters.storage.sql.grouped_writes import GroupedWrites
from loomwork.kernel.clock import Clock
from loomwork.kernel.remembering import Remembering
from loomwork.kernel.scope import Scope
from loomwork.model_gateway.domain.metering import Budget, BudgetState, Entry, Estimate, Total

LOOK_AGAIN_SECONDS = 1.0
"""How long a workspace is taken to have no budget once it had none. The first one that another process sets holds
calls back here after this time at most; what they use meanwhile it counts nevertheless.
"""


class SqlAccountStore:
    """Fits `model_gateway.ports.AccountStore`. A call counts in the period that it began in (`Entry.at`)."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._writes = GroupedWrites(database, "loomwork accounts")
        self._releasing: set[asyncio.Task[None]] = set()
        self._without_budgets: Remembering[bool | None] = Remembering(clock, LOOK_AGAIN_SECONDS)

    def holds_nobody(self, scope: Scope) -> bool:
        return bool(self._without_budgets.fresh(scope.workspace_id))

    async def reserve(self, scope: Scope, reservation_id: str, entry_for: Entry, estimate: Estimate) -> None:
        if await self._has_no_budgets(scope):
            return
        holding = partial(
            budget_rows.reserve,
            scope=scope,
            call_id=reservation_id,
            entry=entry_for,
            estimate=estimate,
            now=self._clock.now(),
        )
        try:
            await self._writes.write(scope, holding)
        except asyncio.CancelledError:
            self._release_soon(scope, reservation_id)
            raise

    async def settle(self, scope: Scope, reservation_id: str | None, entry: Entry) -> None:
        settling = partial(budget_rows.settle, scope=scope, call_id=reservation_id, entry=entry)
        # Where nothing is held, nobody waits for it to be let go of.
        await self._writes.write(scope, settling, patient=self._had_none(scope))

    async def put_budget(self, scope: Scope, budget: Budget) -> None:
        putting = partial(budget_rows.put, scope=scope, budget=budget, now=self._clock.now())
        await self._without_budgets.written(self._writes.write(scope, putting))

    async def remove_budget(self, scope: Scope, budget_id: str) -> None:
        await self._writes.write(
            scope, partial(budget_rows.remove, scope=scope, budget_id=budget_id, now=self._clock.now())
        )

    async def budgets(self, scope: Scope) -> Sequence[BudgetState]:
        await self._writes.close()
        now = self._clock.now()
        return await self._database.of(scope).read(lambda connection: budget_rows.states(connection, scope, now))

    async def entries(
        self, scope: Scope, *, since: datetime, until: datetime, run_id: str | None, limit: int, before: str | None
    ) -> Sequence[Entry]:
        await self._writes.close()
        page = ledger_rows.page_of_entries(scope, since=since, until=until, run_id=run_id, limit=limit, before=before)
        return [ledger_rows.entry_of(row) for row in await self._database.of(scope).rows(page)]

    async def totals(self, scope: Scope, *, since: datetime, until: datetime, by: str) -> Sequence[Total]:
        await self._writes.close()
        return await self._database.of(scope).read(
            lambda connection: ledger_rows.totals(connection, scope, since=since, until=until, by=by)
        )

    async def close(self) -> None:
        """Wait until everything taken is stored."""
        await self._writes.close()

    async def _has_no_budgets(self, scope: Scope) -> bool:
        """Most workspaces have none, and a call is not to wait for a database to say so once more."""
        return bool(await self._without_budgets.get(scope.workspace_id, lambda: self._none_found(scope)))

    async def _none_found(self, scope: Scope) -> bool | None:
        """None where there are some: that is looked up with each call."""
        return None if await budget_rows.has_budgets(self._database, scope) else True

    def _had_none(self, scope: Scope) -> bool:
        return bool(self._without_budgets.known(scope.workspace_id))

    def _release_soon(self, scope: Scope, reservation_id: str) -> None:
        """Whoever waited has gone, and will not settle what may be held by then."""
        letting_go = partial(budget_rows.release, scope=scope, call_id=reservation_id)
        task = asyncio.create_task(self._writes.write(scope, letting_go))
        self._releasing.add(task)
        task.add_done_callback(self._released)

    def _released(self, task: asyncio.Task[None]) -> None:
        self._releasing.discard(task)
        if not task.cancelled():
            # What could not be let go of lapses; the database's own failure is logged where it is met.
            task.exception()
