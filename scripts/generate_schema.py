"""Write the schema that the migrations make of an empty SQLite database: `python -m scripts.generate_schema`."""

import asyncio
import tempfile
from pathlib import Path

from sqlalchemy import Connection, text

from loomwork.adapters.storage.sql.migrating import BETWEEN, NEWEST, SCHEMA, upgrade
from loomwork.adapters.storage.sql.opening import open_database

_MADE = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid"


async def schema() -> str:
    """Every statement that makes a part of it, in their order, and the revision."""
    with tempfile.TemporaryDirectory() as folder:
        database = open_database(f"sqlite:///{folder}/new.db", migrating=True)
        try:
            await database.write(upgrade)
            statements = await database.read(_statements)
        finally:
            await database.close()
    statements.append(f"INSERT INTO alembic_version (version_num) VALUES ('{NEWEST}')")
    return "".join(statement + BETWEEN for statement in statements)


def _statements(connection: Connection) -> list[str]:
    # Without the blanks that some end their lines with.
    found = [str(each) for each in connection.execute(text(_MADE)).scalars()]
    return ["\n".join(line.rstrip() for line in each.split("\n")) for each in found]


def main() -> None:
    Path(SCHEMA).write_text(asyncio.run(schema()), encoding="utf-8")


if __name__ == "__main__":
    main()
