"""An authority that gives out tokens by OAuth 2.1, which can be made to misbehave."""

import base64
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


@dataclass
class Authority:
    """Whoever comes to sign in agrees at once. `lasts`: seconds of a token; refresh tokens are good for one use.
    `metadata` and `resource` change what it says of itself and of the server.
    """

    lasts: int = 3600
    metadata: dict[str, Any] = field(default_factory=dict)
    resource: dict[str, Any] = field(default_factory=dict)
    tokens: set[str] = field(default_factory=set)
    refreshes: dict[str, str] = field(default_factory=dict)
    codes: dict[str, Mapping[str, str]] = field(default_factory=dict)
    clients: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    forms: list[Mapping[str, str]] = field(default_factory=list)

    def lets_in(self, request: web.Request) -> bool:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        return scheme == "Bearer" and token in self.tokens

    async def handle(self, request: web.Request, origin: str) -> web.StreamResponse:
        match request.path:
            case "/.well-known/oauth-protected-resource/mcp":
                said = {"resource": f"{origin}/mcp", "authorization_servers": [origin], "scopes_supported": ["issues"]}
                return web.json_response(said | self.resource)
            case "/.well-known/oauth-authorization-server":
                said = {
                    "issuer": origin,
                    "authorization_endpoint": f"{origin}/authorize",
                    "token_endpoint": f"{origin}/token",
                    "registration_endpoint": f"{origin}/register",
                    "code_challenge_methods_supported": ["S256"],
                    "token_endpoint_auth_methods_supported": ["none"],
                }
                return web.json_response(said | self.metadata)
            case "/register":
                client = f"client-{len(self.clients)}"
                self.clients[client] = await request.json()
                return web.json_response({"client_id": client, **self.clients[client]}, status=201)
            case "/authorize":
                return self._agreed(request)
            case "/token":
                return self._given(dict((await request.post()).items()))
        return web.Response(status=404)

    def _agreed(self, request: web.Request) -> web.Response:
        asked = dict(request.query)
        assert asked["redirect_uri"] in self.clients[asked["client_id"]]["redirect_uris"]
        code = secrets.token_hex(8)
        self.codes[code] = asked
        back = f"{asked['redirect_uri']}?code={code}&state={asked['state']}"
        return web.Response(status=302, headers={"Location": back})

    def _given(self, form: Mapping[str, Any]) -> web.Response:
        self.forms.append(form)
        if form["grant_type"] == "refresh_token":
            # A refresh token is of the client that it was given to (RFC 6749, 6).
            good = self.refreshes.pop(form["refresh_token"], None) == form["client_id"]
        else:
            asked = self.codes.pop(form["code"], {})
            digest = hashlib.sha256(form["code_verifier"].encode()).digest()
            challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
            good = asked.get("code_challenge") == challenge and asked.get("resource") == form["resource"]
        if not good:
            return web.json_response({"error": "invalid_grant"}, status=400)
        token, refresh = secrets.token_hex(16), secrets.token_hex(16)
        self.tokens.add(token)
        self.refreshes[refresh] = form["client_id"]
        told = {"access_token": token, "token_type": "Bearer", "expires_in": self.lasts, "refresh_token": refresh}
        return web.json_response(told)
