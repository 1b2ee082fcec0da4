"""What people ask of runs that another process advances, in SQL."""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection, and_, delete, insert, select

from loomwork.adapters.storage.sql import json_text
from loomwork.adapters.storage.sql.database import Database
from loomwork.adapters.storage.sql.tables import run_commands as commands
from loomwork.adapters.storage.sql.tables import runs
from loomwork.adapters.storage.sql.workspace_rows import missing, this, within
from loomwork.engine.commands import Answer, Cancel, Command, Pause, Resume
from loomwork.kernel.ids import RunId, WorkspaceId, new_id
from loomwork.kernel.scope import Scope

AT_ONCE = 1000
"""Commands that are looked at together; there are hardly ever any."""

KINDS: Mapping[str, type[Cancel | Pause | Resume]] = {"cancel": Cancel, "pause": Pause, "resume": Resume}


class SqlCommands:
    """Fits `apps.ports.Commands`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, scope: Scope, run_id: RunId, command: Command) -> None:
        kind, data = _written(command)
        row = {"workspace_id": scope.workspace_id, "id": new_id(), "run_id": run_id, "kind": kind, "data": data}

        def write(connection: Connection) -> None:
            if connection.execute(select(runs.c.id).where(this(runs, scope, run_id))).first() is None:
                raise missing("run", run_id)
            connection.execute(insert(commands), row)

        await self._database.of(scope).write(write)

    async def waiting(self) -> set[tuple[WorkspaceId, RunId]]:
        found = select(commands.c.workspace_id, commands.c.run_id).distinct().limit(AT_ONCE)
        return {(row["workspace_id"], row["run_id"]) for row in await self._database.everywhere.rows(found)}

    async def take(self, scope: Scope, run_id: RunId) -> Collection[Command]:
        mine = and_(within(commands, scope), commands.c.run_id == run_id)
        found = select(commands).where(mine).order_by(commands.c.id)
        if await self._database.of(scope).row(found.limit(1)) is None:
            return ()

        def write(connection: Connection) -> list[Command]:
            taken: list[Command] = []
            for row in connection.execute(found.with_for_update()).mappings().all():
                one = delete(commands).where(within(commands, scope), commands.c.id == row["id"])
                if connection.execute(one).rowcount:
                    taken.append(_read(row["kind"], json_text.decode(row["data"])))
            return taken

        return await self._database.of(scope).write(write)


def _written(command: Command) -> tuple[str, str]:
    if isinstance(command, Answer):
        frame = [list(step) for step in command.frame]
        given = {"node_id": command.node_id, "frame": frame, "action": command.action, "values": command.values}
        return "answer", json_text.encode(given)
    return type(command).__name__.lower(), json_text.encode({"by": command.by})


def _read(kind: str, data: Mapping[str, Any]) -> Command:
    if kind != "answer":
        return KINDS[kind](data["by"])
    frame = tuple((str(container), int(index)) for container, index in data["frame"])
    return Answer(data["node_id"], frame, data["action"], data["values"])
