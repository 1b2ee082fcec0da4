"""The first start makes one workspace and one owner; every other finds them."""

from loomwork.kernel.clock import Clock
from loomwork.kernel.ids import WorkspaceId, new_id
from loomwork.kernel.scope import Scope
from loomwork.tenancy.api import Workspace
from loomwork.tenancy.ports import GatekeeperStore

FIRST_NAME = "Workspace"


async def ensure_installation(store: GatekeeperStore, clock: Clock, *, name: str = FIRST_NAME) -> Scope:
    """The scope of the installation's owner. May be called by any number of processes at once."""
    workspace = Workspace(WorkspaceId(new_id()), name, clock.now())
    return await store.install(workspace, person_id=new_id(), member_id=new_id())
