"""People, who are the installation's, and members, who are a workspace's."""

from dataclasses import dataclass
from datetime import datetime

from loomwork.kernel.ids import WorkspaceId


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who signs in. `email` is in lower case and nobody else's; the first owner begins without one."""

    id: str
    name: str
    email: str | None
    created_at: datetime
    has_password: bool = False
    disabled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Membership:
    """A person as a member of one workspace: `member_id` is who they are in its `Scope`s."""

    workspace_id: WorkspaceId
    member_id: str
    person_id: str
    role: str
