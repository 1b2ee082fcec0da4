"""Taking things out of a workspace, as commands see it: of the data folder, or behind a server's API."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from loomwork.interface.cli.model_desk import Facts
from loomwork.kernel.scope import Scope

if TYPE_CHECKING:
    from loomwork.interface.python.client import AsyncClient
    from loomwork.tenancy.api import Takeout


class TakeoutDesk(Protocol):
    """Each raises the `LoomworkError` that says why it could not."""

    def export_workspace(self) -> AsyncIterator[bytes]:
        """The bytes of an archive."""
        ...

    def export_end_user(self, end_user: str) -> AsyncIterator[bytes]: ...

    async def erase_end_user(self, end_user: str) -> Facts:
        """`id` and `rows`, as `/api/v1` says it."""
        ...


@dataclass(frozen=True, slots=True)
class LocalTakeoutDesk:
    """Fits `TakeoutDesk`."""

    scope: Scope
    takeout: "Takeout"

    async def export_workspace(self) -> AsyncIterator[bytes]:
        async for piece in await self.takeout.export_workspace(self.scope):
            yield piece

    async def export_end_user(self, end_user: str) -> AsyncIterator[bytes]:
        async for piece in await self.takeout.export_end_user(self.scope, end_user):
            yield piece

    async def erase_end_user(self, end_user: str) -> Facts:
        erased = await self.takeout.erase_end_user(self.scope, end_user)
        return {"id": erased.id, "rows": dict(erased.rows)}


@dataclass(frozen=True, slots=True)
class RemoteTakeoutDesk:
    """Fits `TakeoutDesk`."""

    client: "AsyncClient"

    def export_workspace(self) -> AsyncIterator[bytes]:
        return self.client.export_workspace()

    def export_end_user(self, end_user: str) -> AsyncIterator[bytes]:
        return self.client.export_end_user(end_user=end_user)

    async def erase_end_user(self, end_user: str) -> Facts:
        return dict(await self.client.erase_end_user(end_user=end_user))
