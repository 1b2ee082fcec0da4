"""Words in SQLite's own full-text index, a file for each index, ranked by BM25."""

import asyncio
import re
import shutil
import sqlite3
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TypeVar

from loomwork.kernel.scope import Scope
from loomwork.knowledge.domain.errors import IndexMissing, StoreFailed
from loomwork.knowledge.ports import Hit, TextEntry

T = TypeVar("T")

_ID = re.compile(r"[0-9a-f-]{36}")
_WIDE = r"\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{_WIDE}]+|[^\W{_WIDE}]+")
_MOST_WORDS = 64
_SCHEMA = "CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5(body, id UNINDEXED, document_id UNINDEXED)"


def words_of(text: str) -> list[str]:
    """In lower case; of Chinese and Japanese every two characters that follow one another, and each of their own."""
    found: list[str] = []
    for run in _WORD.findall(text.lower()):
        if not re.match(f"[{_WIDE}]", run):
            found.append(run)
            continue
        found += [run[at : at + 2] for at in range(len(run) - 1)] or [run]
    return found


class FileTextIndex:
    """Fits `knowledge.ports.TextIndex`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def make(self, scope: Scope, index_id: str) -> None:
        def work() -> None:
            path = self._path(scope, index_id)
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with closing(sqlite3.connect(path)) as connection:
                connection.execute("PRAGMA journal_mode=WAL")
                connection.execute(_SCHEMA)

        await self._aside(work)

    async def put(self, scope: Scope, index_id: str, entries: Sequence[TextEntry]) -> None:
        rows = [(" ".join(words_of(each.text)), each.id, each.document_id) for each in entries]

        def work() -> None:
            with self._open(scope, index_id) as connection:
                _delete(connection, "id", [each.id for each in entries])
                connection.executemany("INSERT INTO words (body, id, document_id) VALUES (?, ?, ?)", rows)

        await self._aside(work)

    async def remove(self, scope: Scope, index_id: str, ids: Sequence[str]) -> None:
        def work() -> None:
            with self._open(scope, index_id) as connection:
                _delete(connection, "id", ids)

        await self._aside(work)

    async def remove_document(self, scope: Scope, index_id: str, document_id: str) -> None:
        def work() -> None:
            with self._open(scope, index_id) as connection:
                _delete(connection, "document_id", [document_id])

        await self._aside(work)

    async def search(
        self, scope: Scope, index_id: str, question: str, *, limit: int, documents: Collection[str] | None = None
    ) -> Sequence[Hit]:
        words = list(dict.fromkeys(words_of(question)))[:_MOST_WORDS]
        if not words or (documents is not None and not documents):
            return []
        match = " OR ".join(f'"{word}"' for word in words)

        def work() -> Sequence[Hit]:
            with self._open(scope, index_id) as connection:
                connection.execute("CREATE TEMP TABLE asked (id TEXT PRIMARY KEY)")
                connection.executemany("INSERT INTO asked VALUES (?)", [(each,) for each in documents or ()])
                among = "" if documents is None else " AND document_id IN (SELECT id FROM asked)"
                found = connection.execute(
                    f"SELECT id, -bm25(words) FROM words WHERE words MATCH ?{among} ORDER BY rank, id LIMIT ?",  # noqa: S608 - no word of a stranger is in it
                    (match, limit),
                )
                return [Hit(id_, score) for id_, score in found]

        return await self._aside(work)

    async def count(self, scope: Scope, index_id: str) -> int:
        def work() -> int:
            with self._open(scope, index_id) as connection:
                return int(connection.execute("SELECT COUNT(*) FROM words").fetchone()[0])

        return await self._aside(work)

    async def drop(self, scope: Scope, index_id: str) -> None:
        def work() -> None:
            path = self._path(scope, index_id)
            for each in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
                each.unlink(missing_ok=True)

        await self._aside(work)

    async def drop_all(self, scope: Scope) -> None:
        await self._aside(lambda: shutil.rmtree(self._folder / scope.workspace_id, ignore_errors=True))

    async def _aside(self, work: Callable[[], T]) -> T:
        try:
            return await asyncio.to_thread(work)
        except (sqlite3.Error, OSError) as problem:
            raise StoreFailed(f"The words of this knowledge base cannot be used: {problem}.") from problem

    def _path(self, scope: Scope, index_id: str) -> Path:
        if _ID.fullmatch(index_id) is None or _ID.fullmatch(scope.workspace_id) is None:
            raise IndexMissing("There is no such index.")
        return self._folder / scope.workspace_id / f"{index_id}.words"

    @contextmanager
    def _open(self, scope: Scope, index_id: str) -> Iterator[sqlite3.Connection]:
        path = self._path(scope, index_id)
        if not path.exists():
            raise IndexMissing("There is no such index.")
        with closing(sqlite3.connect(path)) as connection, connection:
            yield connection


def _delete(connection: sqlite3.Connection, column: str, values: Sequence[str]) -> None:
    connection.executemany(f"DELETE FROM words WHERE {column} = ?", [(each,) for each in values])  # noqa: S608 - a name of ours
