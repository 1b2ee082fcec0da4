"""The port over zvec.

Calls wait their turn in one thread. While zvec builds a graph of neighbours, two searches at once can wait for each
other for ever (0.8.0); one at a time never did, and answers thousands of questions a second. The graph is built in a
thread of its own, meanwhile new entries are found by scanning.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeVar

from loomwork.adapters.vectors.zvec.collection import Collected, Collections
from loomwork.kernel.errors import LoomworkError
from loomwork.kernel.scope import Scope
from loomwork.knowledge.domain.errors import StoreFailed, StoreFull
from loomwork.knowledge.ports import Hit, Vector, VectorEntry

T = TypeVar("T")
log = logging.getLogger(__name__)

AT_ONCE = 128
"""Entries that are put before the next in line has its turn: some milliseconds."""

INDEX_FROM = 10_000
"""Entries that are scanned rather than put into a graph: exact, and no slower than a millisecond or three."""

MOST_AGAIN = 20

CLOSE_SECONDS = 20.0
"""How long a stop waits for a graph. One that is cut off is built again: nothing is lost by it."""


class ZvecStore:
    """A folder for each index, `<folder>/<workspace>/<index>`, which one process at a time may have open. Expects to
    be asked through `CheckedStore`.
    """

    kind = "zvec"

    def __init__(self, folder: Path, *, open_at_most: int = 32, index_from: int = INDEX_FROM) -> None:
        self._collections = Collections(folder, open_at_most=open_at_most)
        self._lane = ThreadPoolExecutor(1, thread_name_prefix="vectors")
        self._index_from = index_from
        self._building: dict[Path, Future[None]] = {}
        self._is_closed = False

    async def make(self, scope: Scope, index_id: str, *, dimensions: int) -> None:
        await self._in_turn(lambda: self._collections.make(scope, index_id, dimensions))

    async def put(self, scope: Scope, index_id: str, entries: Sequence[VectorEntry]) -> None:
        for start in range(0, len(entries), AT_ONCE):
            await self._in_turn(partial(self._put, scope, index_id, entries[start : start + AT_ONCE]))

    async def remove(self, scope: Scope, index_id: str, ids: Sequence[str]) -> None:
        await self._in_turn(lambda: self._collections.get(scope, index_id).remove(ids))

    async def remove_document(self, scope: Scope, index_id: str, document_id: str) -> None:
        await self._in_turn(lambda: self._collections.get(scope, index_id).remove_document(document_id))

    async def search(
        self, scope: Scope, index_id: str, vector: Vector, *, limit: int, documents: Collection[str] | None = None
    ) -> Sequence[Hit]:
        return await self._in_turn(lambda: self._collections.get(scope, index_id).search(vector, limit, documents))

    async def fetch(self, scope: Scope, index_id: str, ids: Sequence[str]) -> Mapping[str, Vector]:
        return await self._in_turn(lambda: self._collections.get(scope, index_id).fetch(ids))

    async def count(self, scope: Scope, index_id: str) -> int:
        return await self._in_turn(lambda: self._collections.get(scope, index_id).count)

    async def drop(self, scope: Scope, index_id: str) -> None:
        await self._built(self._collections.path(scope, index_id))
        await self._in_turn(lambda: self._collections.drop(scope, index_id))

    async def drop_all(self, scope: Scope) -> None:
        for path in self._collections.paths(scope):
            await self._built(path)
        await self._in_turn(lambda: self._collections.drop_all(scope))

    async def check(self) -> None:
        await self._in_turn(self._collections.check)

    async def settled(self) -> None:
        """Wait until no graph is being built."""
        for path in list(self._building):
            await self._built(path)

    async def close(self) -> None:
        if self._is_closed:
            return
        self._is_closed = True
        if building := [asyncio.wrap_future(each) for each in self._building.values()]:
            await asyncio.wait(building, timeout=CLOSE_SECONDS)
        await self._in_turn(lambda: self._collections.close(spared=set(self._building)))
        self._lane.shutdown(wait=False)

    def _put(self, scope: Scope, index_id: str, entries: Sequence[VectorEntry]) -> None:
        collected = self._collections.get(scope, index_id)
        self._collections.require_room(entries)
        collected.put(entries)
        if collected.path not in self._building and collected.wants_graph(self._index_from):
            self._build(collected)

    def _build(self, collected: Collected) -> None:
        done: Future[None] = Future()
        self._building[collected.path] = done
        collected.is_held = True

        def build() -> None:
            try:
                collected.build_graph()
                # As many may have come meanwhile, and nothing more may come after them.
                for _ in range(MOST_AGAIN):
                    if self._is_closed or not collected.wants_graph(self._index_from):
                        break
                    collected.build_graph()
            except Exception:
                # Without a graph it is slower and no less right; the next put tries again.
                log.exception("A graph of neighbours could not be built")
            finally:
                collected.is_held = False
                self._building.pop(collected.path, None)
                done.set_result(None)

        threading.Thread(target=build, name="vectors-graph", daemon=True).start()

    async def _built(self, path: Path) -> None:
        if (building := self._building.get(path)) is not None:
            await asyncio.wrap_future(building)

    async def _in_turn(self, act: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._lane, act)
        except LoomworkError:
            raise
        except Exception as error:
            raise _failure(error) from error


def _failure(error: Exception) -> StoreFailed:
    said = str(error)
    if "lock" in said and "read-write" in said:
        return StoreFailed(
            "Another process has this index open, and the embedded vector store serves one at a time. For several "
            "servers set LOOMWORK_VECTOR_STORE=pgvector."
        )
    if "No space left" in said or getattr(error, "errno", None) == 28:
        return StoreFull("The disk that holds the vectors is full. Make room on it, then try again.")
    log.error("The embedded vector store failed", exc_info=error)
    return StoreFailed("The embedded vector store failed; the log has the details. The index can be made again.")
