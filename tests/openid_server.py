"""A provider of identity for tests, on a real socket, that can be told to do what no provider should."""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

CLIENT, SECRET = "loomwork", "a secret: with signs & blanks"
Claims = dict[str, Any]


@cache
def rsa_key(kid: str) -> RSAKey:
    """One of 2048 bits; they take long to make."""
    return RSAKey.generate_key(2048, {"kid": kid})


@dataclass
class Issued:
    """What a code stands for."""

    client_id: str
    redirect_uri: str
    nonce: str
    challenge: str
    user: Claims


@dataclass
class Provider:
    """Signs whoever `user` is in, at once. `claims` may change what an ID token says, `sign` how it is signed;
    `answers` are bodies that paths answer with instead, `hanging` the paths that never answer.
    """

    url: str
    user: Claims
    key: Any = field(default_factory=lambda: rsa_key("first"))
    claims: Callable[[Claims], Claims] = lambda said: said
    sign: Callable[[Claims, Any], str] | None = None
    metadata: Claims = field(default_factory=dict)
    userinfo: Claims | None = None
    answers: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    hanging: set[str] = field(default_factory=set)
    codes: dict[str, Issued] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    forms: list[dict[str, str]] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)

    def rotate(self) -> None:
        """Sign with another key from now on, and forget the first."""
        self.key = ECKey.generate_key("P-256", {"kid": secrets.token_hex(4)})

    def discovery(self) -> Claims:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "userinfo_endpoint": f"{self.url}/userinfo",
            "response_types_supported": ["code"],
            "id_token_signing_alg_values_supported": ["RS256", "ES256"],
            "code_challenge_methods_supported": ["S256"],
            "scopes_supported": ["openid", "email", "profile"],
            **self.metadata,
        }

    def authorize(self, query: Mapping[str, str]) -> str:
        """Where the browser goes back to."""
        code = secrets.token_urlsafe(16)
        assert query["response_type"] == "code"
        assert query["code_challenge_method"] == "S256"
        self.codes[code] = Issued(
            query["client_id"], query["redirect_uri"], query["nonce"], query["code_challenge"], dict(self.user)
        )
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"

    def token(self, form: Mapping[str, str], client: tuple[str, str]) -> tuple[int, Claims]:
        issued = self.codes.pop(form.get("code", ""), None)
        challenge = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if client != (CLIENT, SECRET):
            return 401, {"error": "invalid_client"}
        if issued is None or issued.redirect_uri != form.get("redirect_uri"):
            return 400, {"error": "invalid_grant"}
        if base64.urlsafe_b64encode(challenge).decode().rstrip("=") != issued.challenge:
            return 400, {"error": "invalid_grant"}
        return 200, {"access_token": "access", "token_type": "Bearer", "id_token": self.id_token(issued)}

    def id_token(self, issued: Issued) -> str:
        now = int(time.time())
        said = {"iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": issued.nonce, **issued.user}
        said = self.claims(said)
        return self.sign(said, self.key) if self.sign is not None else signed(said, self.key)


def signed(claims: Claims, key: Any, **header: Any) -> str:
    algorithm = "RS256" if key.key_type == "RSA" else "ES256"
    return jwt.encode({"alg": algorithm, "kid": key.kid, **header}, claims, key)


def unsigned(claims: Claims, _key: Any) -> str:
    """A token of the algorithm `none`."""
    parts = ({"alg": "none", "typ": "JWT"}, claims)
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts) + "."


@contextmanager
def openid_server(**user: Any) -> Iterator[Provider]:
    """A provider that answers until the block ends."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        provider = Provider(f"http://127.0.0.1:{server.server_port}", {"sub": "17", **user})
        server.provider = provider  # type: ignore[attr-defined]  # what its handlers look at
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield provider
        finally:
            provider.released.set()
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.0"

    def log_message(self, format: str, *args: Any) -> None:
        pass

    @property
    def _provider(self) -> Provider:
        found: Provider = self.server.provider  # type: ignore[attr-defined]  # see openid_server
        return found

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if self._is_otherwise(parts.path):
            return
        match parts.path:
            case "/.well-known/openid-configuration":
                self._say(200, self._provider.discovery())
            case "/keys":
                self._say(200, {"keys": [self._provider.key.as_dict(private=False)]})
            case "/authorize":
                self.send_response(302)
                self.send_header("Location", self._provider.authorize(_flat(parts.query)))
                self.end_headers()
            case "/userinfo" if self.headers["Authorization"] == "Bearer access" and self._provider.userinfo:
                self._say(200, self._provider.userinfo)
            case _:
                self._say(404, {})

    def do_POST(self) -> None:
        form = _flat(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self._provider.forms.append(form)
        if not self._is_otherwise(self.path):
            self._say(*self._provider.token(form, self._client(form)))

    def _client(self, form: Mapping[str, str]) -> tuple[str, str]:
        given = self.headers.get("Authorization", "")
        if not given.startswith("Basic "):
            return form.get("client_id", ""), form.get("client_secret", "")
        name, _, secret = base64.b64decode(given.removeprefix("Basic ")).decode().partition(":")
        return unquote_plus(name), unquote_plus(secret)

    def _is_otherwise(self, path: str) -> bool:
        self._provider.asked.append(path)
        if path in self._provider.hanging:
            self._provider.released.wait(60)
            return True
        if path in self._provider.answers:
            status, body = self._provider.answers[path]
            self._send(status, body)
            return True
        return False

    def _say(self, status: int, said: Claims) -> None:
        self._send(status, json.dumps(said).encode())

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _flat(query: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(query).items()}
