"""Finding texts by their words: an index is a file of SQLite, with what is in it found by FTS5."""

from loomwork.adapters.texts.sqlite import SqliteTextIndex

__all__ = ["SqliteTextIndex"]
