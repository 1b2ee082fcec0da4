"""What keys, tokens and their lives are; rules only."""

from loomwork.tenancy.domain.audit import AuditEntry, AuditFilter, ChainProblem, Link, chain_problem
from loomwork.tenancy.domain.key import ApiKey, KeyKind, last_four, make_key, may_be_key, owning
from loomwork.tenancy.domain.permissions import (
    BUILT_IN,
    NOBODY,
    OF_APP_KEYS,
    OF_APPS,
    OF_THE_FIRST,
    PERMISSIONS,
    BuiltInRole,
    Permission,
    Standing,
    is_built_in,
    refuse_more_than,
    to_permissions,
)
from loomwork.tenancy.domain.person import Membership, Person
from loomwork.tenancy.domain.secret import digest, draw_secret, may_be_secret
from loomwork.tenancy.domain.sign_in import (
    SESSION_LIFE,
    SIGN_IN_LIFE,
    HowSignedIn,
    OneTimeToken,
    Session,
    TokenPurpose,
    session_is_valid,
)
from loomwork.tenancy.domain.workspace import Workspace

__all__ = [
    "BUILT_IN",
    "NOBODY",
    "OF_APPS",
    "OF_APP_KEYS",
    "OF_THE_FIRST",
    "PERMISSIONS",
    "SESSION_LIFE",
    "SIGN_IN_LIFE",
    "ApiKey",
    "AuditEntry",
    "AuditFilter",
    "BuiltInRole",
    "ChainProblem",
    "HowSignedIn",
    "KeyKind",
    "Link",
    "Membership",
    "OneTimeToken",
    "Permission",
    "Person",
    "Session",
    "Standing",
    "TokenPurpose",
    "Workspace",
    "chain_problem",
    "digest",
    "draw_secret",
    "is_built_in",
    "last_four",
    "make_key",
    "may_be_key",
    "may_be_secret",
    "owning",
    "refuse_more_than",
    "session_is_valid",
    "to_permissions",
]
