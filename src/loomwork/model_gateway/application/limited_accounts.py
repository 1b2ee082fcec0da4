"""Accounts behind a gate: whoever calls models too often is told so before anything is reserved."""

from collections.abc import Sequence
from datetime import datetime

from loomwork.kernel.scope import Scope
from loomwork.model_gateway.api import Budget, BudgetState, Entry, Total
from loomwork.model_gateway.domain.metering import Estimate
from loomwork.model_gateway.ports import AccountStore, CallLimits


class LimitedAccounts:
    """Fits `AccountStore`. A call is admitted with an estimate, which is put right when the call is settled."""

    def __init__(self, store: AccountStore, limits: CallLimits) -> None:
        self._store = store
        self._limits = limits
        self._admitted: dict[tuple[str, str], int] = {}

    def holds_nobody(self, scope: Scope) -> bool:
        return self._limits.are_none and self._store.holds_nobody(scope)

    async def reserve(self, scope: Scope, reservation_id: str, entry_for: Entry, estimate: Estimate) -> None:
        """Raises `TooManyCalls` as well."""
        await self._limits.admit(scope, entry_for.spender, estimate.tokens)
        try:
            await self._store.reserve(scope, reservation_id, entry_for, estimate)
        except BaseException:
            await self._limits.give_back(scope, entry_for.spender, estimate.tokens)
            raise
        self._admitted[scope.workspace_id, reservation_id] = estimate.tokens

    async def settle(self, scope: Scope, reservation_id: str | None, entry: Entry) -> None:
        admitted = self._admitted.pop((scope.workspace_id, reservation_id or ""), None)
        used = entry.usage.total_tokens
        if admitted is not None and used is not None:
            await self._limits.give_back(scope, entry.spender, admitted - used)
        await self._store.settle(scope, reservation_id, entry)

    async def put_budget(self, scope: Scope, budget: Budget) -> None:
        await self._store.put_budget(scope, budget)

    async def remove_budget(self, scope: Scope, budget_id: str) -> None:
        await self._store.remove_budget(scope, budget_id)

    async def budgets(self, scope: Scope) -> Sequence[BudgetState]:
        return await self._store.budgets(scope)

    async def entries(
        self, scope: Scope, *, since: datetime, until: datetime, run_id: str | None, limit: int, before: str | None
    ) -> Sequence[Entry]:
        return await self._store.entries(scope, since=since, until=until, run_id=run_id, limit=limit, before=before)

    async def totals(self, scope: Scope, *, since: datetime, until: datetime, by: str) -> Sequence[Total]:
        return await self._store.totals(scope, since=since, until=until, by=by)
