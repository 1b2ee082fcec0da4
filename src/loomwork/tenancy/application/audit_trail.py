"""Look into the audit trail, take it out, and prove that nothing of it was changed."""

from collections.abc import AsyncIterator, Sequence

from loomwork.kernel.page import Page, PageRequest
from loomwork.kernel.scope import Scope
from loomwork.tenancy.api import AuditCheck, AuditEntry, AuditFilter, ChainProblem, Link
from loomwork.tenancy.domain import chain_problem
from loomwork.tenancy.ports import AuditStore

AT_ONCE = 500
"""Entries that are read in one piece, however long the trail is."""


class StoredAuditTrail:
    """Fits `tenancy.api.AuditTrail`."""

    def __init__(self, store: AuditStore) -> None:
        self._store = store

    async def search(self, scope: Scope, wanted: AuditFilter, page: PageRequest) -> Page[AuditEntry]:
        return await self._store.page(scope, wanted, page)

    async def entries(self, scope: Scope, wanted: AuditFilter) -> AsyncIterator[AuditEntry]:
        after = 0
        while piece := await self._store.chain(scope, after=after, limit=AT_ONCE, wanted=wanted):
            for entry in piece:
                yield entry
            after = piece[-1].number

    async def verify(self, scope: Scope, noted: Link | None = None) -> AuditCheck:
        last = Link()
        while piece := await self._store.chain(scope, after=last.number, limit=AT_ONCE):
            problem = chain_problem(scope.workspace_id, piece, after=last, noted=noted)
            if problem is not None:
                return self._broken(piece, last, problem)
            last = Link(piece[-1].number, piece[-1].seal)
        if noted is not None and noted.number > last.number:
            return AuditCheck(last.number, last, ChainProblem(last.number + 1, "missing"))
        return AuditCheck(last.number, last)

    def _broken(self, piece: Sequence[AuditEntry], last: Link, problem: ChainProblem) -> AuditCheck:
        holds = [last, *(Link(entry.number, entry.seal) for entry in piece if entry.number < problem.number)][-1]
        return AuditCheck(holds.number, holds, problem)
