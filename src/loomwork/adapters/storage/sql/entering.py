"""Connections to PostgreSQL that enter a workspace, as its row security asks (`row_security`)."""

import logging
import re
from typing import Any

import asyncpg

from loomwork.adapters.storage.sql.reach import EVERYWHERE, Reach, WorkspaceBreach
from loomwork.adapters.storage.sql.row_security import INSTALLATION, REACH, ROLE, WORKSPACE

log = logging.getLogger(__name__)

_PLAIN_ID = re.compile(r"[A-Za-z0-9_.:-]{1,200}")


class EnteringConnection(asyncpg.Connection):  # type: ignore[misc]  # asyncpg comes without types
    """A connection that enters a workspace in the same message that begins a transaction, which costs no time."""

    _enter = ""

    def enters(self, reach: Reach) -> None:
        """The next transaction's reach. Raises `WorkspaceBreach` for an id that is no id."""
        self._enter = _entering(reach)

    async def execute(self, query: str, *args: Any, **options: Any) -> str:
        """As asyncpg does it; it begins its transactions by this, in the simple protocol."""
        if not args and query.startswith("BEGIN"):
            query += self._enter
        return str(await super().execute(query, *args, **options))


def _entering(reach: Reach) -> str:
    if reach is EVERYWHERE:
        return f" SET LOCAL {REACH} = '{INSTALLATION}';"
    if reach.workspace_id is None:
        return ""
    if not _PLAIN_ID.fullmatch(reach.workspace_id):
        raise WorkspaceBreach("A workspace has an id that no workspace is given.")
    return f" SET LOCAL {WORKSPACE} = '{reach.workspace_id}';"


async def step_down(connection: EnteringConnection) -> None:
    """Work as the role that owns nothing. Where the database has no such role, whoever the URL names goes on: the
    rules bind its owner too. Whom no rule binds is told of.
    """
    try:
        await connection.execute(f"SET ROLE {ROLE}")
    except (asyncpg.InvalidParameterValueError, asyncpg.InsufficientPrivilegeError):
        unbound = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
        if await connection.fetchval(unbound):
            log.warning(
                "PostgreSQL's row security does not bind this database user, and the role %s cannot be used. Let the "
                "user create roles and start anew, or name a user in LOOMWORK_DATABASE_URL that it binds.",
                ROLE,
            )
