"""Tools are made before apps, since these compile with nodes that call tools: this stands between the two."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from loomwork.kernel.scope import Scope
from loomwork.tools.api import CallableApp, CallableApps, Caller, ToolResult


class LateApps:
    """Fits `CallableApps`, once it has been joined to what really runs them. Before that there are none."""

    def __init__(self) -> None:
        self._real: CallableApps | None = None

    def join(self, real: CallableApps) -> None:
        """Called once, before any run."""
        self._real = real

    async def listed(self, scope: Scope) -> Sequence[CallableApp]:
        """See `CallableApps.listed`."""
        return await self._real.listed(scope) if self._real is not None else []

    async def find(self, scope: Scope, app_id: str) -> CallableApp | None:
        """See `CallableApps.find`."""
        return await self._real.find(scope, app_id) if self._real is not None else None

    async def call(
        self,
        scope: Scope,
        app: CallableApp,
        arguments: Mapping[str, Any],
        *,
        key: str,
        caller: Caller,
        tell: Callable[[str], None],
    ) -> ToolResult:
        """See `CallableApps.call`."""
        assert self._real is not None
        return await self._real.call(scope, app, arguments, key=key, caller=caller, tell=tell)
