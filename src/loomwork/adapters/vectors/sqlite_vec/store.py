"""The port over sqlite-vec (github.com/asg017/sqlite-vec), a file for each index.

Vectors are in a plain table, and its function compares them: the condition on documents is then an ordinary one, which
reads the rows that are meant and no others, and there is no limit to how many are answered, as virtual tables have.
Python's own `sqlite3` is often built without extensions, so SQLite comes with `apsw`.
"""

import asyncio
import contextlib
import json
import logging
from array import array
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import apsw
import sqlite_vec

from loomwork.adapters.vectors.checked import missing, unlike
from loomwork.kernel.scope import Scope
from loomwork.knowledge.domain.errors import StoreFailed, StoreFull
from loomwork.knowledge.ports import Hit, Vector, VectorEntry

T = TypeVar("T")
log = logging.getLogger(__name__)

BUSY_MS = 20_000
_ENDING = ".vectors"
_PARTS = ("", "-wal", "-shm")

_TABLES = """
CREATE TABLE IF NOT EXISTS about (dimensions INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS entries (id TEXT PRIMARY KEY, document_id TEXT NOT NULL, vector BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS entries_by_document ON entries (document_id);
"""
_PUT = (
    "INSERT INTO entries VALUES (?, ?, ?) "
    "ON CONFLICT (id) DO UPDATE SET document_id = excluded.document_id, vector = excluded.vector"
)
_NEAREST = "SELECT id, vec_distance_cosine(vector, ?) AS distance FROM entries ORDER BY distance, id LIMIT ?"
_NEAREST_WITHIN = """
SELECT id, vec_distance_cosine(vector, ?) AS distance FROM entries
WHERE document_id IN (SELECT value FROM json_each(?)) ORDER BY distance, id LIMIT ?
"""


class SqliteVecStore:
    """`<folder>/<workspace>/<index>.vectors`. Several processes of one machine may use it. Expects to be asked through
    `CheckedStore`.
    """

    kind = "sqlite-vec"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def make(self, scope: Scope, index_id: str, *, dimensions: int) -> None:
        held = await _asked(lambda: _make(self._path(scope, index_id), dimensions))
        if held != dimensions:
            raise unlike(held, dimensions)

    async def put(self, scope: Scope, index_id: str, entries: Sequence[VectorEntry]) -> None:
        def act(index: apsw.Connection) -> None:
            _fit(index, entries[0].vector)
            index.executemany(_PUT, [(it.id, it.document_id, _packed(it.vector)) for it in entries])

        await self._write(scope, index_id, act)

    async def remove(self, scope: Scope, index_id: str, ids: Sequence[str]) -> None:
        statement = "DELETE FROM entries WHERE id IN (SELECT value FROM json_each(?))"
        await self._write(scope, index_id, lambda index: _done(index, statement, json.dumps(list(ids))))

    async def remove_document(self, scope: Scope, index_id: str, document_id: str) -> None:
        statement = "DELETE FROM entries WHERE document_id = ?"
        await self._write(scope, index_id, lambda index: _done(index, statement, document_id))

    async def search(
        self, scope: Scope, index_id: str, vector: Vector, *, limit: int, documents: Collection[str] | None = None
    ) -> Sequence[Hit]:
        def act(index: apsw.Connection) -> list[Hit]:
            _fit(index, vector)
            if documents is None:
                rows = index.execute(_NEAREST, (_packed(vector), limit))
            else:
                rows = index.execute(_NEAREST_WITHIN, (_packed(vector), json.dumps(list(documents)), limit))
            return [Hit(str(entry_id), max(-1.0, min(1.0, 1.0 - float(distance)))) for entry_id, distance in rows]

        return await self._read(scope, index_id, act)

    async def fetch(self, scope: Scope, index_id: str, ids: Sequence[str]) -> Mapping[str, Vector]:
        statement = "SELECT id, vector FROM entries WHERE id IN (SELECT value FROM json_each(?))"
        named = json.dumps(list(ids))
        rows: list[Any] = await self._read(scope, index_id, lambda index: index.execute(statement, (named,)).fetchall())
        return {str(entry_id): array("f", vector).tolist() for entry_id, vector in rows}

    async def count(self, scope: Scope, index_id: str) -> int:
        statement = "SELECT count(*) FROM entries"
        rows: list[Any] = await self._read(scope, index_id, lambda index: index.execute(statement).fetchall())
        return int(rows[0][0])

    async def drop(self, scope: Scope, index_id: str) -> None:
        await _asked(lambda: _unlink(self._path(scope, index_id)))

    async def drop_all(self, scope: Scope) -> None:
        await _asked(lambda: _drop_all(self._folder / scope.workspace_id))

    async def check(self) -> None:
        await _asked(lambda: _check(self._folder))

    async def close(self) -> None:
        """Nothing stays open between calls."""

    def _path(self, scope: Scope, index_id: str) -> Path:
        return self._folder / scope.workspace_id / f"{index_id}{_ENDING}"

    async def _write(self, scope: Scope, index_id: str, act: Callable[[apsw.Connection], None]) -> None:
        def write() -> None:
            with self._opened(scope, index_id) as index, _in_transaction(index):
                act(index)

        await _asked(write)

    async def _read(self, scope: Scope, index_id: str, act: Callable[[apsw.Connection], T]) -> T:
        def read() -> T:
            with self._opened(scope, index_id) as index:
                return act(index)

        return await _asked(read)

    @contextlib.contextmanager
    def _opened(self, scope: Scope, index_id: str) -> Iterator[apsw.Connection]:
        path = self._path(scope, index_id)
        if not path.is_file():
            raise missing(index_id)
        with _connected(path) as index:
            try:
                yield index
            except apsw.SQLError as error:
                # Its making was cut off.
                if "no such table" in str(error):
                    raise missing(index_id) from None
                raise


def _make(path: Path, dimensions: int) -> int:
    """The dimensions that the index has."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _connected(path) as index:
        index.execute("PRAGMA journal_mode = WAL")
        with _in_transaction(index):
            index.execute(_TABLES)
            index.execute("INSERT INTO about SELECT ? WHERE NOT EXISTS (SELECT 1 FROM about)", (dimensions,))
            return _dimensions(index)


def _dimensions(index: apsw.Connection) -> int:
    rows: list[Any] = index.execute("SELECT dimensions FROM about").fetchall()
    return int(rows[0][0])


def _fit(index: apsw.Connection, vector: Vector) -> None:
    if (held := _dimensions(index)) != len(vector):
        raise unlike(held, len(vector))


def _done(index: apsw.Connection, statement: str, value: str) -> None:
    index.execute(statement, (value,))


def _packed(vector: Vector) -> bytes:
    """Of 32 bits, as sqlite-vec reads them: in the order of this machine's bytes."""
    return array("f", vector).tobytes()


@contextlib.contextmanager
def _connected(path: Path | str) -> Iterator[apsw.Connection]:
    index = apsw.Connection(str(path))
    try:
        index.set_busy_timeout(BUSY_MS)
        index.enable_load_extension(True)
        index.load_extension(sqlite_vec.loadable_path())
        index.enable_load_extension(False)
        # With the log this loses nothing to a crash of the process.
        index.execute("PRAGMA synchronous = NORMAL")
        yield index
    finally:
        index.close()


@contextlib.contextmanager
def _in_transaction(index: apsw.Connection) -> Iterator[None]:
    index.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        # A full disk may have ended it already.
        if index.in_transaction:
            index.execute("ROLLBACK")
        raise
    index.execute("COMMIT")


def _check(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _connected(":memory:") as memory:
        memory.execute("SELECT vec_version()").fetchall()


def _drop_all(folder: Path) -> None:
    for path in folder.glob(f"*{_ENDING}"):
        _unlink(path)
    with contextlib.suppress(OSError):
        folder.rmdir()


def _unlink(path: Path) -> None:
    for part in _PARTS:
        path.with_name(path.name + part).unlink(missing_ok=True)


async def _asked(act: Callable[[], T]) -> T:
    try:
        return await asyncio.to_thread(act)
    except (apsw.Error, OSError) as error:
        raise _failure(error) from error


def _failure(error: Exception) -> StoreFailed:
    if isinstance(error, apsw.FullError) or getattr(error, "errno", None) == 28:
        return StoreFull("The disk that holds the vectors is full. Make room on it, then try again.")
    if isinstance(error, apsw.BusyError):
        return StoreFailed("Another process wrote into this index for too long. Try again.")
    log.error("The vector store sqlite-vec failed", exc_info=error)
    return StoreFailed("The vector store sqlite-vec failed; the log has the details. The index can be made again.")
