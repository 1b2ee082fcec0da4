"""Plugins of an installation: installed and removed for all, enabled by each workspace."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from loomwork.kernel.scope import Scope
from loomwork.plugins.api import PluginInfo
from loomwork.plugins.domain.errors import PluginBroken, PluginInvalid, PluginNotFound
from loomwork.plugins.domain.manifest import Manifest
from loomwork.plugins.ports import InstalledPlugin, PluginBook, PluginRunner, PluginShelf


@dataclass(frozen=True, slots=True)
class Granted:
    """What whoever runs the installation lets plugins have of the server, where they ask for it: files and folders, and
    names of variables.
    """

    files: Sequence[str] = ()
    environment: frozenset[str] = frozenset()

    def check(self, manifest: Manifest) -> None:
        """Raises `PluginInvalid` for what no plugin may have here."""
        asked = manifest.permissions
        for path in asked.files:
            if not any(path == each or path.startswith(f"{each.rstrip('/')}/") for each in self.files):
                raise PluginInvalid(
                    f"{manifest.id} wants to read {path}; LOOMWORK_PLUGIN_FILES does not list it.", plugin=manifest.id
                )
        for name in asked.environment:
            if name not in self.environment:
                raise PluginInvalid(
                    f"{manifest.id} wants the variable {name}; LOOMWORK_PLUGIN_ENVIRONMENT does not list it.",
                    plugin=manifest.id,
                )


class InstalledPlugins:
    """Implements `Plugins`. Who may install and remove is decided by whoever asks."""

    def __init__(
        self, shelf: PluginShelf, book: PluginBook, runner: PluginRunner, *, granted: Granted | None = None
    ) -> None:
        self._granted = granted or Granted()
        self._shelf = shelf
        self._book = book
        self._runner = runner
        self._installing = asyncio.Lock()

    async def all(self, scope: Scope) -> Sequence[PluginInfo]:
        """See `Plugins.all`."""
        on = await self._book.on(scope)
        return [_info(each, on.get(each.id) == each.grant) for each in await asyncio.to_thread(self._shelf.all)]

    async def get(self, scope: Scope, plugin_id: str) -> PluginInfo:
        """See `Plugins.get`."""
        found = await self._found(plugin_id)
        return _info(found, (await self._book.on(scope)).get(found.id) == found.grant)

    async def install(
        self, scope: Scope, given: Path | bytes | str, *, say: Callable[[str], None] = lambda _said: None
    ) -> PluginInfo:
        """See `Plugins.install`."""
        async with self._installing:
            ready = await asyncio.to_thread(self._shelf.unpack, given, say)
            try:
                self._granted.check(ready.manifest)
                say(f"Trying {ready.id} {ready.manifest.version}")
                await self._try(ready)
                await self._runner.end(ready.id)
                put = await asyncio.to_thread(self._shelf.put, ready)
            finally:
                await asyncio.to_thread(self._shelf.drop, ready)
        details = {"version": put.manifest.version, "digest": put.digest, "source": put.source}
        await self._book.note(scope, "plugin.installed", put.id, details)
        return await self.get(scope, put.id)

    async def switch(self, scope: Scope, plugin_id: str, *, on: bool) -> PluginInfo:
        """See `Plugins.switch`."""
        found = await self._found(plugin_id)
        await self._book.switch(scope, found.id, found.grant if on else None)
        return _info(found, on)

    async def remove(self, scope: Scope, plugin_id: str) -> None:
        """See `Plugins.remove`."""
        found = await self._found(plugin_id)
        await asyncio.to_thread(self._shelf.remove, found.id)
        await self._runner.end(found.id)
        await self._book.note(scope, "plugin.removed", found.id, {"version": found.manifest.version})

    async def _found(self, plugin_id: str) -> InstalledPlugin:
        found = await asyncio.to_thread(self._shelf.find, plugin_id.removeprefix("plugin."))
        if found is None:
            raise PluginNotFound(f"No plugin {plugin_id[:80]!r} is installed.", plugin=plugin_id[:80])
        return found

    async def _try(self, ready: InstalledPlugin) -> None:
        """Its functions can be had, in the jail and within its memory. Raises `PluginInvalid`."""
        try:
            told = await self._runner.describe(ready)
        except PluginBroken as error:
            raise PluginInvalid(f"{ready.id} cannot be started: {error.message}", plugin=ready.id) from None
        for name, problem in told.items():
            if problem is not None:
                raise PluginInvalid(f"{ready.id}: the tool {name} cannot be loaded: {problem}", plugin=ready.id)


def _info(plugin: InstalledPlugin, enabled: bool) -> PluginInfo:
    return PluginInfo(plugin.manifest, plugin.digest, plugin.source, plugin.installed_at, enabled)
