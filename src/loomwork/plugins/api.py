"""The door of the room: plugins as its neighbours see them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from loomwork.kernel.scope import Scope
from loomwork.plugins.domain.errors import PluginBroken, PluginInvalid, PluginNotFound, PluginRaised, PluginsRefused
from loomwork.plugins.domain.exchange import failure_heard, failure_told
from loomwork.plugins.domain.manifest import Manifest, Permissions

__all__ = [
    "Manifest",
    "Permissions",
    "PluginBroken",
    "PluginInfo",
    "PluginInvalid",
    "PluginNotFound",
    "PluginRaised",
    "Plugins",
    "PluginsRefused",
    "failure_heard",
    "failure_told",
]


@dataclass(frozen=True, slots=True)
class PluginInfo:
    """An installed plugin, as it stands in a workspace. Its tools are those of the toolset `plugin.<id>`."""

    manifest: Manifest
    digest: str
    source: str
    installed_at: datetime
    enabled: bool


class Plugins(Protocol):
    """Installed for the whole installation; enabled and disabled by each workspace."""

    async def all(self, scope: Scope) -> Sequence[PluginInfo]:
        """By id."""
        ...

    async def get(self, scope: Scope, plugin_id: str) -> PluginInfo:
        """Raises `PluginNotFound`."""
        ...

    async def install(
        self, scope: Scope, given: Path | bytes | str, *, say: Callable[[str], None] = lambda _said: None
    ) -> PluginInfo:
        """Install a package, in the place of the one of its id: a folder or a wheel of this machine, the bytes of a
        wheel or of a zipped folder, or a requirement with its hashes. Workspaces that have the one before on keep it on
        where the new one asks for nothing more. `say` is told what is being done. Raises `PluginInvalid`,
        `PluginsRefused`.
        """
        ...

    async def switch(self, scope: Scope, plugin_id: str, *, on: bool) -> PluginInfo:
        """Enable or disable it in this workspace; the next call feels it. Raises `PluginNotFound`."""
        ...

    async def remove(self, scope: Scope, plugin_id: str) -> None:
        """Remove it from the installation; calls that are under way end with an error. Raises `PluginNotFound`."""
        ...
