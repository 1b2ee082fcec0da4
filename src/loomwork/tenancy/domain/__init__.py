"""What keys, tokens and their lives are; rules only."""

from loomwork.tenancy.domain.audit import AuditEntry, AuditFilter, ChainProblem, Link, chain_problem
from loomwork.tenancy.domain.key import ApiKey, KeyKind, last_four, make_key, may_be_key, owning
from loomwork.tenancy.domain.secret import digest, draw_secret, may_be_secret
from loomwork.tenancy.domain.sign_in import SESSION_LIFE, SIGN_IN_LIFE, Session, SignInToken, session_is_valid
from loomwork.tenancy.domain.workspace import Workspace

__all__ = [
    "SESSION_LIFE",
    "SIGN_IN_LIFE",
    "ApiKey",
    "AuditEntry",
    "AuditFilter",
    "ChainProblem",
    "KeyKind",
    "Link",
    "Session",
    "SignInToken",
    "Workspace",
    "chain_problem",
    "digest",
    "draw_secret",
    "last_four",
    "make_key",
    "may_be_key",
    "may_be_secret",
    "owning",
    "session_is_valid",
]
