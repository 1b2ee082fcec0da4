"""Asks databases: PostgreSQL over a connection that the gate has an address for, and files of SQLite in memory.

What only reads is held to it three times: by its first word, by the database (a read-only transaction; SQLite's
authorizer), and, as the help of the credentials says, by the role that the workspace gives.
"""

import asyncio
import base64
import csv
import io
import json
import re
import sqlite3
import ssl
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from loomwork.adapters.tools.reading import bytes_of
from loomwork.adapters.tools.world import ToolWorld
from loomwork.nodes.ports import EgressFailed, EgressRefused
from loomwork.tools.api import (
    ToolCredentialsMissing,
    ToolCredentialsRefused,
    ToolInputInvalid,
    ToolRefused,
    ToolUnavailable,
)
from loomwork.tools.domain.call import ToolCall, ToolResult

__all__ = ["execute", "query", "query_file"]

PORTS = frozenset({5432, 5433, 6432, 6543})
"""Of PostgreSQL, and of what pools its connections."""
SECONDS = 20.0
CONNECT_SECONDS = 10.0
LARGEST_VALUE = 10_000_000
"""Bytes of one value of SQLite."""
MOST_BYTES = 20_000_000
"""Of all the rows of an answer, roughly."""
READS = frozenset({"SELECT", "WITH", "VALUES", "TABLE", "SHOW", "EXPLAIN"})
_COMMENTS = re.compile(r"(?:\s+|--[^\n]*(?:\n|$)|/\*(?:[^*]|\*(?!/))*\*/|\()+")
_WORD = re.compile(r"[A-Za-z]+")
_TLS = ("disable", "prefer", "require", "verify-ca", "verify-full")


@dataclass(frozen=True, slots=True)
class _Server:
    host: str
    port: int
    user: str
    password: str
    database: str
    tls: str


@dataclass(frozen=True, slots=True)
class _Rows:
    names: Sequence[str]
    rows: Sequence[Sequence[Any]]
    more: bool = False
    status: str = ""


async def query(call: ToolCall, world: ToolWorld) -> ToolResult:
    """The rows that a statement reads from the workspace's database."""
    statement = _reading(call.arguments["statement"])
    return _told(call, await _asked_postgres(call, world, statement, writes=False))


async def execute(call: ToolCall, world: ToolWorld) -> ToolResult:
    """What a statement leaves, which may change something where the credentials say so."""
    writes = call.credentials.get("access") == "write"
    statement = call.arguments["statement"] if writes else _reading(call.arguments["statement"])
    return _told(call, await _asked_postgres(call, world, statement, writes=writes))


async def query_file(call: ToolCall, world: ToolWorld) -> ToolResult:
    """The rows that a statement reads from a file of SQLite."""
    content = await bytes_of(call.scope, call.arguments["file"], world)
    statement, most = call.arguments["statement"], call.arguments["max_rows"]
    return _told(call, await asyncio.to_thread(_asked_file, content, statement, most))


def _reading(statement: str) -> str:
    beginning = _COMMENTS.match(statement)
    word = _WORD.match(statement, beginning.end() if beginning is not None else 0)
    if word is None or word[0].upper() not in READS:
        message = f"Only statements that read are run here: {', '.join(sorted(READS))}."
        raise ToolInputInvalid(message, parameter="statement")
    return statement


async def _asked_postgres(call: ToolCall, world: ToolWorld, statement: str, *, writes: bool) -> _Rows:
    try:
        import asyncpg
    except ImportError:
        message = "PostgreSQL needs the extra `postgres`: pip install 'loomwork[postgres]'."
        raise ToolUnavailable(message, unsent=True) from None
    connection = await _connected(call, world, writes=writes)
    try:
        async with connection.transaction(readonly=not writes):
            # Prepared, so that it is one statement: a second one could end the transaction that only reads.
            prepared = await connection.prepare(statement)
            return await _fetched(prepared, call.arguments["max_rows"])
    except asyncpg.ReadOnlySQLTransactionError:
        raise ToolRefused("The database refuses: the statement would change something.") from None
    except asyncpg.QueryCanceledError:
        raise ToolRefused(f"The statement took more than {SECONDS:g} seconds.") from None
    except asyncpg.PostgresError as error:
        raise ToolRefused(f"The database refuses: {str(error)[:300]}") from None
    except (asyncpg.InterfaceError, OSError):
        raise ToolUnavailable("The connection to the database broke off.") from None
    finally:
        connection.terminate()


async def _fetched(prepared: Any, most: int) -> _Rows:
    names = [each.name for each in prepared.get_attributes()]
    if not names:
        await prepared.fetch()
        return _Rows([], [], status=prepared.get_statusmsg() or "")
    found = [tuple(row) async for row in _first(prepared.cursor(prefetch=min(most + 1, 500)), most + 1)]
    return _Rows(names, found[:most], more=len(found) > most)


async def _first(rows: Any, most: int) -> Any:
    size = 0
    async for row in rows:
        size += sum(len(cell) if isinstance(cell, str | bytes) else 8 for cell in row)
        most -= 1
        yield row
        if most <= 0 or size > MOST_BYTES:
            return


async def _connected(call: ToolCall, world: ToolWorld, *, writes: bool) -> Any:
    import asyncpg

    server = _server(call.credentials.get("database_url", ""))
    if world.sockets is None:
        raise ToolUnavailable("No database can be asked from here.", unsent=True)
    try:
        address = await world.sockets.address(server.host, server.port, ports=PORTS)
        return await asyncpg.connect(
            host=address,
            port=server.port,
            user=server.user,
            password=server.password,
            database=server.database,
            ssl=_tls(server),
            timeout=CONNECT_SECONDS,
            statement_cache_size=0,
            server_settings={
                "statement_timeout": str(int(SECONDS * 1000)),
                "default_transaction_read_only": "off" if writes else "on",
                "application_name": "loomwork",
            },
        )
    except EgressRefused as error:
        raise ToolRefused(error.message, reason=error.code, unsent=True) from error
    except EgressFailed as error:
        raise ToolUnavailable(error.message, unsent=True) from error
    except asyncpg.InvalidAuthorizationSpecificationError:
        raise ToolCredentialsRefused("The database does not accept the credentials.", unsent=True) from None
    except asyncpg.PostgresError as error:
        raise ToolRefused(f"The database refuses: {str(error)[:200]}", unsent=True) from None
    except ssl.SSLError:
        raise ToolUnavailable("The database speaks no TLS that can be trusted.", unsent=True) from None
    except (OSError, asyncpg.InterfaceError, TimeoutError):
        raise ToolUnavailable("The database cannot be reached.", unsent=True) from None


def _server(text: str) -> _Server:
    if not text:
        raise ToolCredentialsMissing("SQL needs the address of a database in its credentials (database_url).")
    try:
        parts = urlsplit(text)
        scheme = parts.scheme.partition("+")[0]
        host, port = parts.hostname or "", parts.port or 5432
    except ValueError:
        scheme, host, port = "", "", 0
    if scheme not in ("postgres", "postgresql") or not host:
        raise ToolCredentialsRefused("The address in the credentials is none of PostgreSQL.", unsent=True)
    tls = parse_qs(parts.query).get("sslmode", ["prefer"])[-1]
    if tls not in _TLS:
        raise ToolCredentialsRefused(f"sslmode is one of {', '.join(_TLS)}.", unsent=True)
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return _Server(host, port, user, password, unquote(parts.path.lstrip("/")), tls)


class _Named(ssl.SSLContext):
    """Holds the certificate against the name that was asked for, where the connection goes to an address of it."""

    name = ""

    def wrap_bio(self, *arguments: Any, **options: Any) -> ssl.SSLObject:
        return super().wrap_bio(*arguments, **{**options, "server_hostname": self.name})


def _tls(server: _Server) -> Any:
    if not server.tls.startswith("verify"):
        return server.tls
    context = _Named(ssl.PROTOCOL_TLS_CLIENT)
    context.name = server.host
    context.check_hostname = server.tls == "verify-full" and not _is_address(server.host)
    context.load_default_certs()
    return context


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _asked_file(content: bytes, statement: str, most: int) -> _Rows:
    if not content.startswith(b"SQLite format 3\x00"):
        raise ToolInputInvalid("The file is no database of SQLite.", parameter="file")
    deadline = time.monotonic() + SECONDS
    connection = sqlite3.connect(":memory:", isolation_level=None)
    try:
        # A file in WAL mode (its bytes 18 and 19) cannot be opened in memory; read as it lies it is the same.
        connection.deserialize(content[:18] + b"\x01\x01" + content[20:])
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA cell_size_check = ON")
        connection.execute("PRAGMA query_only = ON")
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LARGEST_VALUE)
        connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        connection.set_authorizer(_only_reads)
        connection.set_progress_handler(lambda: time.monotonic() > deadline, 10_000)
        cursor = connection.execute(statement)
        rows = cursor.fetchmany(most + 1)
        return _Rows([each[0] for each in cursor.description or ()], rows[:most], more=len(rows) > most)
    except sqlite3.OperationalError as error:
        too_long = "interrupted" in str(error)
        message = f"The statement took more than {SECONDS:g} seconds." if too_long else f"SQLite refuses: {error}"
        raise ToolRefused(message[:300]) from None
    except (sqlite3.Error, sqlite3.Warning, ValueError, OverflowError) as error:
        raise ToolRefused(f"SQLite refuses: {str(error)[:300]}") from None
    finally:
        connection.close()


def _only_reads(action: int, _first: str | None, second: str | None, *_: str | None) -> int:
    if action in (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_RECURSIVE):
        return sqlite3.SQLITE_OK
    if action == sqlite3.SQLITE_FUNCTION and (second or "").lower() not in ("load_extension", "fts3_tokenizer"):
        return sqlite3.SQLITE_OK
    return sqlite3.SQLITE_DENY


def _told(call: ToolCall, found: _Rows) -> ToolResult:
    rows = [[_plain(cell) for cell in row] for row in found.rows]
    objects = [dict(zip(_distinct(found.names), row, strict=True)) for row in rows]
    text = _text(call.arguments["format"], found.names, rows, objects)
    result = {"columns": list(found.names), "rows": objects, "more": found.more}
    if found.status:
        result["status"] = found.status
    return ToolResult(text if found.names else found.status, json=[result], marks=frozenset({"retrieved"}))


def _distinct(names: Sequence[str]) -> list[str]:
    """Two columns of one name are told apart by a number."""
    taken: dict[str, int] = {}
    found = []
    for name in names:
        taken[name] = taken.get(name, 0) + 1
        found.append(name if taken[name] == 1 else f"{name}_{taken[name]}")
    return found


def _plain(cell: Any) -> Any:
    if cell is None or isinstance(cell, str | bool | int | float):
        return cell
    if isinstance(cell, bytes | memoryview):
        return base64.b64encode(bytes(cell)).decode("ascii")
    if isinstance(cell, list | tuple):
        return [_plain(each) for each in cell]
    return cell.isoformat() if hasattr(cell, "isoformat") else str(cell)


def _text(form: str, names: Sequence[str], rows: Sequence[Sequence[Any]], objects: Sequence[Any]) -> str:
    if form == "json":
        return json.dumps(objects, ensure_ascii=False)
    if form == "csv":
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerows([names, *rows])
        return out.getvalue()
    lines = [_line(names), "|" + " --- |" * len(names), *map(_line, rows)]
    return "\n".join(lines)


def _line(cells: Iterable[Any]) -> str:
    written = ("" if cell is None else str(cell).replace("|", "\\|").replace("\n", " ") for cell in cells)
    return f"| {' | '.join(written)} |"
