"""The workspaces of an installation: made, named, handed on, deleted."""

from collections.abc import Awaitable, Callable, Sequence

from loomwork.kernel.clock import Clock
from loomwork.kernel.errors import Conflict, InvalidInput, NotAllowed
from loomwork.kernel.ids import WorkspaceId, new_id
from loomwork.kernel.scope import Scope
from loomwork.tenancy.api import Identity, Workspace
from loomwork.tenancy.domain import FIRST_SLUG, checked_slug, cleaned_name, slug_of
from loomwork.tenancy.ports import GatekeeperStore, WorkspaceStore


class InstallationWorkspaces:
    """Fits `tenancy.api.Workspaces`. `changed` is called once nothing of a workspace may be done any more. That one was
    deleted stands in the trail of the first workspace: its own goes with it. `elsewhere` takes away what a workspace
    keeps beside the store.
    """

    def __init__(
        self,
        store: WorkspaceStore,
        entry: GatekeeperStore,
        clock: Clock,
        *,
        changed: Callable[[], None] = lambda: None,
        elsewhere: Callable[[Scope], Awaitable[None]] | None = None,
    ) -> None:
        self._store = store
        self._entry = entry
        self._clock = clock
        self._changed = changed
        self._elsewhere = elsewhere

    async def create(self, by: Identity, name: str, slug: str | None = None) -> Workspace:
        name = cleaned_name(name)
        workspace = Workspace(
            WorkspaceId(new_id()), name, self._clock.now(), checked_slug(slug) if slug else slug_of(name)
        )
        await self._store.add_workspace(workspace, member_id=new_id(), person_id=await self._person(by), by=by.scope)
        return workspace

    async def seen_by(self, by: Identity) -> Sequence[tuple[Workspace, str]]:
        if by.person_id is not None:
            return await self._store.workspaces_of(by.person_id)
        return [(await self._entry.get_workspace(by.scope), by.standing.role)]

    async def all_there_are(self) -> Sequence[Workspace]:
        return await self._store.all_workspaces()

    async def get(self, scope: Scope) -> Workspace:
        return await self._entry.get_workspace(scope)

    async def owner_of(self, name: str) -> Scope:
        return await self._store.owner_of(name)

    async def rename(self, scope: Scope, *, name: str | None = None, slug: str | None = None) -> Workspace:
        present = await self._entry.get_workspace(scope)
        slug = checked_slug(slug) if slug is not None else present.slug
        if (slug == FIRST_SLUG) != present.is_first:
            raise Conflict(f"The short name {FIRST_SLUG!r} is that of the first workspace, and stays with it.")
        name = cleaned_name(name) if name is not None else present.name
        await self._store.rename(scope, name=name, slug=slug, at=self._clock.now())
        return await self._entry.get_workspace(scope)

    async def delete(self, scope: Scope, *, confirm: str) -> None:
        present = await self._entry.get_workspace(scope)
        if present.is_first:
            raise Conflict("The first workspace is the installation's own and cannot be deleted.")
        if confirm != present.slug:
            raise InvalidInput(
                f"To delete the workspace with all that it holds, confirm its short name: {present.slug}.",
                field="confirm",
            )
        first = await self._store.owner_of(FIRST_SLUG)
        told = Scope(first.workspace_id, scope.actor, scope.origin)
        await self._store.delete_workspace(scope, told=told, at=self._clock.now())
        self._changed()
        if self._elsewhere is not None:
            await self._elsewhere(scope)

    async def _person(self, by: Identity) -> str:
        """Who will own what is made: whoever asks; for a key of the workspace, the workspace's own first owner."""
        if by.person_id is not None:
            return by.person_id
        owner = await self._store.owner_of(by.scope.workspace_id)
        person_id = await self._store.person_of(owner, owner.actor.id)
        if person_id is None:
            raise NotAllowed("There is nobody who would own the new workspace.")
        return person_id
