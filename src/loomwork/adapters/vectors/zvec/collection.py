"""The folders of zvec: an index is a collection. Everything here blocks, and is called by one thread at a time."""

import contextlib
import shutil
from collections import OrderedDict
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from loomwork.adapters.vectors.checked import missing, unlike
from loomwork.kernel.ids import new_id
from loomwork.kernel.scope import Scope
from loomwork.knowledge.domain.errors import StoreFull, StoreUnknown
from loomwork.knowledge.ports import Hit, Vector, VectorEntry

LINKS, BUILD_WIDTH, SEARCH_WIDTH = 16, 100, 200
"""Of the graph (M, efConstruction, ef in the words of HNSW)."""

FEW_DOCUMENTS = 64
"""Documents that are sooner named to zvec than looked for among the nearest of all: it reads such a list slowly."""

WIDER = 8
MOST_NAMED = 4096
"""Documents in one condition."""

LATER, GROWN = 5, 50
"""A graph is added to when a fifth of what it began with, and a fiftieth of all, is not in it yet but scanned."""

RESERVE = 64 * 1024 * 1024
"""Bytes of the disk that are left alone: zvec merges its files, and one that cannot end what it writes is broken."""


class Collected:
    """One open index."""

    is_held = False
    """Whether something works on it that must not be cut off."""

    def __init__(self, path: Path, collection: Any) -> None:
        self.path = path
        self._collection = collection
        self._dimensions = int(collection.schema.vector("vector").dimension)

    @property
    def dimensions(self) -> int:
        return self._dimensions

    @property
    def count(self) -> int:
        return int(self._collection.stats.doc_count)

    def wants_graph(self, index_from: int) -> bool:
        stats = self._collection.stats
        inside = float(stats.index_completeness["vector"])
        later = max(index_from / LATER, stats.doc_count / GROWN)
        return bool(stats.doc_count * (1 - inside) >= (later if inside > 0 else index_from))

    def build_graph(self) -> None:
        self._collection.optimize()

    def put(self, entries: Sequence[VectorEntry]) -> None:
        import zvec

        self._fit(entries[0].vector)
        _require_done(
            self._collection.upsert(
                [
                    zvec.Doc(id=it.id, fields={"document": it.document_id}, vectors={"vector": list(it.vector)})
                    for it in entries
                ]
            )
        )

    def remove(self, ids: Sequence[str]) -> None:
        # Of one that is not there it says so, which is no failure.
        self._collection.delete(list(ids))

    def remove_document(self, document_id: str) -> None:
        self._collection.delete_by_filter(f"document = '{document_id}'")

    def fetch(self, ids: Sequence[str]) -> Mapping[str, Vector]:
        found = self._collection.fetch(list(ids), output_fields=[])
        return {entry_id: list(doc.vectors["vector"]) for entry_id, doc in found.items()}

    def search(self, vector: Vector, limit: int, documents: Collection[str] | None) -> list[Hit]:
        self._fit(vector)
        if documents is None:
            return [_hit(doc) for doc in self._nearest(vector, limit)]
        if len(documents) > FEW_DOCUMENTS and (found := self._among_nearest(vector, limit, frozenset(documents))):
            return found
        return self._within(vector, limit, list(documents))

    def _among_nearest(self, vector: Vector, limit: int, documents: frozenset[str]) -> list[Hit]:
        """The nearest of these documents, where so many are among the nearest of all; otherwise nothing."""
        nearest = self._nearest(vector, limit * WIDER, fields=["document"])
        found = [_hit(doc) for doc in nearest if doc.field("document") in documents]
        return found[:limit] if len(found) >= limit else []

    def _within(self, vector: Vector, limit: int, documents: Sequence[str]) -> list[Hit]:
        found: list[Hit] = []
        for start in range(0, len(documents), MOST_NAMED):
            named = ",".join(f"'{each}'" for each in documents[start : start + MOST_NAMED])
            some = self._nearest(vector, limit, condition=f"document in ({named})")
            if len(some) < limit:
                # The graph can lead past the few that are meant.
                some = self._nearest(vector, limit, condition=f"document in ({named})", is_exact=True)
            found += [_hit(doc) for doc in some]
        return sorted(found, key=lambda hit: -hit.score)[:limit]

    def _nearest(
        self,
        vector: Vector,
        limit: int,
        *,
        condition: str | None = None,
        fields: list[str] | None = None,
        is_exact: bool = False,
    ) -> Sequence[Any]:
        import zvec

        how = zvec.HnswQueryParam(ef=max(SEARCH_WIDTH, limit), is_linear=is_exact)
        question = zvec.Query("vector", vector=list(vector), param=how)
        return list(self._collection.query(question, topk=limit, filter=condition, output_fields=fields or []))

    def _fit(self, vector: Vector) -> None:
        if len(vector) != self._dimensions:
            raise unlike(self._dimensions, len(vector))

    def close(self) -> None:
        self._collection.close()


class Collections:
    """The indexes of a folder, of which the last used are open."""

    def __init__(self, folder: Path, *, open_at_most: int) -> None:
        self._folder = folder
        self._most = open_at_most
        self._open: OrderedDict[Path, Collected] = OrderedDict()

    def path(self, scope: Scope, index_id: str) -> Path:
        return self._folder / scope.workspace_id / index_id

    def paths(self, scope: Scope) -> list[Path]:
        """Folders alone: what else is here is not ours."""
        with contextlib.suppress(FileNotFoundError):
            return [each for each in (self._folder / scope.workspace_id).iterdir() if each.is_dir()]
        return []

    def make(self, scope: Scope, index_id: str, dimensions: int) -> None:
        path = self.path(scope, index_id)
        if not path.is_dir():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            # Under another name first: one that was cut off is not there.
            aside = path.with_name(f".{index_id}.{new_id()}")
            _create(aside, dimensions).close()
            aside.rename(path)
        if (held := self.get(scope, index_id).dimensions) != dimensions:
            raise unlike(held, dimensions)

    def get(self, scope: Scope, index_id: str) -> Collected:
        path = self.path(scope, index_id)
        if (known := self._open.get(path)) is not None:
            self._open.move_to_end(path)
            return known
        if not path.is_dir():
            raise missing(index_id)
        self._make_place()
        self._open[path] = Collected(path, _library().open(str(path)))
        return self._open[path]

    def drop(self, scope: Scope, index_id: str) -> None:
        self._drop(self.path(scope, index_id))

    def drop_all(self, scope: Scope) -> None:
        for path in self.paths(scope):
            self._drop(path)
        with contextlib.suppress(OSError):
            (self._folder / scope.workspace_id).rmdir()

    def require_room(self, entries: Sequence[VectorEntry]) -> None:
        """Raises `StoreFull` before the disk is."""
        takes = len(entries) * (len(entries[0].vector) * 4 + 256) * 4
        if shutil.disk_usage(self._folder).free < RESERVE + takes:
            raise StoreFull("The disk that holds the vectors is nearly full. Make room on it, then try again.")

    def check(self) -> None:
        _library()
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        probe = self._folder / f".probe-{new_id()}"
        probe.touch()
        probe.unlink()

    def close(self, *, spared: Collection[Path]) -> None:
        for path in [path for path in self._open if path not in spared]:
            self._open.pop(path).close()

    def _drop(self, path: Path) -> None:
        if (known := self._open.pop(path, None)) is not None:
            known.close()
        if path.is_dir():
            aside = path.with_name(f".dropped.{new_id()}")
            path.rename(aside)
            shutil.rmtree(aside, ignore_errors=True)

    def _make_place(self) -> None:
        for path in self._idle():
            if len(self._open) < self._most:
                return
            self._open.pop(path).close()

    def _idle(self) -> Iterator[Path]:
        """The longest unused first."""
        yield from [path for path, collected in self._open.items() if not collected.is_held]


def _create(path: Path, dimensions: int) -> Any:
    zvec = _library()
    graph = zvec.HnswIndexParam(metric_type=zvec.MetricType.COSINE, m=LINKS, ef_construction=BUILD_WIDTH)
    schema = zvec.CollectionSchema(
        "entries",
        fields=[zvec.FieldSchema("document", zvec.DataType.STRING, index_param=zvec.InvertIndexParam())],
        vectors=[zvec.VectorSchema("vector", zvec.DataType.VECTOR_FP32, dimensions, index_param=graph)],
    )
    return zvec.create_and_open(str(path), schema)


def _hit(doc: Any) -> Hit:
    # What it calls the score is 1 - cosine.
    return Hit(str(doc.id), max(-1.0, min(1.0, 1.0 - float(doc.score))))


def _require_done(statuses: Any) -> None:
    for status in statuses:
        if not status.ok():
            raise OSError(str(status.message()))


def _library() -> Any:
    """The library, told once to write nothing into what this process prints."""
    try:
        import zvec
    except ImportError:
        raise StoreUnknown("The vector store zvec is not installed: pip install zvec.") from None
    with contextlib.suppress(RuntimeError):
        zvec.init(log_type=zvec.LogType.CONSOLE, log_level=zvec.LogLevel.FATAL)
    return zvec
