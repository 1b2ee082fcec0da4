"""What a request carries to say who sends it."""

from dataclasses import replace

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.types import Scope

from loomwork.kernel.scope import Origin
from loomwork.tenancy.api import Identity

SESSION_COOKIE = "loomwork_session"

_FACES = {"/api/v1": "api", "/v1": "dify", "/openai/v1": "openai", "/taskingai/v1": "taskingai"}


def bearer_key(headers: Headers) -> str | None:
    """The key of `Authorization: Bearer ...`: None where the header is absent, "" where it holds anything else."""
    header = headers.get("authorization")
    if header is None:
        return None
    scheme, _, key = header.partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


def session_token(headers: Headers) -> str | None:
    """The session cookie, or None."""
    return cookie_parser(headers.get("cookie", "")).get(SESSION_COOKIE) or None


def remember_identity(scope: Scope, identity: Identity) -> None:
    """Make the identity known to handlers, as `request.state.identity`, with where it asks from."""
    known = replace(identity, scope=replace(identity.scope, origin=_origin(scope, identity)))
    scope["state"] = {**scope.get("state", {}), "identity": known}


def _origin(scope: Scope, identity: Identity) -> Origin:
    client = scope.get("client")
    face = "console" if identity.kind == "session" else _FACES.get(scope.get("root_path", ""), "http")
    return Origin(face, client[0] if client else "")
