"""Members of a workspace, the roles of its own making, and what is granted to a member of one app."""

import re
from dataclasses import dataclass
from datetime import datetime

from loomwork.kernel.errors import InvalidInput
from loomwork.tenancy.domain.permissions import BUILT_IN, BuiltInRole, Permission

MOST_NAME = 100
"""Characters of a name."""


@dataclass(frozen=True, slots=True)
class Role:
    """A name for a set of permissions. One that comes with Loomwork has its name as its id."""

    id: str
    name: str
    permissions: frozenset[Permission]
    created_at: datetime | None = None

    @property
    def built_in(self) -> bool:
        return self.id in BUILT_IN


@dataclass(frozen=True, slots=True)
class Member:
    """A person in one workspace. `role` is the id of theirs; `email` is None where none is known."""

    id: str
    person_id: str
    name: str
    email: str | None
    role: str
    created_at: datetime
    disabled: bool = False


@dataclass(frozen=True, slots=True)
class Grant:
    """What a member may do with one app, beside what their role lets them do with all: what `role` holds of apps."""

    id: str
    member_id: str
    app_id: str
    role: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class KnowledgeGrant:
    """What a member may do with one knowledge base, beside their role: what `role` holds of knowledge."""

    id: str
    member_id: str
    knowledge_id: str
    role: str
    created_at: datetime


def built_in_role(name: BuiltInRole) -> Role:
    return Role(name, name.capitalize(), BUILT_IN[name])


BUILT_IN_ROLES = tuple(built_in_role(name) for name in BUILT_IN)


def cleaned_name(text: str, *, field: str = "name") -> str:
    """A name without blanks around it. Raises `InvalidInput` for none, and for one that is too long."""
    name = " ".join(text.split())
    if not 0 < len(name) <= MOST_NAME or not name.isprintable():
        raise InvalidInput(f"A name has 1 to {MOST_NAME} printable characters.", field=field)
    return name


def role_name(text: str) -> str:
    """The name of a role of one's own. Raises `InvalidInput` for what the built-in ones are called, too."""
    name = cleaned_name(text)
    if name.lower() in BUILT_IN:
        raise InvalidInput(f"{name} is the name of a role that every workspace has; choose another.", field="name")
    return name


MOST_EMAIL = 254
"""RFC 5321, 4.5.3.1.3, less its angle brackets."""
_EMAIL = re.compile(r"[^@\s<>()\[\],;:\\\"]+@[^@\s<>()\[\],;:\\\"]+")


def checked_email(text: str) -> str:
    """In lower case. Raises `InvalidInput` for what is no e-mail address."""
    email = text.strip().lower()
    if len(email) > MOST_EMAIL or not email.isprintable() or not _EMAIL.fullmatch(email):
        raise InvalidInput("This is no e-mail address; write one like ada@example.org.", field="email")
    return email
