"""What PostgreSQL is told. Names hold digits of UUIDs alone; everything else goes as a parameter."""

# ruff: noqa: S608 - the names are made here, of the digits of UUIDs.

from loomwork.kernel.scope import Scope

LINKS, BUILD_WIDTH, SEARCH_WIDTH = 16, 100, 200
"""Of the graph (m, ef_construction, ef_search in the words of pgvector)."""

MOST_IN_GRAPH = 4000
"""Dimensions that pgvector builds a graph over, of half precision."""

HAS_EXTENSION = "SELECT 1 FROM pg_extension WHERE extname = 'vector'"
MAKE_EXTENSION = "CREATE EXTENSION IF NOT EXISTS vector"
ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(7263541899)"
"""Of those that make schemas, which PostgreSQL lets trip over each other."""

DIMENSIONS = "SELECT atttypmod FROM pg_attribute WHERE attrelid = $1::regclass AND attname = 'embedding'"
SETTINGS = (
    f"SET LOCAL hnsw.ef_search = {SEARCH_WIDTH}; SET LOCAL hnsw.iterative_scan = strict_order; SET LOCAL jit = off"
)


def schema(scope: Scope) -> str:
    """Each workspace has one of its own."""
    return f"loomwork_vectors_{scope.workspace_id.replace('-', '')}"


def table(scope: Scope, index_id: str) -> str:
    return f"{schema(scope)}.v_{index_id.replace('-', '')}"


def make_table(name: str, dimensions: int) -> str:
    return (
        f"CREATE TABLE IF NOT EXISTS {name} "
        f"(id uuid PRIMARY KEY, document_id uuid NOT NULL, embedding halfvec({dimensions}) NOT NULL);"
        f"CREATE INDEX IF NOT EXISTS {_plain(name)}_d ON {name} (document_id)"
    )


def make_graph(name: str) -> str:
    return (
        f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {_plain(name)}_g ON {name} "
        f"USING hnsw (embedding halfvec_cosine_ops) WITH (m = {LINKS}, ef_construction = {BUILD_WIDTH})"
    )


def has_graph(name: str) -> str:
    return f"SELECT to_regclass('{name}_g') IS NOT NULL"


def put(name: str) -> str:
    return (
        f"INSERT INTO {name} SELECT id, document_id, embedding::halfvec "
        "FROM unnest($1::uuid[], $2::uuid[], $3::text[]) AS given (id, document_id, embedding) "
        "ON CONFLICT (id) DO UPDATE SET document_id = excluded.document_id, embedding = excluded.embedding"
    )


def nearest(name: str) -> str:
    return (
        f"SELECT id::text, 1 - (embedding <=> $1::text::halfvec) AS cosine FROM {name} "
        "ORDER BY embedding <=> $1::text::halfvec LIMIT $2"
    )


def nearest_within(name: str) -> str:
    return (
        f"SELECT id::text, 1 - (embedding <=> $1::text::halfvec) AS cosine FROM {name} "
        "WHERE document_id = ANY($3::uuid[]) ORDER BY embedding <=> $1::text::halfvec LIMIT $2"
    )


def exact_within(name: str) -> str:
    """Materialised, so that no graph is asked: it would be slower, and may lead past the few that are meant."""
    return (
        f"WITH meant AS MATERIALIZED (SELECT id, embedding FROM {name} WHERE document_id = ANY($3::uuid[])) "
        "SELECT id::text, 1 - (embedding <=> $1::text::halfvec) AS cosine FROM meant "
        "ORDER BY embedding <=> $1::text::halfvec LIMIT $2"
    )


def how_many_within(name: str) -> str:
    return f"SELECT count(*) FROM (SELECT 1 FROM {name} WHERE document_id = ANY($1::uuid[]) LIMIT $2) AS few"


def how_many(name: str) -> str:
    return f"SELECT count(*) FROM {name}"


def how_many_up_to(name: str) -> str:
    return f"SELECT count(*) FROM (SELECT 1 FROM {name} LIMIT $1) AS few"


def fetch(name: str) -> str:
    return f"SELECT id::text, embedding::text AS embedding FROM {name} WHERE id = ANY($1::uuid[])"


def remove(name: str) -> str:
    return f"DELETE FROM {name} WHERE id = ANY($1::uuid[])"


def remove_document(name: str) -> str:
    return f"DELETE FROM {name} WHERE document_id = $1::uuid"


def _plain(name: str) -> str:
    return name.rpartition(".")[2]
