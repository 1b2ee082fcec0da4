"""What a column holds."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import Connection, insert, select, text
from sqlalchemy.exc import StatementError

from loomwork.adapters.storage.sql.database import Database
from loomwork.adapters.storage.sql.tables import workspaces

MOMENT = datetime(2026, 3, 29, 2, 30, 0, 123456, tzinfo=timezone(timedelta(hours=8)))


async def stored(database: Database, name: str, moment: datetime = MOMENT) -> tuple[str, datetime]:
    def write_and_read(connection: Connection) -> tuple[str, datetime]:
        connection.execute(insert(workspaces), {"id": "w", "slug": "w", "name": name, "created_at": moment})
        row = connection.execute(select(workspaces.c.name, workspaces.c.created_at)).one()
        return row.name, row.created_at

    return await database.write(write_and_read)


async def test_a_moment_comes_back_in_utc_to_the_microsecond(any_database: Database) -> None:
    _, moment = await stored(any_database, "w")
    assert moment == MOMENT
    assert moment.tzinfo is UTC


async def test_a_moment_without_a_zone_is_refused(any_database: Database) -> None:
    with pytest.raises(StatementError, match="without a time zone"):
        await stored(any_database, "w", datetime(2026, 1, 1))
    assert await any_database.rows(text("SELECT id FROM workspaces")) == []


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("Grüße, 世界 😀", "Grüße, 世界 😀"),
        ("\ufeffmarked", "\ufeffmarked"),
        ("half \ud83d here", "half \ufffd here"),
        ("nul \0 here", "nul \ufffd here"),
    ],
)
async def test_text_is_kept_but_for_what_no_database_takes(any_database: Database, given: str, kept: str) -> None:
    assert (await stored(any_database, given))[0] == kept
