"""What models were asked, by whom, what it cost, and how much they may be."""

from collections.abc import Sequence
from datetime import datetime
from typing import get_args

from loomwork.kernel.errors import InvalidInput, NotFound
from loomwork.kernel.page import Page, PageRequest, page_within
from loomwork.kernel.scope import Scope
from loomwork.model_gateway.api import Budget, BudgetState, Entry, Total
from loomwork.model_gateway.domain.budgets import validate
from loomwork.model_gateway.domain.metering import Measure, Period, Subject
from loomwork.model_gateway.ports import AccountStore

GROUPS = ("model", "app", "key", "run", "node", "day")


class WorkspaceAccounts:
    """Implements `Accounts`."""

    def __init__(self, store: AccountStore) -> None:
        self._store = store

    async def list_budgets(
        self, scope: Scope, page: PageRequest, *, subject: Subject | None = None, subject_id: str | None = None
    ) -> Page[BudgetState]:
        """See `Accounts.list_budgets`."""
        found = [
            state
            for state in await self._store.budgets(scope)
            if subject in (None, state.budget.subject) and subject_id in (None, state.budget.subject_id)
        ]
        return page_within(found, page, lambda state: state.budget.id)

    async def get_budget(self, scope: Scope, budget_id: str) -> BudgetState:
        """See `Accounts.get_budget`."""
        for state in await self._store.budgets(scope):
            if state.budget.id == budget_id:
                return state
        raise NotFound("There is no budget with this id in this workspace.")

    async def put_budget(self, scope: Scope, budget: Budget) -> BudgetState:
        """See `Accounts.put_budget`."""
        _check_word("subject", budget.subject, get_args(Subject))
        _check_word("measure", budget.measure, get_args(Measure))
        _check_word("period", budget.period, get_args(Period))
        validate(budget, scope.workspace_id)
        await self._store.put_budget(scope, budget)
        return await self.get_budget(scope, budget.id)

    async def remove_budget(self, scope: Scope, budget_id: str) -> None:
        """See `Accounts.remove_budget`."""
        await self._store.remove_budget(scope, budget_id)

    async def list_entries(
        self,
        scope: Scope,
        *,
        since: datetime,
        until: datetime,
        run_id: str | None = None,
        limit: int = 100,
        before: str | None = None,
    ) -> Sequence[Entry]:
        """See `Accounts.list_entries`."""
        return await self._store.entries(scope, since=since, until=until, run_id=run_id, limit=limit, before=before)

    async def totals(self, scope: Scope, *, since: datetime, until: datetime, by: str) -> Sequence[Total]:
        """See `Accounts.totals`."""
        _check_word("by", by, GROUPS)
        return await self._store.totals(scope, since=since, until=until, by=by)


def _check_word(field: str, word: str, words: Sequence[str]) -> None:
    if word not in words:
        raise InvalidInput(f"`{field}` is one of {', '.join(words)}, not {word[:40]!r}.", field=field)
