"""Tokens for servers of MCP, by the code that a person agrees to (OAuth 2.1 with PKCE; RFC 7591, 7636, 8707)."""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from yarl import URL

from loomwork.adapters.mcp.discovery import HERE_ONLY, Authority, json_object
from loomwork.adapters.tools.asking import clean, fetched
from loomwork.nodes.ports import Egress, EgressRequest
from loomwork.tools.api import ToolCredentialsRefused, ToolOutputInvalid, ToolRefused, ToolUnavailable

LONGEST_TOKEN = 16_384
_AUTH = ("none", "client_secret_basic", "client_secret_post")


@dataclass(frozen=True, slots=True)
class OAuthClient:
    """Us, as an authority knows us. `auth` is how we prove to be so."""

    id: str
    secret: str = field(default="", repr=False)
    auth: str = "none"


@dataclass(frozen=True, slots=True)
class Begun:
    """What a person is sent to agree to, at `url`. `state` and `verifier` are kept until they come back."""

    url: str
    state: str = field(repr=False)
    verifier: str = field(repr=False)
    redirect_url: str


@dataclass(frozen=True, slots=True)
class Granted:
    """`seconds` for which the token serves, where it was said. `refresh` is empty where there is none."""

    token: str = field(repr=False)
    refresh: str = field(default="", repr=False)
    seconds: float | None = None


async def registered(egress: Egress, authority: Authority, redirect_url: str, label: str) -> OAuthClient:
    """Make us known to the authority (RFC 7591). Raises `ToolFailed`."""
    if not authority.registration_url:
        raise ToolRefused(
            f"The authority of {label} registers nobody by itself; register a client there, and store it."
        )
    auth = next((each for each in _AUTH if each in authority.client_auth), "none")
    wanted = {
        "client_name": "Loomwork",
        "redirect_uris": [redirect_url],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": auth,
    }
    said = await _asked(egress, authority.registration_url, "application/json", json.dumps(wanted), label)
    client_id, secret = said.get("client_id"), said.get("client_secret", "")
    if not _is_token(client_id) or not isinstance(secret, str):
        raise ToolOutputInvalid(f"The authority of {label} registers us under no name that can be used.")
    given = said.get("token_endpoint_auth_method", auth)
    return OAuthClient(str(client_id), secret, given if given in _AUTH else auth)


def begun(authority: Authority, client: OAuthClient, redirect_url: str) -> Begun:
    """Where a person agrees, in a browser."""
    state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(64)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {
        "response_type": "code",
        "client_id": client.id,
        "redirect_uri": redirect_url,
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        "resource": authority.resource,
    } | ({"scope": " ".join(authority.scopes)} if authority.scopes else {})
    return Begun(str(URL(authority.authorization_url).update_query(asked)), state, verifier, redirect_url)


async def granted(
    egress: Egress, authority: Authority, client: OAuthClient, began: Begun, answer: Mapping[str, str], label: str
) -> Granted:
    """The token, for what the browser has come back with. Raises `ToolFailed`."""
    if not hmac.compare_digest(answer.get("state", "").encode(), began.state.encode()):
        raise ToolRefused("This is no answer to the question that was asked; begin again.")
    # Else the code of one authority could be sent to another (RFC 9207).
    if answer.get("iss", authority.issuer).rstrip("/") != authority.issuer.rstrip("/"):
        raise ToolRefused(f"Another than the authority of {label} has answered; begin again.")
    if not answer.get("code"):
        said = clean(answer.get("error_description") or answer.get("error", ""), [])
        raise ToolCredentialsRefused(f"The authority of {label} gives no token{': ' + said if said else '.'}")
    form = {
        "grant_type": "authorization_code",
        "code": answer["code"],
        "redirect_uri": began.redirect_url,
        "code_verifier": began.verifier,
    }
    return await _token(egress, authority, client, form, label)


async def refreshed(egress: Egress, authority: Authority, client: OAuthClient, old: Granted, label: str) -> Granted:
    """Another token, with the same refresh token where no new one was given. Raises `ToolFailed`."""
    form = {"grant_type": "refresh_token", "refresh_token": old.refresh}
    new = await _token(egress, authority, client, form, label)
    return new if new.refresh else Granted(new.token, old.refresh, new.seconds)


async def _token(
    egress: Egress, authority: Authority, client: OAuthClient, form: Mapping[str, str], label: str
) -> Granted:
    fields, headers = {**form, "resource": authority.resource}, []
    if client.auth == "client_secret_basic" and client.secret:
        pair = base64.b64encode(f"{quote(client.id, safe='')}:{quote(client.secret, safe='')}".encode()).decode()
        headers = [("Authorization", f"Basic {pair}")]
    else:
        fields["client_id"] = client.id
        if client.auth == "client_secret_post":
            fields["client_secret"] = client.secret
    body = URL.build(query=fields).raw_query_string
    said = await _asked(egress, authority.token_url, "application/x-www-form-urlencoded", body, label, headers)
    token, refresh, seconds = said.get("access_token"), said.get("refresh_token", ""), said.get("expires_in")
    if not _is_token(token) or str(said.get("token_type", "")).lower() != "bearer":
        raise ToolOutputInvalid(f"The authority of {label} answers with something that is no token.")
    lasts = float(seconds) if isinstance(seconds, int | float) and not isinstance(seconds, bool) else None
    return Granted(str(token), str(refresh) if _is_token(refresh) else "", lasts)


async def _asked(
    egress: Egress, url: str, media_type: str, body: str, label: str, more: list[tuple[str, str]] | None = None
) -> Mapping[str, Any]:
    headers = [("Content-Type", media_type), ("Accept", "application/json"), *(more or [])]
    answer = await fetched(
        egress, EgressRequest("POST", url, headers, body.encode()), label=f"The authority of {label}", limits=HERE_ONLY
    )
    if answer.status >= 500 or answer.status == 429:
        raise ToolUnavailable(f"The authority of {label} has trouble of its own (status {answer.status}).", unsent=True)
    if answer.status not in (200, 201):
        # What it says is not told: it may hold the code or the secret, in words of its own.
        raise ToolCredentialsRefused(f"The authority of {label} refuses us (status {answer.status}).")
    return json_object(answer.body, label)


def _is_token(said: Any) -> bool:
    return isinstance(said, str) and 0 < len(said) <= LONGEST_TOKEN and said.isprintable()
