"""Credentials of model providers in SQL: what is listed in columns, the values sealed.

The values are sealed for the workspace, the table, the row, the provider and the address that they were given for: a
row that is moved, or whose address is changed in the database, does not open.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from loomwork.adapters.sealing.keyring import CannotOpen, Keyring, Place, WrappedKey, new_data_key, seal, unseal
from loomwork.adapters.storage.sql.audit_rows import record
from loomwork.adapters.storage.sql.database import Database
from loomwork.adapters.storage.sql.tables import model_credentials as credentials
from loomwork.adapters.storage.sql.tables import workspace_keys as keys
from loomwork.adapters.storage.sql.workspace_rows import missing, refusing, this, within
from loomwork.kernel.clock import Clock
from loomwork.kernel.errors import InvalidInput
from loomwork.kernel.ids import new_id
from loomwork.kernel.scope import SYSTEM, Scope
from loomwork.model_gateway.domain.connection import StoredCredential
from loomwork.model_gateway.ports import CredentialRow

log = logging.getLogger(__name__)

_SAME_NAME = (
    "id",
    "provider",
    "name",
    "endpoint",
    "weight",
    "enabled",
    "hint",
    "created_at",
    "updated_at",
    "verified_at",
)
_LISTED = [credentials.c[name] for name in _SAME_NAME]


class SqlCredentialStore:
    """Fits `model_gateway.ports.CredentialStore`."""

    def __init__(self, database: Database, keyring: Keyring, clock: Clock) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock
        self._opened: dict[tuple[str, str], bytes] = {}
        self._told: set[str] = set()

    async def add(self, scope: Scope, row: CredentialRow, values: Mapping[str, str]) -> None:
        def write(connection: Connection) -> None:
            sealed = self._sealed(connection, scope, row, values)
            with refusing(_taken(row), name=row.name):
                connection.execute(
                    insert(credentials), {"workspace_id": scope.workspace_id, **_listed_values(row), **sealed}
                )
            self._record(connection, scope, "credential.added", row)

        await self._database.of(scope).write(write)

    async def change(self, scope: Scope, row: CredentialRow, values: Mapping[str, str] | None) -> None:
        """Raises `InvalidInput` for another provider, or another address without new values."""

        def write(connection: Connection) -> None:
            found = select(*_LISTED).where(this(credentials, scope, row.id)).with_for_update()
            there = connection.execute(found).mappings().first()
            if there is None:
                raise missing("credential", row.id)
            _check_stays(there, row, values)
            sealed = self._sealed(connection, scope, row, values) if values is not None else {}
            change = update(credentials).where(this(credentials, scope, row.id))
            with refusing(_taken(row), name=row.name):
                connection.execute(change.values(**_listed_values(row), **sealed))
            self._record(connection, scope, "credential.changed", row, new_values=values is not None)

        await self._database.of(scope).write(write)

    async def remove(self, scope: Scope, credential_id: str) -> None:
        removal = delete(credentials).where(this(credentials, scope, credential_id))

        def write(connection: Connection) -> None:
            if not connection.execute(removal).rowcount:
                raise missing("credential", credential_id)
            record(connection, scope, "credential.removed", "credential", credential_id, at=self._clock.now())

        await self._database.of(scope).write(write)

    async def listed(self, scope: Scope, provider: str | None = None) -> Sequence[CredentialRow]:
        statement = select(*_LISTED).where(within(credentials, scope))
        if provider is not None:
            statement = statement.where(credentials.c.provider == provider)
        order = (credentials.c.provider, credentials.c.created_at, credentials.c.id)
        return [CredentialRow(**row) for row in await self._database.of(scope).rows(statement.order_by(*order))]

    async def usable(self, scope: Scope, provider: str) -> Sequence[StoredCredential]:
        mine = (keys.c.workspace_id == credentials.c.workspace_id) & (keys.c.id == credentials.c.key_id)
        statement = select(*_LISTED, credentials.c.key_id, credentials.c.sealed, keys.c.wrapped_by, keys.c.wrapped)
        statement = statement.join(keys, mine).where(within(credentials, scope), credentials.c.provider == provider)
        statement = statement.where(credentials.c.enabled.is_(True))
        rows = await self._database.of(scope).rows(statement.order_by(credentials.c.created_at, credentials.c.id))
        opened = [self._credential(scope, row) for row in rows]
        return [credential for credential in opened if credential is not None]

    async def rewrap(self, scope: Scope) -> int:
        """Have the keyring's first key wrap what older ones have wrapped; how many data keys that were. What no key of
        the ring opens is left as it is.
        """

        def write(connection: Connection) -> int:
            older = select(keys).where(within(keys, scope), keys.c.wrapped_by != self._keyring.current)
            rows = connection.execute(older.with_for_update()).mappings().all()
            return sum(self._rewrapped(connection, scope, row) for row in rows)

        return await self._database.of(scope).write(write)

    async def rewrap_all(self) -> int:
        """As `rewrap`, for every workspace: after it, older keys have nothing left to open."""
        return sum([await self.rewrap(scope) for scope in await self._with_keys()])

    async def rotate(self, scope: Scope) -> int:
        """Seal everything that the workspace has sealed anew, with a data key made for it; how many credentials that
        were. Data keys that seal nothing any more are gone, so an older copy of one opens nothing that is sealed here.
        What cannot be opened stays as it is.
        """

        def write(connection: Connection) -> int:
            found = select(credentials).where(within(credentials, scope)).order_by(credentials.c.id)
            rows = connection.execute(found.with_for_update()).mappings().all()
            data_keys = self._openable(connection, scope)
            new_key = self._made_key(connection, scope)
            count = sum(self._resealed(connection, scope, row, data_keys, new_key) for row in rows)
            self._drop_unused(connection, scope, new_key[0])
            details = {"credentials": count}
            record(connection, scope, "secrets.rotated", "workspace", scope.workspace_id, details, at=self._clock.now())
            return count

        return await self._database.of(scope).write(write)

    async def rotate_all(self) -> int:
        """As `rotate`, for every workspace that has something sealed."""
        return sum([await self.rotate(scope) for scope in await self._with_keys()])

    async def _with_keys(self) -> list[Scope]:
        """Every workspace that has a data key."""
        found = select(keys.c.workspace_id).distinct().order_by(keys.c.workspace_id)
        return [Scope(row["workspace_id"], SYSTEM) for row in await self._database.everywhere.rows(found)]

    def _openable(self, connection: Connection, scope: Scope) -> dict[str, bytes]:
        opened = {}
        for row in connection.execute(select(keys).where(within(keys, scope))).mappings():
            with suppress(CannotOpen):
                opened[row["id"]] = self._data_key(scope, row["id"], WrappedKey(row["wrapped_by"], row["wrapped"]))
        return opened

    def _resealed(
        self,
        connection: Connection,
        scope: Scope,
        row: RowMapping,
        data_keys: Mapping[str, bytes],
        new_key: tuple[str, bytes],
    ) -> bool:
        key_id, data_key = new_key
        about = (row["id"], row["provider"], row["endpoint"])
        try:
            content = unseal(data_keys[row["key_id"]], row["sealed"], _place(scope, row["key_id"], *about))
        except (CannotOpen, KeyError):
            log.warning("The credential %s stays as it is: it cannot be opened. Enter it again.", row["id"])
            return False
        change = update(credentials).where(this(credentials, scope, row["id"]))
        sealed = seal(data_key, content, _place(scope, key_id, *about))
        connection.execute(change.values(key_id=key_id, sealed=sealed))
        return True

    def _drop_unused(self, connection: Connection, scope: Scope, but: str) -> None:
        used = select(credentials.c.key_id).where(within(credentials, scope))
        connection.execute(delete(keys).where(within(keys, scope), keys.c.id != but, keys.c.id.not_in(used)))

    def _record(self, connection: Connection, scope: Scope, action: str, row: CredentialRow, **details: bool) -> None:
        said = {"provider": row.provider, "name": row.name, "enabled": row.enabled, **details}
        record(connection, scope, action, "credential", row.id, said, at=self._clock.now())

    def _rewrapped(self, connection: Connection, scope: Scope, row: RowMapping) -> bool:
        place = _key_place(scope, row["id"])
        try:
            data_key = self._keyring.unwrap(WrappedKey(row["wrapped_by"], row["wrapped"]), place)
        except CannotOpen as problem:
            log.warning("The data key %s stays as it is: %s.", row["id"], problem)
            return False
        wrapped = self._keyring.wrap(data_key, place)
        change = update(keys).where(this(keys, scope, row["id"]))
        connection.execute(change.values(wrapped_by=wrapped.by, wrapped=wrapped.sealed))
        return True

    def _sealed(
        self, connection: Connection, scope: Scope, row: CredentialRow, values: Mapping[str, str]
    ) -> dict[str, Any]:
        key_id, data_key = self._newest_key(connection, scope) or self._made_key(connection, scope)
        place = _place(scope, key_id, row.id, row.provider, row.endpoint)
        return {"key_id": key_id, "sealed": seal(data_key, json.dumps(dict(values)).encode(), place)}

    def _newest_key(self, connection: Connection, scope: Scope) -> tuple[str, bytes] | None:
        """The newest one that can be opened: where the secret key was lost, a new data key goes on."""
        statement = select(keys).where(within(keys, scope)).order_by(keys.c.id.desc())
        for row in connection.execute(statement).mappings():
            try:
                return row["id"], self._data_key(scope, row["id"], WrappedKey(row["wrapped_by"], row["wrapped"]))
            except CannotOpen:
                continue
        return None

    def _made_key(self, connection: Connection, scope: Scope) -> tuple[str, bytes]:
        key_id, data_key = new_id(), new_data_key()
        wrapped = self._keyring.wrap(data_key, _key_place(scope, key_id))
        row = {"id": key_id, "wrapped_by": wrapped.by, "wrapped": wrapped.sealed, "created_at": self._clock.now()}
        connection.execute(insert(keys), {"workspace_id": scope.workspace_id, **row})
        return key_id, data_key

    def _credential(self, scope: Scope, row: RowMapping) -> StoredCredential | None:
        place = _place(scope, row["key_id"], row["id"], row["provider"], row["endpoint"])
        try:
            data_key = self._data_key(scope, row["key_id"], WrappedKey(row["wrapped_by"], row["wrapped"]))
            values = json.loads(unseal(data_key, row["sealed"], place))
        except CannotOpen as problem:
            self._tell_once(row["id"], str(problem))
            return None
        return StoredCredential(row["id"], row["endpoint"], values, row["weight"])

    def _data_key(self, scope: Scope, key_id: str, wrapped: WrappedKey) -> bytes:
        """Raises `CannotOpen`. Kept once it was opened: every call of a model needs it."""
        known = self._opened.get((scope.workspace_id, key_id))
        if known is None:
            known = self._opened[scope.workspace_id, key_id] = self._keyring.unwrap(wrapped, _key_place(scope, key_id))
        return known

    def _tell_once(self, credential_id: str, problem: str) -> None:
        if credential_id not in self._told:
            self._told.add(credential_id)
            log.warning("The credential %s cannot be used: %s. Enter it again.", credential_id, problem)


def _check_stays(there: RowMapping, row: CredentialRow, values: Mapping[str, str] | None) -> None:
    if there["provider"] != row.provider:
        raise InvalidInput("A credential stays with its provider.", id=row.id)
    if values is None and there["endpoint"] != row.endpoint:
        raise InvalidInput("For another address, the values have to be given again.", id=row.id)


def _taken(row: CredentialRow) -> str:
    return f"{row.provider} has a credential named {row.name!r} already."


def _listed_values(row: CredentialRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _SAME_NAME}


def _place(scope: Scope, key_id: str, row_id: str, provider: str, endpoint: str | None) -> Place:
    return (scope.workspace_id, credentials.name, key_id, row_id, provider, endpoint)


def _key_place(scope: Scope, key_id: str) -> Place:
    return (scope.workspace_id, keys.name, key_id)
