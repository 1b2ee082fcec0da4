"""What may be done in a workspace, in words; the roles that come with Loomwork; and who may do what.

A permission is asked of every operation of the API. A role is a name for a set of them. Whoever has a role may give
others no more than it holds: so nobody rises by what they hand out.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeGuard, get_args

from loomwork.kernel.errors import InvalidInput, NotAllowed

Permission = Literal[
    "workspace.read",
    "workspace.manage",
    "workspace.delete",
    "workspace.transfer",
    "workspace.export",
    "members.read",
    "members.manage",
    "roles.manage",
    "keys.read",
    "keys.manage",
    "apps.read",
    "apps.edit",
    "apps.publish",
    "apps.run",
    "apps.delete",
    "apps.keys",
    "runs.read",
    "runs.act",
    "models.read",
    "models.use",
    "models.manage",
    "tools.read",
    "tools.call",
    "tools.manage",
    "knowledge.read",
    "knowledge.search",
    "knowledge.edit",
    "knowledge.delete",
    "knowledge.keys",
    "budgets.manage",
    "audit.read",
    "limits.manage",
    "installation.manage",
]
"""`runs.act`: answer, stop, pause, resume, replay. `apps.keys`: make and revoke keys of apps. `models.use` and
`tools.call`: call models and tools without an app. `knowledge.read` sees documents and chunks, `knowledge.search` asks
for passages. `workspace.export`: take out all that it holds, and what belongs to
one end user; erase the latter. `installation.manage`: what every workspace feels, such as the files of providers; only
the first workspace has it.
"""

PERMISSIONS: frozenset[Permission] = frozenset(get_args(Permission))

OF_APPS: frozenset[Permission] = frozenset(
    each for each in PERMISSIONS if each.startswith(("apps.", "runs.")) or each == "keys.read"
)
"""Those that a grant can give for one app."""

OF_KNOWLEDGE: frozenset[Permission] = frozenset(each for each in PERMISSIONS if each.startswith("knowledge."))
"""Those that a grant can give for one knowledge base."""

OF_DATASET_KEYS: frozenset[Permission] = frozenset({"knowledge.read", "knowledge.search", "knowledge.edit"})
"""What the key of a dataset may do, with that knowledge base."""

OF_APP_KEYS: frozenset[Permission] = frozenset({"apps.read", "apps.run", "runs.read", "runs.act", "models.use"})
"""What the key of an app may do, with that app."""

BuiltInRole = Literal["owner", "admin", "editor", "operator", "viewer"]

_READING: frozenset[Permission] = frozenset(each for each in PERMISSIONS if each.endswith(".read"))
_OF_OWNERS: frozenset[Permission] = frozenset({"workspace.delete", "workspace.transfer", "installation.manage"})

OF_THE_FIRST: frozenset[Permission] = frozenset({"installation.manage"})
"""Those that nobody has in any workspace but the one that the first start made."""
_EDITING: frozenset[Permission] = (
    OF_APPS
    | OF_KNOWLEDGE
    | frozenset[Permission]({"workspace.read", "members.read", "models.read", "models.use", "tools.read", "tools.call"})
)
_OPERATING: frozenset[Permission] = frozenset(
    {
        "workspace.read",
        "members.read",
        "apps.read",
        "apps.run",
        "apps.publish",
        "runs.read",
        "runs.act",
        "models.read",
        "models.use",
        "tools.read",
        "knowledge.read",
        "knowledge.search",
        "audit.read",
    }
)

BUILT_IN: Mapping[BuiltInRole, frozenset[Permission]] = {
    "owner": PERMISSIONS,
    "admin": PERMISSIONS - _OF_OWNERS,
    "editor": _EDITING,
    "operator": _OPERATING,
    "viewer": _READING,
}


@dataclass(frozen=True, slots=True)
class Standing:
    """What somebody may do in a workspace: everywhere, and with single apps and knowledge bases besides."""

    role: str
    permissions: frozenset[Permission]
    granted: Mapping[str, frozenset[Permission]] = field(default_factory=dict)

    def may(self, permission: Permission, app_id: str | None = None) -> bool:
        """Whether this may be done in the whole workspace or, where one is named, with this app."""
        return permission in self.permissions or (app_id is not None and permission in self.granted.get(app_id, ()))

    def may_somewhere(self, permission: Permission) -> bool:
        """Whether this may be done in the whole workspace or with any app."""
        return permission in self.permissions or any(permission in given for given in self.granted.values())

    def apps_with(self, permission: Permission) -> frozenset[str] | None:
        """The apps, or knowledge bases, with which this may be done; None where it may be done with all of them."""
        if permission in self.permissions:
            return None
        return frozenset(app_id for app_id, given in self.granted.items() if permission in given)

    def only(self, scopes: frozenset[Permission] | None) -> "Standing":
        """The same, where no more is allowed than what the scopes of a key name; None names all."""
        if scopes is None:
            return self
        granted = {app_id: given & scopes for app_id, given in self.granted.items()}
        return Standing(self.role, self.permissions & scopes, granted)


NOBODY = Standing("", frozenset())


def is_built_in(role: str) -> TypeGuard[BuiltInRole]:
    return role in BUILT_IN


def to_permissions(words: Iterable[str]) -> frozenset[Permission]:
    """Raises `InvalidInput` for a word that is no permission."""
    given = frozenset(words)
    unknown = sorted(given - PERMISSIONS)
    if unknown:
        raise InvalidInput(
            f"There is no permission {unknown[0][:80]!r}. There are: {', '.join(sorted(PERMISSIONS))}.",
            field="permissions",
        )
    return frozenset(each for each in PERMISSIONS if each in given)


def refuse_more_than(own: Collection[Permission], given: Collection[Permission]) -> None:
    """Raises `NotAllowed` where somebody would give others what they may not do themselves."""
    beyond = sorted(set(given) - set(own))
    if beyond:
        raise NotAllowed(
            f"You can give no more than you have, and you may not do this yourself: {', '.join(beyond)}.",
            permissions=beyond,
        )
