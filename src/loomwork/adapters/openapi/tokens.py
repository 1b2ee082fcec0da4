"""Tokens of OAuth2, fetched with client credentials (RFC 6749, 4.4) and kept for as long as they serve."""

import asyncio
import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from loomwork.adapters.tools.asking import fetched, said_in
from loomwork.kernel.clock import Clock
from loomwork.nodes.ports import Egress, EgressLimits, EgressRequest, EgressResponse
from loomwork.tools.api import ToolCredentialsRefused, ToolOutputInvalid, ToolUnavailable
from loomwork.tools.domain.api_definition import AuthScheme

MOST_KEPT = 2_000
EARLY = 30.0
"""Seconds before its end from which on a token is not used any more."""

UNSAID = 300.0
"""Seconds that a token is used whose answer does not say how long it serves."""

LONGEST = 24 * 3600.0
LONGEST_TOKEN = 16_384
_SAID = "error_description || error"

_HERE_ONLY = EgressLimits(redirects=0, size=1024 * 1024)
"""The request carries a secret, which goes nowhere else."""

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Token:
    value: str = field(repr=False)
    until: float


class Tokens:
    """Kept in this process alone, by workspace, by who asks, and by what for."""

    def __init__(self, egress: Egress, clock: Clock) -> None:
        self._egress = egress
        self._clock = clock
        self._kept: dict[Key, _Token] = {}
        self._locks: dict[Key, asyncio.Lock] = {}

    async def token(self, workspace_id: str, scheme: AuthScheme, values: Mapping[str, str], label: str) -> str:
        """The one that is kept, else a new one. Raises `ToolFailed`, which never holds a secret."""
        key = _key(workspace_id, scheme, values)
        lock = self._locks.setdefault(key, asyncio.Lock())
        async with lock:
            kept = self._kept.get(key)
            if kept is None or kept.until <= self._clock.monotonic():
                kept = await self._fetched(scheme, values, label)
                self._keep(key, kept)
        if not lock.locked():
            self._locks.pop(key, None)
        return kept.value

    def forget(self, workspace_id: str, scheme: AuthScheme, values: Mapping[str, str]) -> None:
        """The API does not take it any more."""
        self._kept.pop(_key(workspace_id, scheme, values), None)

    def _keep(self, key: Key, token: _Token) -> None:
        while len(self._kept) >= MOST_KEPT:
            del self._kept[next(iter(self._kept))]
        self._kept[key] = token

    async def _fetched(self, scheme: AuthScheme, values: Mapping[str, str], label: str) -> _Token:
        began = self._clock.monotonic()
        request = _request(scheme, values)
        response = await fetched(self._egress, request, label=f"{label} (for a token)", limits=_HERE_ONLY)
        if response.status >= 500 or response.status == 429:
            raise ToolUnavailable(f"{label} gives out no tokens now (status {response.status}).", unsent=True)
        if response.status != 200:
            said = said_in(response, _SAID, [values.get("secret", "")])
            raise ToolCredentialsRefused(
                f"{label} does not accept the client (status {response.status}){': ' + said if said else '.'}"
            )
        return _read(response, label, began)


def _key(workspace_id: str, scheme: AuthScheme, values: Mapping[str, str]) -> Key:
    asked = (scheme.token_url, *scheme.scopes, scheme.client)
    return (workspace_id, *asked, values.get("client_id", ""), values.get("secret", ""))


def _request(scheme: AuthScheme, values: Mapping[str, str]) -> EgressRequest:
    client, secret = values.get("client_id", ""), values.get("secret", "")
    form = {"grant_type": "client_credentials"} | ({"scope": " ".join(scheme.scopes)} if scheme.scopes else {})
    headers = [("Content-Type", "application/x-www-form-urlencoded"), ("Accept", "application/json")]
    if scheme.client == "body":
        form |= {"client_id": client, "client_secret": secret}
    else:
        pair = base64.b64encode(f"{quote(client, safe='')}:{quote(secret, safe='')}".encode()).decode("ascii")
        headers.append(("Authorization", f"Basic {pair}"))
    return EgressRequest("POST", scheme.token_url, headers, urlencode(form).encode())


def _read(response: EgressResponse, label: str, began: float) -> _Token:
    try:
        said: Any = json.loads(response.body)
    except (ValueError, RecursionError):
        said = None
    token = said.get("access_token") if isinstance(said, Mapping) else None
    if not isinstance(token, str) or not 0 < len(token) <= LONGEST_TOKEN or not token.isprintable():
        raise ToolOutputInvalid(f"{label} answered with something that is no token.")
    seconds = _seconds(said.get("expires_in"))
    return _Token(token, began + max(0.0, min(seconds, LONGEST) - EARLY))


def _seconds(said: Any) -> float:
    try:
        return float(said) if said is not None and not isinstance(said, bool) else UNSAID
    except (TypeError, ValueError):
        return UNSAID
