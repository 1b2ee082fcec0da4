"""Signing in by OpenID Connect: whom we ask, what we are told, and whom we then let in."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from loomwork.kernel.errors import InvalidInput
from loomwork.tenancy.domain.email import to_email
from loomwork.tenancy.domain.person import MOST_NAME, to_person_name

START = "/"
"""Where whoever signs in ends when they ask for no other page."""

MOST_NEXT = 500
"""Characters of the page to end at."""

_NO_PAGE = re.compile(r"[\x00-\x20\x7f\\]")


@dataclass(frozen=True, slots=True)
class JoinRule:
    """Whoever nobody has invited becomes a member of this workspace, as this."""

    workspace: str
    role: str


@dataclass(frozen=True, slots=True)
class SignInProvider:
    """A provider of identity, as whoever runs the installation has set it up.

    `issuer` is said exactly as the provider says it of itself. Without a secret, what proves that it is us is PKCE
    alone. Where `domains` is not empty, only verified e-mail addresses in them are let in. Without `join`, nobody joins
    who was not invited.
    """

    id: str
    label: str
    issuer: str
    client_id: str
    client_secret: str | None = field(default=None, repr=False)
    scopes: Sequence[str] = ("openid", "email", "profile")
    domains: frozenset[str] = frozenset()
    join: JoinRule | None = None

    def takes(self, email: str | None) -> bool:
        """Whether somebody with this verified address, or with none, may come from there at all."""
        return not self.domains or (email is not None and email.rpartition("@")[2] in self.domains)


@dataclass(frozen=True, slots=True)
class OutsideIdentity:
    """Somebody at a provider. Only issuer and subject name them for good: addresses and names change hands. `email` is
    in lower case, and None unless the provider says that it has verified it.
    """

    issuer: str
    subject: str
    email: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class LinkedIdentity:
    """A person signs in there under this subject."""

    id: str
    issuer: str
    subject: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ProviderAnswer:
    """What a browser brings back (OpenID Connect Core 3.1.2.5, RFC 9207). One of `code` and `error` is set."""

    state: str = field(default="", repr=False)
    code: str = field(default="", repr=False)
    error: str = ""
    issuer: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that was looked at in a provider: whether it is as it must be (None: it works, and could be better),
    in a sentence that says what to do where it is not.
    """

    is_good: bool | None
    sentence: str


def verified_email(email: object, verified: object) -> str | None:
    """The address in lower case, where the provider vouches for it; some say that in a text."""
    if not isinstance(email, str) or (verified is not True and verified != "true"):
        return None
    try:
        return to_email(email)
    except InvalidInput:
        return None


def name_of(identity: OutsideIdentity) -> str:
    """What a new person is called: as they are there, else by their address."""
    for text in (identity.name, (identity.email or "").partition("@")[0]):
        try:
            return to_person_name((text or "")[:MOST_NAME])
        except InvalidInput:
            continue
    return "Somebody"


def own_page(text: str | None) -> str:
    """A page of this server to go to: what leads anywhere else, as a browser would read it, is the first page."""
    if not text or len(text) > MOST_NEXT or not text.startswith("/") or text.startswith("//"):
        return START
    # Browsers drop tabs and line ends from addresses, and take a backslash for a slash.
    if _NO_PAGE.search(text):
        return START
    try:
        parts = urlsplit(text)
    except ValueError:
        return START
    return START if parts.scheme or parts.netloc else text
