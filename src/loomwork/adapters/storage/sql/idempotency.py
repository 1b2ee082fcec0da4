"""Answers remembered by `Idempotency-Key`, in SQL."""

from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from loomwork.adapters.storage.sql.database import Database
from loomwork.adapters.storage.sql.tables import idempotency_keys as keys
from loomwork.adapters.storage.sql.workspace_rows import within
from loomwork.kernel.clock import Clock
from loomwork.kernel.ids import new_id
from loomwork.kernel.scope import Scope
from loomwork.tenancy.api import IdempotencyConflict, StoredAnswer

KEPT = timedelta(hours=24)
CLAIM_LIFE = timedelta(minutes=15)


class SqlIdempotencyStore:
    """Fits `tenancy.api.IdempotencyStore`. Each claim also clears away what is too old."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def claim(self, scope: Scope, operation: str, key: str, fingerprint: str) -> StoredAnswer | None:
        def write(connection: Connection) -> RowMapping | None:
            connection.execute(delete(keys).where(within(keys, scope), self._over()))
            found = connection.execute(select(keys).where(_this(scope, operation, key))).mappings().first()
            if found is None:
                connection.execute(insert(keys), self._row(scope, operation, key, fingerprint))
            return found

        try:
            found = await self._database.of(scope).write(write)
        except IntegrityError:
            # Another's claim came between the look and the insert: now it can be seen.
            found = await self._database.of(scope).write(write)
        if found is None:
            return None
        if found["fingerprint"] != fingerprint:
            raise IdempotencyConflict(
                "This Idempotency-Key came with another body before; a new request needs a new key."
            )
        if found["status"] is None:
            raise IdempotencyConflict("The first request with this Idempotency-Key is not answered yet; ask again.")
        return StoredAnswer(found["status"], found["content_type"], found["body"])

    async def store(self, scope: Scope, operation: str, key: str, answer: StoredAnswer) -> None:
        change = update(keys).where(_this(scope, operation, key))
        given = {"status": answer.status, "content_type": answer.content_type, "body": answer.body}
        await self._database.of(scope).change(change.values(**given))

    async def release(self, scope: Scope, operation: str, key: str) -> None:
        await self._database.of(scope).change(delete(keys).where(_this(scope, operation, key), keys.c.status.is_(None)))

    def _over(self) -> ColumnElement[bool]:
        now = self._clock.now()
        abandoned = and_(keys.c.status.is_(None), keys.c.created_at <= now - CLAIM_LIFE)
        return or_(keys.c.created_at <= now - KEPT, abandoned)

    def _row(self, scope: Scope, operation: str, key: str, fingerprint: str) -> dict[str, Any]:
        return {
            "workspace_id": scope.workspace_id,
            "id": new_id(),
            "actor": _actor(scope),
            "operation": operation,
            "key": key,
            "fingerprint": fingerprint,
            "created_at": self._clock.now(),
        }


def _this(scope: Scope, operation: str, key: str) -> ColumnElement[bool]:
    mine = and_(within(keys, scope), keys.c.actor == _actor(scope))
    return and_(mine, keys.c.operation == operation, keys.c.key == key)


def _actor(scope: Scope) -> str:
    # One app's key must never be given what another app's key was answered.
    return f"{scope.actor.kind}:{scope.actor.id}"
