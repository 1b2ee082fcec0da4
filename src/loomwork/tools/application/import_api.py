"""A company's own API becomes tools: its document is read, and what is said of it beside is kept with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from loomwork.kernel.clock import Clock
from loomwork.kernel.errors import InvalidInput, NotFound
from loomwork.kernel.ids import new_id
from loomwork.kernel.scope import Scope
from loomwork.tools.api import ApiImport, ApiInfo, ApiOperation
from loomwork.tools.domain.api_definition import ApiDefinition, ApiSettings
from loomwork.tools.domain.imported_api import (
    KIND,
    addresses_of,
    auth_of,
    card_of,
    checked,
    locks_of,
    server_of,
    slug_of,
    toolset_id,
)
from loomwork.tools.ports import ApiReader, ApiRow, ApiStore

LONGEST_LABEL = 100


@dataclass(frozen=True, slots=True)
class _Draft:
    """What would be kept, and what is there now."""

    row: ApiRow
    there: ApiRow | None

    @property
    def drops(self) -> bool:
        """Whether an address would be told what was stored for another."""
        if self.there is None:
            return False
        before = addresses_of(self.there.definition, self.there.settings)
        return not addresses_of(self.row.definition, self.row.settings) <= before


class ImportedApis:
    """Implements `Apis`."""

    def __init__(self, store: ApiStore, reader: ApiReader, clock: Clock) -> None:
        self._store = store
        self._reader = reader
        self._clock = clock

    async def preview(self, scope: Scope, given: ApiImport) -> ApiInfo:
        """See `Apis.preview`."""
        draft = await self._draft(scope, given, None)
        return info_of(draft.row, dropped=draft.drops)

    async def save(self, scope: Scope, given: ApiImport) -> ApiInfo:
        """See `Apis.save`."""
        return await self._kept(scope, await self._draft(scope, given, None))

    async def change(self, scope: Scope, name: str, given: ApiImport) -> ApiInfo:
        """See `Apis.change`."""
        return await self._kept(scope, await self._draft(scope, given, await self._row(scope, name)))

    async def all(self, scope: Scope) -> Sequence[ApiInfo]:
        """See `Apis.all`."""
        rows = [await self._store.find(scope, slug) for slug in sorted(await self._store.states(scope))]
        return [info_of(row) for row in rows if row is not None]

    async def get(self, scope: Scope, name: str) -> ApiInfo:
        """See `Apis.get`."""
        return info_of(await self._row(scope, name))

    async def remove(self, scope: Scope, name: str) -> None:
        """See `Apis.remove`."""
        await self._store.remove(scope, (await self._row(scope, name)).slug)

    async def _kept(self, scope: Scope, draft: _Draft) -> ApiInfo:
        await self._store.put(scope, draft.row, drop_credentials=draft.drops)
        return info_of(draft.row, dropped=draft.drops)

    async def _row(self, scope: Scope, name: str) -> ApiRow:
        found = await self._store.find(scope, name.removeprefix(f"{KIND}."))
        if found is None:
            raise NotFound(f"There is no API {name[:80]!r} in this workspace.", name=name[:80])
        return found

    async def _draft(self, scope: Scope, given: ApiImport, there: ApiRow | None) -> _Draft:
        only = tuple(given.only) if given.only is not None else None
        document = await self._document(given, there, only)
        if there is None:
            assert document is not None
            slug = _slug(given.name or document.label)
            there = await self._store.find(scope, slug)
            if there is not None and only is None and there.settings.only:
                document = await self._document(given, there, there.settings.only)
        elif given.name is not None and _slug(given.name) != there.slug:
            raise InvalidInput("An API keeps its name; import it again under the other one.", field="name")
        else:
            slug = there.slug
        definition = document or (there.definition if there is not None else None)
        assert definition is not None
        settings = _settings(given, there.settings if there is not None else ApiSettings(), definition)
        return _Draft(self._row_of(given, there, slug, definition, settings), there)

    def _row_of(
        self, given: ApiImport, there: ApiRow | None, slug: str, definition: ApiDefinition, settings: ApiSettings
    ) -> ApiRow:
        now = self._clock.now()
        kept_url = there.url if there is not None and given.document is None else ""
        label = (given.name or (there.label if there is not None else "") or definition.label).strip()
        return ApiRow(
            id=there.id if there is not None else new_id(),
            slug=slug,
            label=label[:LONGEST_LABEL],
            url=given.url or kept_url,
            definition=definition,
            settings=settings,
            state=new_id(),
            created_at=there.created_at if there is not None else now,
            updated_at=now,
        )

    async def _document(
        self, given: ApiImport, there: ApiRow | None, only: tuple[str, ...] | None
    ) -> ApiDefinition | None:
        """The one that is given, or found; None where the one that is there stays."""
        if given.document is not None:
            return await self._reader.read(given.document, base=given.url or None, only=_wanted(only, there))
        url = given.url
        if url is None and there is not None:
            if only is None or only == there.settings.only:
                return None
            url = there.url or None
        if url is None:
            raise InvalidInput("Give the document itself, or the address where it is found.", field="document")
        content = await self._reader.fetch(url)
        return await self._reader.read(content, base=url, only=_wanted(only, there))


def _wanted(only: tuple[str, ...] | None, there: ApiRow | None) -> tuple[str, ...]:
    return only if only is not None else there.settings.only if there is not None else ()


def _slug(name: str) -> str:
    slug = slug_of(name)
    if not slug:
        raise InvalidInput("An API needs a name with letters from a to z, or digits.", field="name")
    return slug


def _settings(given: ApiImport, before: ApiSettings, definition: ApiDefinition) -> ApiSettings:
    """Raises `InvalidInput`."""
    said: dict[str, Any] = {
        "server": None if given.server is None else given.server.strip().rstrip("/"),
        "auth": None if given.auth is None else tuple(given.auth),
        "fixed": None if given.fixed is None else dict(given.fixed),
        "effects": None if given.effects is None else dict(given.effects),
        "only": None if given.only is None else tuple(given.only),
        "timeout": given.timeout,
    }
    new = {name: value for name, value in said.items() if value is not None}
    if new.get("server") == "":
        new["server"] = None
    try:
        return checked(ApiSettings.model_validate({**dict(before), **new}), definition, new.keys())
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise InvalidInput(f"{'.'.join(str(step) for step in first['loc'])}: {first['msg']}.") from None


def info_of(row: ApiRow, *, dropped: bool = False) -> ApiInfo:
    """What is told of an imported API."""
    definition, settings = row.definition, row.settings
    cards = [(each, card_of(each, settings)) for each in definition.operations]
    return ApiInfo(
        id=toolset_id(row.slug),
        name=row.slug,
        label=row.label,
        description=definition.description,
        version=definition.version,
        format=definition.format,
        url=row.url,
        server=server_of(definition, settings),
        servers=definition.servers,
        auth=auth_of(definition, settings),
        fixed=settings.fixed,
        effects=settings.effects,
        only=settings.only,
        timeout=settings.timeout,
        operations=[ApiOperation(each.name, each.place, card.description, card.effect) for each, card in cards],
        problems=definition.problems,
        credential_fields=_fields(definition, settings),
        credentials_dropped=dropped,
    )


def _fields(definition: ApiDefinition, settings: ApiSettings) -> Mapping[str, Any]:
    return locks_of(definition, settings)[1]
