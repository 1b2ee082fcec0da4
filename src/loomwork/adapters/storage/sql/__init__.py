"""One code for SQLite and Postgres: the schema, its migrations, and a store for each port."""

from loomwork.adapters.storage.sql.failures import StorageFailed
from loomwork.adapters.storage.sql.migrating import migrate
from loomwork.adapters.storage.sql.standalone_journal import StandaloneJournal, open_journal
from loomwork.adapters.storage.sql.storage import Storage, open_storage

__all__ = ["StandaloneJournal", "Storage", "StorageFailed", "migrate", "open_journal", "open_storage"]
