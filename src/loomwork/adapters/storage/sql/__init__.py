"""One code for SQLite and Postgres: the schema, its migrations, and a store for each port."""

from loomwork.adapters.storage.sql.migrating import migrate

__all__ = ["migrate"]
