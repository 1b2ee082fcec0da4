"""Who works in a workspace, as what, and with which apps. Nobody gives more than they have, nor to whom has more."""

from collections.abc import Callable, Sequence

from loomwork.kernel.clock import Clock
from loomwork.kernel.errors import Conflict, InvalidInput, NotAllowed
from loomwork.kernel.ids import new_id
from loomwork.kernel.page import Page, PageRequest, page_within
from loomwork.kernel.scope import Scope
from loomwork.tenancy.api import Identity
from loomwork.tenancy.domain import (
    BUILT_IN_ROLES,
    OF_APPS,
    OF_THE_FIRST,
    Grant,
    Member,
    Permission,
    Role,
    checked_email,
    cleaned_name,
    is_built_in,
    refuse_more_than,
    role_name,
)
from loomwork.tenancy.ports import MemberStore


class WorkspaceMembers:
    """Fits `tenancy.api.Members`. `changed` is called once somebody may do less or more than before."""

    def __init__(self, store: MemberStore, clock: Clock, *, changed: Callable[[], None] = lambda: None) -> None:
        self._store = store
        self._clock = clock
        self._changed = changed

    async def list_members(
        self, scope: Scope, page: PageRequest, *, search: str = "", role: str | None = None
    ) -> Page[Member]:
        return await self._store.list_members(scope, page, search=search, role=role)

    async def get_member(self, scope: Scope, member_id: str) -> Member:
        return await self._store.get_member(scope, member_id)

    async def add_member(self, by: Identity, *, email: str, role: str, name: str = "") -> Member:
        await self.may_give(by, role)
        email, now = checked_email(email), self._clock.now()
        called = cleaned_name(name or email.partition("@")[0])
        return await self._store.add_member(
            by.scope, Member(new_id(), new_id(), called, email, role, created_at=now), at=now
        )

    async def change_role(self, by: Identity, member_id: str, role: str) -> Member:
        await self.may_give(by, role)
        await self._may_change(by, member_id)
        await self._store.change_role(by.scope, member_id, role, at=self._clock.now())
        self._changed()
        return await self._store.get_member(by.scope, member_id)

    async def remove_member(self, by: Identity, member_id: str) -> None:
        if member_id != by.member_id:
            await self._may_change(by, member_id)
        await self._store.remove_member(by.scope, member_id, at=self._clock.now())
        self._changed()

    async def transfer(self, by: Identity, member_id: str) -> None:
        giver = by.member_id
        if giver == member_id:
            raise InvalidInput("The workspace is yours already.", field="member_id")
        await self._store.transfer(by.scope, to=member_id, giver=giver, at=self._clock.now())
        self._changed()

    async def list_roles(
        self, scope: Scope, page: PageRequest, *, search: str = "", built_in: bool | None = None
    ) -> Page[Role]:
        there = [*BUILT_IN_ROLES, *await self._store.list_roles(scope)]
        of_kind = [role for role in there if built_in in (None, role.built_in)]
        found = [role for role in of_kind if search.lower() in role.name.lower()]
        return page_within(found, page, lambda role: role.id)

    async def get_role(self, scope: Scope, role_id: str) -> Role:
        return await self._store.get_role(scope, role_id)

    async def add_role(self, by: Identity, name: str, permissions: frozenset[Permission]) -> Role:
        refuse_more_than(by.permissions, permissions)
        now = self._clock.now()
        role = Role(new_id(), role_name(name), permissions, now)
        await self._store.add_role(by.scope, role, at=now)
        return role

    async def change_own_role(self, by: Identity, role_id: str, name: str, permissions: frozenset[Permission]) -> Role:
        present = await self._own_role(by.scope, role_id)
        # What it holds now as well: else whoever may do less could take from those who may do more.
        refuse_more_than(by.permissions, permissions | present.permissions)
        role = Role(role_id, role_name(name), permissions, present.created_at)
        await self._store.change_role_of_workspace(by.scope, role, at=self._clock.now())
        self._changed()
        return role

    async def remove_role(self, by: Identity, role_id: str) -> None:
        present = await self._own_role(by.scope, role_id)
        refuse_more_than(by.permissions, present.permissions)
        await self._store.remove_role(by.scope, role_id, at=self._clock.now())

    async def list_grants(
        self, scope: Scope, *, member_id: str | None = None, app_id: str | None = None
    ) -> Sequence[Grant]:
        return await self._store.list_grants(scope, member_id=member_id, app_id=app_id)

    async def put_grant(self, by: Identity, member_id: str, app_id: str, role: str) -> Grant:
        held = (await self._store.get_role(by.scope, role)).permissions & OF_APPS
        refuse_more_than(by.permissions, held)
        now = self._clock.now()
        grant = await self._store.put_grant(by.scope, Grant(new_id(), member_id, app_id, role, now), at=now)
        self._changed()
        return grant

    async def remove_grant(self, by: Identity, member_id: str, app_id: str) -> None:
        await self._store.remove_grant(by.scope, member_id, app_id, at=self._clock.now())
        self._changed()

    async def may_give(self, by: Identity, role: str) -> None:
        """Raises `NotAllowed` for a role that may more than who gives it, and `NotFound`."""
        refuse_more_than(by.permissions, await self._held(by.scope, role))

    async def _may_change(self, by: Identity, member_id: str) -> None:
        member = await self._store.get_member(by.scope, member_id)
        if not await self._held(by.scope, member.role) <= by.permissions:
            raise NotAllowed("This member may do more than you; ask an owner of the workspace.", member_id=member_id)

    async def _held(self, scope: Scope, role_id: str) -> frozenset[Permission]:
        """What a role gives in this workspace."""
        role = await self._store.get_role(scope, role_id)
        return role.permissions if await self._store.is_first(scope) else role.permissions - OF_THE_FIRST

    async def _own_role(self, scope: Scope, role_id: str) -> Role:
        if is_built_in(role_id):
            raise Conflict("The roles that every workspace has cannot be changed; make one of your own.")
        return await self._store.get_role(scope, role_id)
