"""What the room of plugins needs: where packages lie, who has which of them on, and what runs them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from loomwork.kernel.scope import Scope
from loomwork.plugins.domain.manifest import Manifest

__all__ = ["Fetched", "InstalledPlugin", "PluginBook", "PluginRunner", "PluginShelf", "PluginTask", "WorldRequest"]


@dataclass(frozen=True, slots=True)
class InstalledPlugin:
    """A plugin that lies on the shelf. `digest` is the SHA-256 of what was installed. `grant` is another one whenever
    it asks for more than it did, or is installed anew: whoever has switched it on has switched on this one. `folders`
    are those that it is imported from, its own first.
    """

    manifest: Manifest
    digest: str
    grant: str
    source: str
    installed_at: datetime
    folders: Sequence[Path] = ()

    @property
    def id(self) -> str:
        return self.manifest.id


class PluginShelf(Protocol):
    """Where installed packages lie. Blocks: for threads."""

    def all(self) -> Sequence[InstalledPlugin]:
        """By id. Quick: asked at each call of a tool."""
        ...

    def find(self, plugin_id: str) -> InstalledPlugin | None: ...

    def unpack(self, given: "Path | bytes | str", say: Callable[[str], None]) -> InstalledPlugin:
        """Have a package ready beside the shelf, in an environment of its own: a folder or a wheel, the bytes of a
        wheel or of a zipped folder, or a requirement with its hashes. `say` is told what is being done. Raises
        `PluginInvalid`.
        """
        ...

    def put(self, ready: InstalledPlugin) -> InstalledPlugin:
        """Have what was unpacked take the place of the one of its id."""
        ...

    def drop(self, ready: InstalledPlugin) -> None:
        """Remove what was unpacked, and not put."""
        ...

    def remove(self, plugin_id: str) -> None:
        """Removing twice does no harm."""
        ...


class PluginBook(Protocol):
    """What workspaces have switched on, and what was done with plugins."""

    async def on(self, scope: Scope) -> Mapping[str, str]:
        """The grants that are on, by plugin."""
        ...

    async def switch(self, scope: Scope, plugin_id: str, grant: str | None) -> None:
        """Switch on this grant of it; None: switch it off. Twice does no harm."""
        ...

    async def note(self, scope: Scope, action: str, plugin_id: str, details: Mapping[str, Any]) -> None:
        """Write down what was done with the installation's plugins."""
        ...


@dataclass(frozen=True, slots=True)
class WorldRequest:
    """A request that a plugin asks the server to send."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came of it: an answer, or the `code` and the `message` of why there is none."""

    status: int = 0
    url: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    code: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class PluginTask:
    """One call of a tool. `arguments` are JSON, files in them `{"$file": {name, mime_type, content (base64)}}`."""

    workspace: str
    tool: str
    arguments: Mapping[str, Any]
    key: str
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)


class PluginRunner(Protocol):
    """Runs plugins, each in processes of its own, and no workspace in the process of another."""

    async def describe(self, plugin: InstalledPlugin) -> Mapping[str, str | None]:
        """Start it once: by tool, None, or why its function cannot be had. Raises `PluginBroken`, `PluginsRefused`."""
        ...

    async def call(
        self,
        plugin: InstalledPlugin,
        task: PluginTask,
        *,
        tell: Callable[[str], None],
        fetch: Callable[[WorldRequest], Any],
    ) -> Mapping[str, Any]:
        """What the tool leaves, as it says it. `fetch` sends a request for it, and returns an awaitable `Fetched`. It
        may be cancelled at any await. Raises `PluginBroken`, `PluginRaised`, `PluginsRefused`.
        """
        ...

    async def end(self, plugin_id: str) -> None:
        """End all its processes, those that work too."""
        ...
