"""Take out all that a workspace holds, or all that tells of one end user; and erase the latter."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from typing import Any

from loomwork.kernel.clock import Clock
from loomwork.kernel.ids import new_id
from loomwork.kernel.scope import Scope
from loomwork.tenancy.application.archive import ArchiveWriter
from loomwork.tenancy.domain.takeout import FORMAT, VERSION, Erasure, Place, checked_end_user
from loomwork.tenancy.ports import TakeoutStore


class WorkspaceTakeout:
    """Fits `tenancy.api.Takeout`. That something is taken out stands in the audit trail before its first byte goes."""

    def __init__(self, store: TakeoutStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def export_workspace(self, scope: Scope) -> AsyncIterator[bytes]:
        now = self._clock.now()
        await self._store.note(scope, "workspace.exported", "workspace", scope.workspace_id, {}, at=now)
        return self._archive(scope, None, {"workspace_id": scope.workspace_id, "left_out": self._store.left_out()})

    async def export_end_user(self, scope: Scope, end_user: str) -> AsyncIterator[bytes]:
        end_user, export_id = checked_end_user(end_user), new_id()
        await self._store.note(scope, "end_user.exported", "export", export_id, {}, at=self._clock.now())
        head = {"workspace_id": scope.workspace_id, "end_user": end_user, "export_id": export_id}
        return self._archive(scope, end_user, head)

    async def erase_end_user(self, scope: Scope, end_user: str) -> Erasure:
        end_user, erasure_id = checked_end_user(end_user), new_id()
        rows: Counter[str] = Counter()
        while gone := await self._store.erase_end_user(scope, end_user, erasure_id, at=self._clock.now()):
            rows.update(gone)
        return Erasure(erasure_id, dict(rows))

    async def _archive(self, scope: Scope, end_user: str | None, head: Mapping[str, Any]) -> AsyncIterator[bytes]:
        made_at = self._clock.now()
        archive = ArchiveWriter(made_at)
        for kind in self._store.kinds(of_end_user=end_user is not None):
            async for piece in self._records(archive, scope, kind, end_user):
                yield piece
        if end_user is None:
            for kind in self._store.documented_kinds():
                async for piece in self._documents(archive, scope, kind):
                    yield piece
        yield archive.close({"format": FORMAT, "version": VERSION, "made_at": made_at.isoformat(), **head})

    async def _records(
        self, archive: ArchiveWriter, scope: Scope, kind: str, end_user: str | None
    ) -> AsyncIterator[bytes]:
        archive.begin(f"records/{kind}.jsonl")
        count, after, more = 0, None, True
        while more:
            page = await self._store.lines(scope, kind, after=after, end_user=end_user)
            # To pack a page takes longer than others should wait.
            yield await asyncio.to_thread(archive.write, page.text)
            count, after, more = count + page.count, page.next, page.next is not None
        archive.end(lines=count)

    async def _documents(self, archive: ArchiveWriter, scope: Scope, kind: str) -> AsyncIterator[bytes]:
        after: Place | None = None
        while True:
            page = await self._store.documents(scope, kind, after=after)
            for name, text in page.files:
                archive.begin(name)
                yield await asyncio.to_thread(archive.write, text.encode())
                archive.end()
            if (after := page.next) is None:
                return
