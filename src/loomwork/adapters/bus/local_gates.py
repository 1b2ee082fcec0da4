"""Places for the waiting nodes of one process's runs."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

from loomwork.adapters.bus.fair_places import FairPlaces
from loomwork.kernel.ids import AppId, WorkspaceId
from loomwork.kernel.scope import Scope


class LocalGates:
    """Fits `Gates`: so many waiting nodes of one workspace at once, and so many of one app. Within a workspace its apps
    take turns; workspaces do not wait for one another.
    """

    def __init__(self, *, app_nodes: int, workspace_nodes: int) -> None:
        self._app_nodes = app_nodes
        self._workspace_nodes = workspace_nodes
        self._workspaces: dict[WorkspaceId, FairPlaces] = {}

    @property
    def is_unused(self) -> bool:
        """Whether no node has a place, or waits for one."""
        return not self._workspaces

    def nodes(self, scope: Scope, app_id: AppId, *, at_most: int | None = None) -> "AppGate":
        """See `Gates.nodes`."""
        return AppGate(self, scope.workspace_id, app_id, at_most)

    @asynccontextmanager
    async def place(self, workspace_id: WorkspaceId, app_id: AppId, at_most: int | None) -> AsyncIterator[None]:
        """A place for a node of the app. Workspaces are kept in mind only while they use any."""
        places = self._workspaces.setdefault(workspace_id, FairPlaces(self._workspace_nodes, self._app_nodes))
        try:
            async with places.place(app_id, at_most=at_most):
                yield
        finally:
            if places.is_unused:
                self._workspaces.pop(workspace_id, None)


@dataclass(frozen=True, slots=True)
class AppGate:
    """Fits `Gate`, for the runs of one app."""

    gates: LocalGates
    workspace_id: WorkspaceId
    app_id: AppId
    at_most: int | None

    def place(self) -> AbstractAsyncContextManager[None]:
        """See `Gate.place`."""
        return self.gates.place(self.workspace_id, self.app_id, self.at_most)
