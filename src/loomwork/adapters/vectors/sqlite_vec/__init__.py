"""sqlite-vec: vectors in one file for each index, compared one by one."""

from loomwork.adapters.vectors.sqlite_vec.store import SqliteVecStore

__all__ = ["SqliteVecStore"]
