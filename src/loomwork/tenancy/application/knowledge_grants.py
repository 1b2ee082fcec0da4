"""Let members do more with one knowledge base than their role lets them do with all."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from loomwork.kernel.clock import Clock
from loomwork.kernel.ids import new_id
from loomwork.kernel.scope import Scope
from loomwork.tenancy.api import Identity, KnowledgeGrant
from loomwork.tenancy.domain import OF_KNOWLEDGE, refuse_more_than
from loomwork.tenancy.ports import KnowledgeGrantStore, MemberStore


@dataclass(frozen=True, slots=True)
class StoredKnowledgeGrants:
    """Fits `tenancy.api.KnowledgeGrants`. `changed` is called once somebody may do something else than before."""

    store: KnowledgeGrantStore
    members: MemberStore
    clock: Clock
    changed: Callable[[], None]

    async def list_grants(self, scope: Scope, knowledge_id: str) -> Sequence[KnowledgeGrant]:
        return await self.store.list_grants(scope, knowledge_id)

    async def put_grant(self, by: Identity, knowledge_id: str, member_id: str, role: str) -> KnowledgeGrant:
        held = (await self.members.get_role(by.scope, role)).permissions & OF_KNOWLEDGE
        refuse_more_than(by.permissions, held)
        now = self.clock.now()
        made = KnowledgeGrant(new_id(), member_id, knowledge_id, role, now)
        grant = await self.store.put_grant(by.scope, made, at=now)
        self.changed()
        return grant

    async def remove_grant(self, by: Identity, knowledge_id: str, member_id: str) -> None:
        await self.store.remove_grant(by.scope, knowledge_id, member_id, at=self.clock.now())
        self.changed()
