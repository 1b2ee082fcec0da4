"""Writing the audit trail: one row for a change, in the transaction of the change."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from loomwork.adapters.storage.sql.column_types import words
from loomwork.adapters.storage.sql.tables import audit_entries as entries
from loomwork.adapters.storage.sql.tables import workspaces
from loomwork.adapters.storage.sql.workspace_rows import missing, within
from loomwork.kernel.ids import new_id
from loomwork.kernel.scope import Origin, Scope
from loomwork.tenancy.domain.audit import AuditEntry, Link, details_text, is_action, sealed

_NOWHERE = Origin("system")


def record(
    connection: Connection,
    scope: Scope,
    action: str,
    object_kind: str,
    object_id: str,
    details: Mapping[str, Any] | None = None,
    *,
    at: datetime,
) -> None:
    """Write down that the scope's actor did this to that. To be called by a store's work that changes the object, after
    its change: until the transaction ends, no other can add to the trail of this workspace. Details name what changed,
    in values that may be read by everyone who may read the trail: never a secret, nothing an end user has written.

    An action is `noun.past_participle` (`app.published`). Raises `ValueError` for another form, and `NotFound` for a
    workspace that does not exist.
    """
    if not is_action(action):
        raise ValueError(f"{action!r} is no action; write it like app.published")
    _keep_others_out(connection, scope)
    link, origin = newest(connection, scope), scope.origin or _NOWHERE
    entry = AuditEntry(
        id=new_id(),
        number=link.number + 1,
        at=at,
        actor_kind=scope.actor.kind,
        actor_id=words(scope.actor.id),
        via=words(origin.via),
        address=words(origin.address),
        action=action,
        object_kind=object_kind,
        object_id=words(object_id),
        details=words(details_text(details or {})),
        previous=link.seal,
    )
    entry = replace(entry, seal=sealed(scope.workspace_id, entry))
    connection.execute(insert(entries), {"workspace_id": scope.workspace_id, **asdict(entry)})


def newest(connection: Connection, scope: Scope) -> Link:
    """The end of the workspace's chain."""
    statement = select(entries.c.number, entries.c.seal).where(within(entries, scope))
    row = connection.execute(statement.order_by(entries.c.number.desc()).limit(1)).first()
    return Link() if row is None else Link(row.number, row.seal)


def _keep_others_out(connection: Connection, scope: Scope) -> None:
    """The lock that lets rows that point at the workspace be added meanwhile. SQLite has one writer."""
    ours = select(workspaces.c.id).where(workspaces.c.id == scope.workspace_id)
    if connection.execute(ours.with_for_update(key_share=True)).first() is None:
        raise missing("workspace", scope.workspace_id)
