"""Say in words who is acting, and where."""

from loomwork.kernel.ids import KeyId
from loomwork.kernel.scope import Scope
from loomwork.tenancy.api import Profile
from loomwork.tenancy.ports import GatekeeperStore


async def show_profile(scope: Scope, *, store: GatekeeperStore) -> Profile:
    """Raises `NotFound` for a workspace, person or key that does not exist."""
    return Profile(await store.get_workspace(scope), await _actor_name(scope, store))


async def _actor_name(scope: Scope, store: GatekeeperStore) -> str:
    match scope.actor.kind:
        case "person":
            return await store.member_name(scope, scope.actor.id)
        case "key":
            key = await store.get_key(scope, KeyId(scope.actor.id))
            return f"key ...{key.last_four}"
        case "end_user" | "system":
            return scope.actor.id
