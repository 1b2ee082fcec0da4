"""A server of MCP becomes tools: asked what it offers, shown to whoever adds it, and held to what they approved."""

import contextlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from loomwork.kernel.clock import Clock
from loomwork.kernel.errors import Conflict, InvalidInput, NotFound
from loomwork.kernel.ids import new_id
from loomwork.kernel.scope import Scope
from loomwork.tools.api import McpGiven, McpInfo, McpOffer
from loomwork.tools.application.server_access import ServerAccess
from loomwork.tools.domain.credentials import checked_values
from loomwork.tools.domain.errors import ToolFailed, ToolServerUnusable
from loomwork.tools.domain.imported_api import slug_of
from loomwork.tools.domain.mcp_server import (
    KIND,
    McpSettings,
    Offer,
    Offers,
    approving,
    checked,
    checked_redirect,
    checked_url,
    fields_of,
    headers_of,
    standing,
)
from loomwork.tools.ports import McpAuthorizer, McpReader, McpRow, McpStore

LONGEST_LABEL = 100


@dataclass(frozen=True, slots=True)
class _Draft:
    """What would be kept. `values` are to be stored; `drops`: what is stored was given for another address."""

    row: McpRow
    values: Mapping[str, str]
    drops: bool = False


class AddedServers:
    """Implements `McpServers`."""

    def __init__(
        self, store: McpStore, access: ServerAccess, reader: McpReader, authorizer: McpAuthorizer, clock: Clock
    ) -> None:
        self._store = store
        self._access = access
        self._reader = reader
        self._authorizer = authorizer
        self._clock = clock

    async def preview(self, scope: Scope, given: McpGiven) -> McpInfo:
        """See `McpServers.preview`."""
        return info_of((await self._new(scope, given)).row)

    async def add(self, scope: Scope, given: McpGiven) -> McpInfo:
        """See `McpServers.add`."""
        return await self._kept(scope, await self._new(scope, given))

    async def change(self, scope: Scope, name: str, given: McpGiven) -> McpInfo:
        """See `McpServers.change`."""
        there = await self._row(scope, name)
        if given.name is not None and _slug(given.name) != there.slug:
            raise InvalidInput("A server keeps its name; add it again under the other one.", field="name")
        url = checked_url(given.url) if given.url is not None else there.url
        moves, settings = url != there.url, _said(given, there.settings)
        checked(settings, there.offers, new_effects=False)
        values = _values(there.label, settings, given)
        offers = there.offers
        if moves or values or _lock(settings) != _lock(there.settings):
            known = values or ({} if moves else await self._known(scope, there))
            offers = Offers() if settings.auth == "oauth" else await self._offers(url, there.label, settings, known)
        if moves:
            settings = settings.model_copy(update={"approved": {}})
        settings = checked(settings, offers, new_effects=given.effects is not None)
        label = (given.name or there.label).strip()[:LONGEST_LABEL]
        row = self._changed(replace(there, url=url, label=label, offers=offers, settings=settings))
        return await self._kept(scope, _Draft(row, values, drops=moves))

    async def refresh(self, scope: Scope, name: str) -> McpInfo:
        """See `McpServers.refresh`."""
        there = await self._row(scope, name)
        known = await self._known(scope, there)
        offers = await self._offers(there.url, there.label, there.settings, known)
        settings = checked(there.settings, offers, new_effects=False)
        return await self._kept(scope, _Draft(self._changed(replace(there, offers=offers, settings=settings)), {}))

    async def approve(self, scope: Scope, name: str, tools: Collection[str] | None = None) -> McpInfo:
        """See `McpServers.approve`."""
        there = await self._row(scope, name)
        row = replace(there, settings=approving(there.settings, there.offers, tools), state=new_id())
        await self._store.put(scope, row, drop_credentials=False)
        return info_of(row)

    async def authorize(self, scope: Scope, name: str, redirect_url: str) -> str:
        """See `McpServers.authorize`."""
        there = _signed_in_to(await self._row(scope, name))
        back, kept = checked_redirect(redirect_url), await self._access.stored(scope, there.slug)
        with _ours():
            url, values = await self._authorizer.begin(there.url, there.label, back, kept)
        await self._access.keep(scope, there, values)
        return url

    async def finish(self, scope: Scope, name: str, answer: Mapping[str, str]) -> McpInfo:
        """See `McpServers.finish`."""
        there = _signed_in_to(await self._row(scope, name))
        with _ours():
            values = await self._authorizer.finish(there.label, answer, await self._access.stored(scope, there.slug))
        await self._access.keep(scope, there, values)
        return await self.refresh(scope, there.slug)

    async def all(self, scope: Scope) -> Sequence[McpInfo]:
        """See `McpServers.all`."""
        rows = [await self._store.find(scope, slug) for slug in sorted(await self._store.states(scope))]
        return [info_of(row) for row in rows if row is not None]

    async def get(self, scope: Scope, name: str) -> McpInfo:
        """See `McpServers.get`."""
        return info_of(await self._row(scope, name))

    async def remove(self, scope: Scope, name: str) -> None:
        """See `McpServers.remove`."""
        await self._store.remove(scope, (await self._row(scope, name)).slug)

    async def _new(self, scope: Scope, given: McpGiven) -> _Draft:
        if given.url is None:
            raise InvalidInput("Give the address of the server's endpoint.", field="url")
        url = checked_url(given.url)
        label = (given.name or _host(url)).strip()[:LONGEST_LABEL]
        slug = _slug(label)
        if await self._store.find(scope, slug) is not None:
            raise Conflict(f"There is a server {slug!r} already.", name=slug)
        # What can be wrong without it is told before the server is asked.
        settings = checked(_said(given, McpSettings()), Offers(), new_effects=False)
        values = _values(label, settings, given)
        # What one signs in to first says nothing before.
        offers = Offers() if settings.auth == "oauth" else await self._offers(url, label, settings, values)
        said = approving(settings, offers).model_copy(update={"effects": dict(given.effects or {})})
        now = self._clock.now()
        kept = checked(said, offers, new_effects=True)
        return _Draft(McpRow(new_id(), slug, label, url, offers, kept, new_id(), now, now), values)

    async def _offers(self, url: str, label: str, settings: McpSettings, values: Mapping[str, str]) -> Offers:
        """Raises `ToolServerUnusable`."""
        with _ours():
            return await self._reader.read(url, label, headers_of(settings, values), settings.timeout)

    async def _kept(self, scope: Scope, draft: _Draft) -> McpInfo:
        row = draft.row
        await self._store.put(scope, row, drop_credentials=draft.drops)
        if draft.values:
            await self._access.keep(scope, row, draft.values)
        return info_of(row, dropped=draft.drops)

    async def _known(self, scope: Scope, row: McpRow) -> Mapping[str, str]:
        """What lets in."""
        with _ours():
            return await self._access.values(scope, row)

    async def _row(self, scope: Scope, name: str) -> McpRow:
        found = await self._store.find(scope, name.removeprefix(f"{KIND}."))
        if found is None:
            raise NotFound(f"There is no server {name[:80]!r} in this workspace.", name=name[:80])
        return found

    def _changed(self, row: McpRow) -> McpRow:
        return replace(row, state=new_id(), updated_at=self._clock.now())


def _said(given: McpGiven, before: McpSettings) -> McpSettings:
    said: dict[str, Any] = {
        "auth": given.auth,
        "header": given.header,
        "effects": None if given.effects is None else dict(given.effects),
        "timeout": given.timeout,
    }
    return before.model_copy(update={name: value for name, value in said.items() if value is not None})


@contextlib.contextmanager
def _ours() -> Iterator[None]:
    """It is not our failure, and what was said of the server may be what is wrong."""
    try:
        yield
    except ToolFailed as failure:
        raise ToolServerUnusable(failure.message, reason=failure.details.get("reason", failure.code)) from failure


def _signed_in_to(row: McpRow) -> McpRow:
    if row.settings.auth != "oauth":
        raise InvalidInput(f"Nobody signs in to {row.label}; say that it lets in by oauth first.", field="auth")
    return row


def _lock(settings: McpSettings) -> tuple[str, str]:
    return settings.auth, settings.header


def _values(label: str, settings: McpSettings, given: McpGiven) -> Mapping[str, str]:
    return checked_values(label, fields_of(settings), given.values) if given.values else {}


def _slug(name: str) -> str:
    slug = slug_of(name)
    if not slug:
        raise InvalidInput("A server needs a name with letters from a to z, or digits.", field="name")
    return slug


def _host(url: str) -> str:
    return url.partition("://")[2].partition("/")[0]


def info_of(row: McpRow, *, dropped: bool = False) -> McpInfo:
    """What is told of a server."""
    settings = row.settings
    return McpInfo(
        id=f"{KIND}.{row.slug}",
        name=row.slug,
        label=row.label,
        url=row.url,
        auth=settings.auth,
        header=settings.header,
        timeout=settings.timeout,
        tools=[_offer(each, settings) for each in row.offers.tools],
        listed_at=row.updated_at,
        problems=row.offers.problems,
        credential_fields=fields_of(settings),
        credentials_dropped=dropped,
    )


def _offer(offer: Offer, settings: McpSettings) -> McpOffer:
    return McpOffer(
        name=offer.safe_name,
        server_name=offer.name,
        title=offer.title,
        description=offer.description,
        input_schema=offer.input_schema,
        effect=settings.effects.get(offer.safe_name, "write"),
        standing=standing(offer, settings.approved),
        claims=offer.hints,
    )
