"""`TextIndex` over SQLite's FTS5, which ranks by BM25 (sqlite.org/fts5.html)."""

import asyncio
import contextlib
import json
import logging
import sqlite3
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from loomwork.adapters.vectors.checked import MOST_HITS, is_id, missing
from loomwork.kernel.errors import InvalidInput
from loomwork.kernel.scope import Scope
from loomwork.knowledge.domain.errors import StoreFailed, StoreFull
from loomwork.knowledge.ports import Hit, TextEntry


def words_of(text: str) -> Sequence[str]:
    """See `knowledge.domain.words`, whose library takes 2 MB that a server without knowledge spares."""
    from loomwork.knowledge.domain.words import words_of

    return words_of(text)


T = TypeVar("T")
log = logging.getLogger(__name__)

MOST_WORDS = 64
"""Of a question; those after them are not looked for."""

BUSY_SECONDS = 20.0
_PARTS = ("", "-wal", "-shm")

# The words are ours, with spaces between: to this tokenizer every other character that is not ASCII is part of a word.
_TABLES = """
CREATE TABLE IF NOT EXISTS entries (place INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, document_id TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS entries_by_document ON entries (document_id);
CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5 (tokens, tokenize = 'ascii');
"""
_SEARCH = """
SELECT entries.id, bm25(words) AS rank FROM words JOIN entries ON entries.place = words.rowid
WHERE words MATCH ? AND (? IS NULL OR entries.document_id IN (SELECT value FROM json_each(?)))
ORDER BY rank, entries.id LIMIT ?
"""
_NAMED = "SELECT place FROM entries WHERE id IN (SELECT value FROM json_each(?))"
_OF_DOCUMENT = "SELECT place FROM entries WHERE document_id = ?"


class SqliteTextIndex:
    """A file for each index, `<folder>/<workspace>/<index>.words`. Several processes of one machine may use it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def make(self, scope: Scope, index_id: str) -> None:
        if not (is_id(scope.workspace_id) and is_id(index_id)):
            raise InvalidInput(f"The id {index_id[:80]!r} is no UUID in its canonical form.", id=index_id[:80])
        await _asked(lambda: _make(self._path(scope, index_id)))

    async def put(self, scope: Scope, index_id: str, entries: Sequence[TextEntry]) -> None:
        for text in (text for entry in entries for text in (entry.id, entry.document_id)):
            if not is_id(text):
                raise InvalidInput(f"The id {text[:80]!r} is no UUID in its canonical form.", id=text[:80])
        once = {entry.id: entry for entry in entries}
        await self._write(scope, index_id, lambda index: _put(index, list(once.values())))

    async def remove(self, scope: Scope, index_id: str, ids: Sequence[str]) -> None:
        await self._write(scope, index_id, lambda index: _remove(index, _NAMED, json.dumps(list(ids))))

    async def remove_document(self, scope: Scope, index_id: str, document_id: str) -> None:
        if is_id(document_id):
            await self._write(scope, index_id, lambda index: _remove(index, _OF_DOCUMENT, document_id))

    async def search(
        self, scope: Scope, index_id: str, question: str, *, limit: int, documents: Collection[str] | None = None
    ) -> Sequence[Hit]:
        words = list(dict.fromkeys(words_of(question)))[:MOST_WORDS]
        within = None if documents is None else json.dumps(list(documents))
        if not words or limit < 1:
            return []
        wanted = " OR ".join(f'"{word}"' for word in words)
        asked = (wanted, within, within, min(limit, MOST_HITS))
        rows = await self._read(scope, index_id, lambda index: index.execute(_SEARCH, asked).fetchall())
        return [Hit(entry_id, -rank) for entry_id, rank in rows]

    async def count(self, scope: Scope, index_id: str) -> int:
        rows = await self._read(scope, index_id, lambda index: index.execute("SELECT count(*) FROM entries").fetchall())
        return int(rows[0][0])

    async def drop(self, scope: Scope, index_id: str) -> None:
        if is_id(scope.workspace_id) and is_id(index_id):
            await _asked(lambda: _unlink(self._path(scope, index_id)))

    async def drop_all(self, scope: Scope) -> None:
        if is_id(scope.workspace_id):
            await _asked(lambda: _drop_all(self._folder / scope.workspace_id))

    def _path(self, scope: Scope, index_id: str) -> Path:
        return self._folder / scope.workspace_id / f"{index_id}.words"

    async def _write(self, scope: Scope, index_id: str, act: Callable[[sqlite3.Connection], None]) -> None:
        def write() -> None:
            with self._opened(scope, index_id) as index, index:
                index.execute("BEGIN IMMEDIATE")
                act(index)

        await _asked(write)

    async def _read(self, scope: Scope, index_id: str, act: Callable[[sqlite3.Connection], T]) -> T:
        def read() -> T:
            with self._opened(scope, index_id) as index:
                return act(index)

        return await _asked(read)

    @contextlib.contextmanager
    def _opened(self, scope: Scope, index_id: str) -> Iterator[sqlite3.Connection]:
        path = self._path(scope, index_id) if is_id(scope.workspace_id) and is_id(index_id) else None
        if path is None or not path.is_file():
            raise missing(index_id)
        with _connected(path) as index:
            try:
                yield index
            except sqlite3.OperationalError as error:
                # Its making was cut off.
                if "no such table" in str(error):
                    raise missing(index_id) from None
                raise


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _connected(path) as index:
        index.execute("PRAGMA journal_mode = WAL")
        index.executescript(_TABLES)


def _put(index: sqlite3.Connection, entries: Sequence[TextEntry]) -> None:
    _remove(index, _NAMED, json.dumps([entry.id for entry in entries]))
    for entry in entries:
        row = index.execute("INSERT INTO entries (id, document_id) VALUES (?, ?)", (entry.id, entry.document_id))
        words = " ".join(words_of(entry.text))
        index.execute("INSERT INTO words (rowid, tokens) VALUES (?, ?)", (row.lastrowid, words))


def _remove(index: sqlite3.Connection, which: str, value: str) -> None:
    places = index.execute(which, (value,)).fetchall()
    index.executemany("DELETE FROM words WHERE rowid = ?", places)
    index.executemany("DELETE FROM entries WHERE place = ?", places)


@contextlib.contextmanager
def _connected(path: Path) -> Iterator[sqlite3.Connection]:
    index = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
    try:
        # With the log this loses nothing to a crash of the process.
        index.execute("PRAGMA synchronous = NORMAL")
        yield index
    finally:
        index.close()


def _drop_all(folder: Path) -> None:
    for path in folder.glob("*.words"):
        _unlink(path)
    with contextlib.suppress(OSError):
        folder.rmdir()


def _unlink(path: Path) -> None:
    for part in _PARTS:
        path.with_name(path.name + part).unlink(missing_ok=True)


async def _asked(act: Callable[[], T]) -> T:
    try:
        return await asyncio.to_thread(act)
    except sqlite3.Error as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_FULL:
            raise StoreFull("The disk that holds the index of words is full. Make room, then try again.") from error
        log.exception("The index of words failed")
        raise StoreFailed("The index of words failed; the log has the details. It can be made again.") from error
