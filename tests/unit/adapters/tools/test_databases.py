"""Databases are asked, and not changed but where the workspace said so."""

import base64
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from loomwork.adapters.tools.builtin import databases
from loomwork.kernel.scope import embedded_scope
from loomwork.tools.api import (
    ToolCredentialsMissing,
    ToolCredentialsRefused,
    ToolFailed,
    ToolInputInvalid,
    ToolRefused,
    ToolResult,
)
from tests.contracts.tools.exchanging import OtherSide, shipped_tools
from tests.postgres_server import PostgresServer, postgres_server

OURS = embedded_scope()


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    with postgres_server() as server:
        yield server


@pytest.fixture
async def folder(postgres: PostgresServer) -> Any:
    """Where the server listens, with a database in which there is a table."""
    url = await postgres.new_database()
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("CREATE TABLE people (id int, name text, since date, score numeric)")
        await connection.execute("INSERT INTO people VALUES (1, 'Ada', '1815-12-10', 1.50), (2, 'Bob|x', NULL, NULL)")
        yield url
    finally:
        await connection.close()


class Vouching:
    """Sockets that lead to the server of the test, whatever host is named."""

    def __init__(self, url: str) -> None:
        self.folder = url.partition("?host=")[2].replace("%2F", "/")
        self.asked: list[tuple[str, int]] = []

    async def address(self, host: str, port: int, *, ports: Any) -> str:
        self.asked.append((host, port))
        return self.folder

    async def connected(self, host: str, port: int, *, ports: Any, seconds: float) -> Any:
        raise AssertionError("only an address is asked for")


async def asked(url: str, name: str, statement: str, access: str = "read", **more: Any) -> ToolResult:
    sockets = Vouching(url)
    tools = shipped_tools(OtherSide(), sockets=sockets)
    database = url.partition("@/")[2].partition("?")[0]
    values = {"database_url": f"postgresql://postgres:pw@db.example.org/{database}?sslmode=disable", "access": access}
    await tools.save_credential(OURS, "sql", values)
    result = await tools.call(OURS, name, {"statement": statement, **more}, key="k")
    assert sockets.asked == [("db.example.org", 5432)]
    return result


async def test_rows_come_as_objects_and_as_a_table(folder: str) -> None:
    result = await asked(folder, "sql/query", "SELECT * FROM people ORDER BY id")
    rows = [
        {"id": 1, "name": "Ada", "since": "1815-12-10", "score": "1.50"},
        {"id": 2, "name": "Bob|x", "since": None, "score": None},
    ]
    assert json.loads(result.text) == rows == result.json[0]["rows"]
    table = await asked(folder, "sql/query", "SELECT id, name FROM people ORDER BY id", format="markdown")
    assert table.text == "| id | name |\n| --- | --- |\n| 1 | Ada |\n| 2 | Bob\\|x |"
    assert "retrieved" in table.marks


async def test_no_more_rows_come_than_were_asked_for(folder: str) -> None:
    result = await asked(folder, "sql/query", "SELECT generate_series(1, 100000) AS n", max_rows=3)
    assert [row["n"] for row in result.json[0]["rows"]] == [1, 2, 3]
    assert result.json[0]["more"] is True


async def test_columns_of_one_name_are_all_kept(folder: str) -> None:
    result = await asked(folder, "sql/query", "SELECT 1 AS a, 2 AS a")
    assert result.json[0]["rows"] == [{"a": 1, "a_2": 2}]


@pytest.mark.parametrize(
    ("statement", "error"),
    [
        ("INSERT INTO people VALUES (3)", ToolInputInvalid),
        ("/* SELECT */ delete from people", ToolInputInvalid),
        ("-- SELECT\nDROP TABLE people", ToolInputInvalid),
        ("COPY people TO PROGRAM 'cat'", ToolInputInvalid),
        ("DO $$ BEGIN DELETE FROM people; END $$", ToolInputInvalid),
        ("", ToolInputInvalid),
        ("WITH gone AS (DELETE FROM people RETURNING *) SELECT * FROM gone", ToolRefused),
        ("EXPLAIN ANALYZE DELETE FROM people", ToolRefused),
        ("SELECT 1; DELETE FROM people", ToolRefused),
        ("SELECT 1; COMMIT; DELETE FROM people", ToolRefused),
        ("SELECT set_config('transaction_read_only', 'off', false)", ToolRefused),
        ("SELECT lo_create(0)", ToolRefused),
        ("SELECT * INTO other FROM people", ToolRefused),
        ("SELECT * FROM nowhere", ToolRefused),
        ("SELECT $1", ToolFailed),
    ],
)
@pytest.mark.parametrize("tool", ["query", "execute"])
async def test_nothing_is_changed_where_only_reading_is_allowed(
    folder: str, tool: str, statement: str, error: type[Exception]
) -> None:
    with pytest.raises(error) as refused:
        await asked(folder, f"sql/{tool}", statement)
    assert "pw" not in str(refused.value).split()
    result = await asked(folder, "sql/query", "SELECT count(*) AS n FROM people")
    assert result.json[0]["rows"] == [{"n": 2}]


async def test_a_workspace_that_allows_it_changes_its_database_by_the_tool_that_says_so(folder: str) -> None:
    done = await asked(folder, "sql/execute", "UPDATE people SET name = 'Eve' WHERE id = 1", access="write")
    assert done.text == "UPDATE 1"
    with pytest.raises(ToolInputInvalid):
        await asked(folder, "sql/query", "DELETE FROM people", access="write")
    names = await asked(folder, "sql/query", "SELECT name FROM people ORDER BY id", format="csv")
    assert names.text == "name\nEve\nBob|x\n"


async def test_a_statement_that_takes_too_long_is_stopped(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(databases, "SECONDS", 0.05)
    with pytest.raises(ToolRefused, match="took more than"):
        await asked(folder, "sql/query", "SELECT pg_sleep(60)")


async def test_an_address_of_something_else_is_refused_without_being_shown() -> None:
    tools = shipped_tools(OtherSide(), sockets=Vouching(""))
    with pytest.raises(ToolCredentialsMissing):
        await tools.call(OURS, "sql/query", {"statement": "SELECT 1"}, key="k")
    for url in ("mysql://u:secret-word@h/d", "postgresql://u:secret-word@h:port/d", "postgresql://u@h/d?sslmode=x"):
        await tools.save_credential(OURS, "sql", {"database_url": url})
        with pytest.raises(ToolCredentialsRefused) as refused:
            await tools.call(OURS, "sql/query", {"statement": "SELECT 1"}, key="k")
        assert "secret-word" not in str(refused.value)


def database(tmp_path: Path, *statements: str) -> dict[str, str]:
    path = tmp_path / "some.db"
    connection = sqlite3.connect(path)
    with connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()
    return as_file(path.read_bytes())


def as_file(content: bytes) -> dict[str, str]:
    return {"url": f"data:application/octet-stream;base64,{base64.b64encode(content).decode()}", "name": "some.db"}


async def of_file(file: dict[str, str], statement: str, **more: Any) -> ToolResult:
    arguments = {"file": file, "statement": statement, **more}
    return await shipped_tools(OtherSide()).call(OURS, "sql/query_file", arguments, key="k")


async def test_a_file_of_sqlite_is_asked(tmp_path: Path) -> None:
    made = ("CREATE TABLE a (n, t, b)", "INSERT INTO a VALUES (1, 'x', x'00ff'), (2, NULL, NULL)")
    file = database(tmp_path, "PRAGMA journal_mode = WAL", *made)
    result = await of_file(file, "SELECT n, upper(t) AS t, b FROM a ORDER BY n")
    assert result.json[0]["rows"] == [{"n": 1, "t": "X", "b": "AP8="}, {"n": 2, "t": None, "b": None}]
    counted = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT n FROM c"
    assert len((await of_file(file, counted, max_rows=5)).json[0]["rows"]) == 5


@pytest.mark.parametrize(
    "statement",
    [
        "ATTACH '/etc/passwd' AS other",
        "DELETE FROM a",
        "CREATE TABLE b (n)",
        "PRAGMA query_only = OFF",
        "PRAGMA temp_store_directory = '/tmp'",
        "VACUUM INTO '/tmp/out'",
        "SELECT load_extension('/tmp/x.so')",
        "SELECT zeroblob(100000000)",
        "SELECT 1; SELECT 2",
        "SELEC",
        "SELECT ?",
        "SELECT '\x00'",
    ],
)
async def test_a_file_is_only_read_and_nothing_beside_it(tmp_path: Path, statement: str) -> None:
    with pytest.raises(ToolRefused, match="SQLite refuses"):
        await of_file(database(tmp_path, "CREATE TABLE a (n)"), statement)


async def test_a_statement_without_end_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(databases, "SECONDS", 0.05)
    endless = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT count(*) FROM c"
    with pytest.raises(ToolRefused, match="took more than"):
        await of_file(database(tmp_path, "CREATE TABLE a (n)"), endless)


async def test_what_is_no_database_or_a_broken_one_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ToolInputInvalid, match="no database"):
        await of_file(as_file(b"hello"), "SELECT 1")
    with pytest.raises(ToolRefused, match="SQLite refuses"):
        await of_file(as_file(b"SQLite format 3\x00" + b"\xff" * 5000), "SELECT * FROM sqlite_master")
