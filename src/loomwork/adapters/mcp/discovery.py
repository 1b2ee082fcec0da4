"""Who gives out tokens for a server of MCP (RFC 9728, RFC 8414; Model Context Protocol 2025-11-25, Authorization)."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from yarl import URL

from loomwork.adapters.mcp.server import McpServer
from loomwork.adapters.tools.asking import fetched
from loomwork.nodes.ports import Egress, EgressLimits, EgressRequest
from loomwork.tools.api import ToolOutputInvalid, ToolRefused

HERE_ONLY = EgressLimits(first_byte=20.0, total=30.0, size=1024 * 1024, redirects=0)
"""Documents say of themselves where they are from; one that was fetched from elsewhere would say it of another."""

LONGEST_URL = 2_048
_FIELD = re.compile(r'\b(resource_metadata|scope)="([^"\\]{1,2048})"')


@dataclass(frozen=True, slots=True)
class Authority:
    """Gives out tokens for `resource`. `registration_url` is empty where clients have to be known there beforehand.
    `client_auth`: the ways in which a client may prove itself (RFC 7591, 2), in the authority's order.
    """

    resource: str
    issuer: str
    authorization_url: str
    token_url: str
    registration_url: str = ""
    scopes: Sequence[str] = ()
    client_auth: Sequence[str] = ("client_secret_basic",)


async def authority_of(egress: Egress, server: McpServer) -> Authority:
    """Asks the server, without credentials, and then the authority that it names. Raises `ToolFailed`."""
    challenge = await _challenge(egress, server)
    places = [challenge["resource_metadata"]] if "resource_metadata" in challenge else _well_known_of(server.url)
    said = await _first(egress, server, places)
    resource, issuer, scopes = server.url, str(URL(server.url).origin()), challenge.get("scope", "").split()
    if said is not None:
        resource = _resource(said, server)
        named = said.get("authorization_servers")
        issuer = _url(named[0] if isinstance(named, list) and named else None, server, "its authority")
        scopes = scopes or _texts(said.get("scopes_supported"))
    metadata = await _first(egress, server, _places_of(issuer))
    if metadata is None:
        raise ToolRefused(f"{server.label} does not say where tokens for it are had; store a header that lets us in.")
    return _authority(metadata, server, resource, issuer, scopes)


def _authority(
    said: Mapping[str, Any], server: McpServer, resource: str, issuer: str, scopes: Sequence[str]
) -> Authority:
    # Else one authority could have another's clients send it their codes (RFC 8414, 3.3).
    if str(said.get("issuer", "")).rstrip("/") != issuer.rstrip("/"):
        raise ToolOutputInvalid(f"The authority of {server.label} says that it is another.")
    if "S256" not in _texts(said.get("code_challenge_methods_supported")):
        raise ToolRefused(f"The authority of {server.label} does not offer PKCE with S256, which has to be used.")
    registration = said.get("registration_endpoint")
    return Authority(
        resource=resource,
        issuer=issuer,
        authorization_url=_url(said.get("authorization_endpoint"), server, "where people agree"),
        token_url=_url(said.get("token_endpoint"), server, "where tokens are given"),
        registration_url=_url(registration, server, "where clients register") if registration is not None else "",
        scopes=tuple(scopes),
        client_auth=tuple(_texts(said.get("token_endpoint_auth_methods_supported"))) or ("client_secret_basic",),
    )


async def _challenge(egress: Egress, server: McpServer) -> dict[str, str]:
    headers = [("Accept", "application/json, text/event-stream"), ("Content-Type", "application/json")]
    asked = EgressRequest("POST", server.url, headers, b'{"jsonrpc":"2.0","id":1,"method":"ping"}', server.verify_tls)
    answer = await fetched(egress, asked, label=server.label, limits=HERE_ONLY)
    said = dict(_FIELD.findall(answer.headers.get("www-authenticate", ""))) if answer.status in (401, 403) else {}
    if "resource_metadata" in said:
        _url(said["resource_metadata"], server, "its metadata")
    return said


async def _first(egress: Egress, server: McpServer, places: Sequence[str]) -> Mapping[str, Any] | None:
    """The first of them where there is a document. Raises `ToolFailed`."""
    for place in places:
        asked = EgressRequest("GET", place, [("Accept", "application/json")], None, server.verify_tls)
        answer = await fetched(egress, asked, label=f"{server.label} (for its metadata)", limits=HERE_ONLY)
        if answer.status == 200:
            return json_object(answer.body, server.label)
    return None


def json_object(body: bytes, label: str) -> Mapping[str, Any]:
    """What an authority says. Raises `ToolOutputInvalid`."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise ToolOutputInvalid(f"The authority of {label} answers with something that is no object of JSON.")
    return said


def _well_known_of(url: str) -> list[str]:
    """RFC 9728, 3.1; the one of the whole host last."""
    return _unique(
        _inserted(url, "oauth-protected-resource"), _inserted(str(URL(url).origin()), "oauth-protected-resource")
    )


def _places_of(issuer: str) -> list[str]:
    """RFC 8414, 3.1 and 5, and OpenID Connect Discovery 1.0, 4."""
    after = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
    return _unique(_inserted(issuer, "oauth-authorization-server"), _inserted(issuer, "openid-configuration"), after)


def _inserted(url: str, name: str) -> str:
    return f"{URL(url).origin()}/.well-known/{name}{URL(url).raw_path.rstrip('/')}"


def _unique(*places: str) -> list[str]:
    return list(dict.fromkeys(places))


def _resource(said: Mapping[str, Any], server: McpServer) -> str:
    """Whom the metadata is of. It has to be this server, or what it is a part of (RFC 9728, 3.3): else a token that
    is meant for another would be had, and shown to this one.
    """
    resource = said.get("resource")
    if isinstance(resource, str) and 0 < len(resource) <= LONGEST_URL:
        whole = server.url.rstrip("/")
        part = resource.rstrip("/")
        if whole == part or whole.startswith(f"{part}/"):
            return resource
    raise ToolOutputInvalid(f"{server.label} shows metadata of something else; no token is had for it.")


def _url(said: Any, server: McpServer, what: str) -> str:
    """Encrypted, but for a server that is not so itself: that one is inside, and was let in by the operator."""
    schemes = ("https", "http") if server.url.startswith("http:") else ("https",)
    try:
        good = (
            isinstance(said, str) and len(said) <= LONGEST_URL and said.isprintable() and _is_plain(URL(said), schemes)
        )
    except ValueError:
        good = False
    if not good:
        raise ToolOutputInvalid(f"{server.label} or its authority names no proper address for {what}.")
    return str(said)


def _is_plain(url: URL, schemes: Sequence[str]) -> bool:
    return url.scheme in schemes and bool(url.host) and url.user is None and not url.fragment


def _texts(said: Any) -> list[str]:
    return [each for each in said if isinstance(each, str)] if isinstance(said, list) else []
