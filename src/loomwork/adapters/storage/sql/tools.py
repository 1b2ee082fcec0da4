"""What workspaces say of tools, in SQL: what is switched off, the credentials, and the calls in the audit trail.

Credentials lie among those of model providers, under `tool:` and the toolset's id, so that one way of sealing them,
and of rotating their keys, serves both.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from loomwork.adapters.storage.sql.audit_rows import record
from loomwork.adapters.storage.sql.credentials import SqlCredentialStore
from loomwork.adapters.storage.sql.database import Database
from loomwork.adapters.storage.sql.tables import tool_switches as switches
from loomwork.adapters.storage.sql.workspace_rows import within
from loomwork.kernel.clock import Clock
from loomwork.kernel.errors import NotFound
from loomwork.kernel.ids import new_id
from loomwork.kernel.scope import Scope
from loomwork.model_gateway.ports import CredentialRow as ProviderRow
from loomwork.tools.ports import CallRecord, CredentialRow, StoredCredential

MARK = "tool:"
"""How the providers begin that are toolsets. No provider of models is called so."""


class SqlSwitchStore:
    """Fits `tools.ports.SwitchStore`. A row says that something is off."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def off(self, scope: Scope) -> frozenset[str]:
        statement = select(switches.c.name).where(within(switches, scope))
        return frozenset(row["name"] for row in await self._database.of(scope).rows(statement))

    async def switch(self, scope: Scope, name: str, *, on: bool) -> None:
        mine = (within(switches, scope), switches.c.name == name)

        def write(connection: Connection) -> None:
            removed = connection.execute(delete(switches).where(*mine)).rowcount
            if not on:
                row = {"workspace_id": scope.workspace_id, "id": new_id(), "name": name}
                connection.execute(insert(switches), row)
            if bool(removed) is on:
                action = "tool.enabled" if on else "tool.disabled"
                record(connection, scope, action, "tool", name, at=self._clock.now())

        await self._database.of(scope).write(write)


class SqlToolCredentialStore:
    """Fits `tools.ports.ToolCredentialStore`."""

    def __init__(self, credentials: SqlCredentialStore) -> None:
        self._credentials = credentials

    async def put(self, scope: Scope, row: CredentialRow, values: Mapping[str, str]) -> None:
        provider = _provider_row(row)
        if row.id in {each.id for each in await self.listed(scope)}:
            await self._credentials.change(scope, provider, values)
        else:
            await self._credentials.add(scope, provider, values)

    async def remove(self, scope: Scope, credential_id: str) -> None:
        if credential_id not in {each.id for each in await self.listed(scope)}:
            raise NotFound.of("credential", credential_id)
        await self._credentials.remove(scope, credential_id)

    async def listed(self, scope: Scope) -> Sequence[CredentialRow]:
        rows = [row for row in await self._credentials.listed(scope) if row.provider.startswith(MARK)]
        shown = [
            CredentialRow(row.id, row.provider.removeprefix(MARK), row.name, row.hint, row.created_at, row.updated_at)
            for row in rows
        ]
        return sorted(shown, key=lambda row: (row.created_at, row.id))

    async def usable(self, scope: Scope, toolset: str) -> Sequence[StoredCredential]:
        names = {row.id: row.name for row in await self.listed(scope)}
        opened = await self._credentials.usable(scope, MARK + toolset)
        return [StoredCredential(each.id, names.get(each.id, ""), each.values) for each in opened]


class SqlCallTrail:
    """Fits `tools.ports.CallTrail`: a call is an entry of the audit trail."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def called(self, scope: Scope, call: CallRecord) -> None:
        def write(connection: Connection) -> None:
            record(connection, scope, "tool.called", "tool", call.tool, _details(call), at=self._clock.now())

        await self._database.of(scope).write(write)


def _details(call: CallRecord) -> dict[str, Any]:
    caller = call.caller
    about = {"run_id": caller.run_id, "app_id": caller.app_id, "node_id": caller.node_id, "key": call.key or None}
    said = {"effect": call.effect, "outcome": call.outcome, "tries": call.tries, "elapsed_ms": call.elapsed_ms}
    marks = {"marks": sorted(caller.marks)} if caller.marks else {}
    return {**said, **{name: value for name, value in about.items() if value is not None}, **marks}


def _provider_row(row: CredentialRow) -> ProviderRow:
    return ProviderRow(
        id=row.id,
        provider=MARK + row.toolset,
        name=row.name,
        endpoint=None,
        weight=1,
        enabled=True,
        hint=row.hint,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
