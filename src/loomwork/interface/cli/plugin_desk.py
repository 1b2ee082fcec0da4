"""Plugins as commands see them: of the data folder, or behind a server's API, whose answers both hand out."""

import io
import os
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from loomwork.interface.cli.model_desk import Facts
from loomwork.interface.cli.pages import everything, page_told
from loomwork.kernel.page import Page, PageRequest
from loomwork.kernel.scope import Scope

if TYPE_CHECKING:
    from loomwork.interface.python.client import AsyncClient
    from loomwork.plugins.api import PluginInfo, Plugins

Given = Path | bytes | str
"""A folder or wheel of this machine, the bytes of a wheel or a zipped folder, or a requirement."""

LEFT_OUT = frozenset({"__pycache__", ".git", ".venv", "venv", ".mypy_cache", ".pytest_cache", ".ruff_cache"})


class PluginDesk(Protocol):
    """Each raises the `LoomworkError` that says why it could not."""

    async def list_plugins(self) -> Sequence[Facts]: ...

    async def show_plugin(self, plugin: str) -> Facts: ...

    async def install_plugin(self, given: Given, say: Callable[[str], None]) -> Facts: ...

    async def switch_plugin(self, plugin: str, *, on: bool) -> Facts: ...

    async def remove_plugin(self, plugin: str) -> None: ...


@dataclass(frozen=True, slots=True)
class LocalPluginDesk:
    """Fits `PluginDesk`."""

    scope: Scope
    plugins: "Plugins"

    async def list_plugins(self) -> Sequence[Facts]:
        return [_facts(each) for each in await self.plugins.all(self.scope)]

    async def show_plugin(self, plugin: str) -> Facts:
        return _facts(await self.plugins.get(self.scope, plugin))

    async def install_plugin(self, given: Given, say: Callable[[str], None]) -> Facts:
        return _facts(await self.plugins.install(self.scope, given, say=say))

    async def switch_plugin(self, plugin: str, *, on: bool) -> Facts:
        return _facts(await self.plugins.switch(self.scope, plugin, on=on))

    async def remove_plugin(self, plugin: str) -> None:
        await self.plugins.remove(self.scope, plugin)


@dataclass(frozen=True, slots=True)
class RemotePluginDesk:
    """Fits `PluginDesk`. A folder of this machine is sent to the server as a ZIP file."""

    client: "AsyncClient"

    async def list_plugins(self) -> Sequence[Facts]:
        async def read(page: PageRequest) -> Page[Facts]:
            return page_told(await self.client.list_plugins(limit=page.limit, after=page.after))

        return await everything(read)

    async def show_plugin(self, plugin: str) -> Facts:
        return dict(await self.client.read_plugin(plugin))

    async def install_plugin(self, given: Given, say: Callable[[str], None]) -> Facts:
        if isinstance(given, str):
            return dict(await self.client.install_plugin_requirement(requirement=given))
        content = given if isinstance(given, bytes) else packed(given)
        say(f"Sending {len(content)} bytes")
        return dict(await self.client.install_plugin(content=content))

    async def switch_plugin(self, plugin: str, *, on: bool) -> Facts:
        return dict(await self.client.switch_plugin(plugin, enabled=on))

    async def remove_plugin(self, plugin: str) -> None:
        await self.client.remove_plugin(plugin)


def packed(path: Path) -> bytes:
    """A wheel as it is, and a folder as a ZIP file."""
    if path.is_file():
        return path.read_bytes()
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for place, folders, names in os.walk(path):
            folders[:] = sorted(name for name in folders if name not in LEFT_OUT)
            for name in sorted(names):
                archive.write(Path(place, name), Path(place, name).relative_to(path))
    return whole.getvalue()


def _facts(plugin: "PluginInfo") -> Facts:
    # Here, because a command on a server needs no shapes.
    from loomwork.interface.http.api.plugin_shapes import PluginShape

    return PluginShape.of(plugin).model_dump(mode="json", by_alias=True)
