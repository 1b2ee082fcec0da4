"""People, who are the installation's, and members, who are a workspace's."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from loomwork.kernel.errors import InvalidInput
from loomwork.kernel.ids import WorkspaceId

MOST_NAME = 100
"""Characters."""


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


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """What codes are told by. `is_on` once a first code has shown that the authenticator app has the secret. A code of
    a step up to `last_step` was used already. The codes for when it is lost are kept as hashes, each until it is used.
    """

    secret: str = field(repr=False)
    is_on: bool
    last_step: int
    recovery: Sequence[str] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Account:
    """A person with what they sign in by."""

    person: Person
    password_hash: str | None = field(default=None, repr=False)
    factor: SecondFactor | None = None


def to_person_name(text: str) -> str:
    """What somebody is called, without blanks around it. Raises `InvalidInput` for nothing and for too much."""
    name = " ".join(text.split())
    if not 0 < len(name) <= MOST_NAME or not name.isprintable():
        raise InvalidInput(f"A name has 1 to {MOST_NAME} printable characters.", field="name")
    return name
