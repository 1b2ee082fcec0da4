"""What a browser keeps while its person is away at a provider: a ticket back that only we can have made.

The browser is given one secret. What the provider is told follows from it by our key, each for its purpose, so nobody
who sees the ticket or an address learns the others.
"""

import hashlib
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta

TICKET_LIFE = timedelta(minutes=10)
MOST_TICKET = 4000
"""Characters; browsers keep no larger cookies."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """`next` is the page to end at. `link_to`: the session whose person links the identity to themselves; without it,
    the identity is signed in with. `until` in seconds since 1970.
    """

    provider: str
    secret: str = field(repr=False)
    next: str
    link_to: str | None
    until: int

    def is_over(self, now: datetime) -> bool:
        return now.timestamp() >= self.until


@dataclass(frozen=True, slots=True)
class Asked:
    """What we ask of a provider in one flow, and what its answer has to fit. `verifier` is of PKCE (RFC 7636)."""

    redirect_uri: str
    state: str
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)

    @property
    def challenge(self) -> str:
        """Of the method S256."""
        return _text(hashlib.sha256(self.verifier.encode("ascii")).digest())


def asked_with(ticket: Ticket, key: bytes, *, redirect_uri: str) -> Asked:
    state, nonce, verifier = (_derived(ticket, purpose, key) for purpose in ("state", "nonce", "verifier"))
    return Asked(redirect_uri, state, nonce, verifier)


def sealed(ticket: Ticket, key: bytes) -> str:
    """The ticket as one word that may stand in a cookie."""
    told = json.dumps(asdict(ticket), separators=(",", ":")).encode()
    return f"{_text(told)}.{_text(_signature(told, key))}"


def opened(text: str, key: bytes) -> Ticket | None:
    """None for what was not made with this key."""
    told, _, signature = text[: MOST_TICKET + 1].partition(".")
    try:
        content = urlsafe_b64decode(told.encode("ascii") + b"=" * (-len(told) % 4))
        given = urlsafe_b64decode(signature.encode("ascii") + b"=" * (-len(signature) % 4))
    except ValueError:
        return None
    if not hmac.compare_digest(given, _signature(content, key)):
        return None
    return Ticket(**json.loads(content))


def _derived(ticket: Ticket, purpose: str, key: bytes) -> str:
    return _text(hmac.digest(key, f"single sign-on {purpose} {ticket.secret}".encode(), "sha256"))


def _signature(told: bytes, key: bytes) -> bytes:
    return hmac.digest(key, b"single sign-on ticket " + told, "sha256")


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")
