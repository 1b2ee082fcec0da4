"""What lets in to a workspace's servers of MCP: kept sealed, and had anew where it does not last."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from weakref import WeakValueDictionary

from loomwork.kernel.clock import Clock
from loomwork.kernel.ids import new_id
from loomwork.kernel.scope import Scope
from loomwork.tools.domain.credentials import hint_of
from loomwork.tools.domain.errors import ToolCredentialsRefused
from loomwork.tools.domain.mcp_server import KIND, fields_of
from loomwork.tools.ports import CredentialRow, McpAuthorizer, McpRow, ToolCredentialStore

NAME = "default"
"""What the one credential is called that is kept here for a server."""


class ServerAccess:
    """Everything that lets in is had here."""

    def __init__(self, credentials: ToolCredentialStore, authorizer: McpAuthorizer, clock: Clock) -> None:
        self._credentials = credentials
        self._authorizer = authorizer
        self._clock = clock
        self._turns: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    async def stored(self, scope: Scope, slug: str) -> Mapping[str, str]:
        """As it is kept; the oldest of it where there are several."""
        usable = await self._credentials.usable(scope, f"{KIND}.{slug}")
        return usable[0].values if usable else {}

    async def values(self, scope: Scope, row: McpRow) -> Mapping[str, str]:
        """What lets in now. Raises `ToolFailed`."""
        if row.settings.auth != "oauth":
            return await self.stored(scope, row.slug)
        # A token may be good for one renewal only: of two who come at once, the second takes what the first has got.
        async with self._turns.setdefault((str(scope.workspace_id), row.slug), asyncio.Lock()):
            return await self._renewed(scope, row)

    async def keep(self, scope: Scope, row: McpRow, values: Mapping[str, str]) -> None:
        """In the place of what was kept."""
        toolset, now = f"{KIND}.{row.slug}", self._clock.now()
        listed = await self._credentials.listed(scope)
        there = next((each for each in listed if (each.toolset, each.name) == (toolset, NAME)), None)
        made = CredentialRow(new_id(), toolset, NAME, hint_of(fields_of(row.settings), values), now, now)
        if there is not None:
            made = replace(made, id=there.id, created_at=there.created_at)
        await self._credentials.put(scope, made, values)

    async def _renewed(self, scope: Scope, row: McpRow) -> Mapping[str, str]:
        kept = await self.stored(scope, row.slug)
        try:
            new = await self._authorizer.fresh(row.label, kept)
        except ToolCredentialsRefused:
            # Another process may have been first.
            since = await self.stored(scope, row.slug)
            if since == kept:
                raise
            return since
        if new is None:
            return kept
        await self.keep(scope, row, new)
        return new
