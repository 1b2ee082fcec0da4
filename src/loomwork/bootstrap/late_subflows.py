"""Node types are made before what runs apps, since that compiles with them: this stands between the two."""

from collections.abc import Callable

from loomwork.kernel.scope import Scope
from loomwork.nodes.ports import SubflowRequest, SubflowResult, Subflows


class LateSubflows:
    """Fits `Subflows`, once it has been joined to what really runs them."""

    def __init__(self) -> None:
        self._real: Subflows | None = None

    def join(self, real: Subflows) -> None:
        """Called once, before any run."""
        self._real = real

    async def run(self, scope: Scope, request: SubflowRequest, tell: Callable[[str], None]) -> SubflowResult:
        """See `Subflows.run`."""
        assert self._real is not None
        return await self._real.run(scope, request, tell)
