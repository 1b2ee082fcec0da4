"""What workspaces have switched on of plugins, for as long as this process lives."""

from collections.abc import Mapping
from typing import Any

from loomwork.kernel.scope import Scope


class MemoryPluginBook:
    """Fits `plugins.ports.PluginBook`. What was done with plugins is written down nowhere."""

    def __init__(self) -> None:
        self._on: dict[str, dict[str, str]] = {}

    async def on(self, scope: Scope) -> Mapping[str, str]:
        return dict(self._on.get(scope.workspace_id, {}))

    async def switch(self, scope: Scope, plugin_id: str, grant: str | None) -> None:
        mine = self._on.setdefault(scope.workspace_id, {})
        mine.pop(plugin_id, None)
        if grant is not None:
            mine[plugin_id] = grant

    async def note(self, scope: Scope, action: str, plugin_id: str, details: Mapping[str, Any]) -> None:
        """See `PluginBook.note`."""
