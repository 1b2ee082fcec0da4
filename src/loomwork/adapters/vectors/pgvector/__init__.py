"""pgvector: vectors in the PostgreSQL of the installation."""

from loomwork.adapters.vectors.pgvector.store import PgvectorStore

__all__ = ["PgvectorStore"]
