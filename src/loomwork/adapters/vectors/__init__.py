"""Stores of vectors, a folder each, and which of them there are.

A store is opened by its kind; what it needs is imported then, never before.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from loomwork.adapters.vectors.checked import CheckedStore
from loomwork.knowledge.domain.errors import StoreUnknown
from loomwork.knowledge.ports import VectorStore

__all__ = ["DEFAULT", "KINDS", "StorePlace", "kinds_at", "open_vector_store"]

DEFAULT = "zvec"
POSTGRES = ("postgresql://", "postgres://")


@dataclass(frozen=True, slots=True)
class StorePlace:
    """Where stores are. `folder` is for those in this process, `<data>/knowledge`; `database_url` is the
    installation's. `default` is the kind for what is new.
    """

    folder: Path
    database_url: str = field(repr=False)
    default: str = DEFAULT


def open_vector_store(kind: str, place: StorePlace) -> VectorStore:
    """A store of this kind, whose indexes are made and looked for in this place. Raises `StoreUnknown`."""
    opening = KINDS.get(kind)
    if opening is None:
        raise StoreUnknown(
            f"There is no vector store {kind[:80]!r}: set LOOMWORK_VECTOR_STORE to one of {', '.join(KINDS)}.",
            kind=kind[:80],
        )
    return CheckedStore(opening(place))


def kinds_at(place: StorePlace) -> list[str]:
    """The kinds that can be opened in this place, none of which is opened by it."""
    has_postgres = place.database_url.startswith(POSTGRES)
    return [kind for kind in KINDS if _is_installed(kind) and (kind != "pgvector" or has_postgres)]


def _zvec(place: StorePlace) -> VectorStore:
    from loomwork.adapters.vectors.zvec import ZvecStore

    return ZvecStore(place.folder)


def _pgvector(place: StorePlace) -> VectorStore:
    if not place.database_url.startswith(POSTGRES):
        raise StoreUnknown("pgvector is the installation's own PostgreSQL: set LOOMWORK_DATABASE_URL to one.")
    _require_installed("pgvector", "postgres")
    from loomwork.adapters.vectors.pgvector import PgvectorStore

    return PgvectorStore(place.database_url)


def _sqlite_vec(place: StorePlace) -> VectorStore:
    _require_installed("sqlite-vec", "sqlite-vec")
    from loomwork.adapters.vectors.sqlite_vec import SqliteVecStore

    return SqliteVecStore(place.folder)


def _require_installed(kind: str, extra: str) -> None:
    if not _is_installed(kind):
        raise StoreUnknown(f"The vector store {kind} is not installed: pip install 'loomwork[{extra}]'.", kind=kind)


def _is_installed(kind: str) -> bool:
    return all(find_spec(module) is not None for module in MODULES[kind])


KINDS: Mapping[str, Callable[[StorePlace], VectorStore]] = {
    "zvec": _zvec,
    "pgvector": _pgvector,
    "sqlite-vec": _sqlite_vec,
}

MODULES: dict[str, Sequence[str]] = {
    "zvec": (),
    "pgvector": ("asyncpg",),
    "sqlite-vec": ("apsw", "sqlite_vec"),
}
"""What a kind imports when it is opened, beyond what every installation has."""
