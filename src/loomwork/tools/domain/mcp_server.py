"""A server of MCP as a workspace has it: its address, what lets in, what it offers, and what of that was approved."""

import re
from collections.abc import Collection, Mapping
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field

from loomwork.kernel.errors import InvalidInput
from loomwork.tools.domain.api_definition import Kept
from loomwork.tools.domain.imported_api import is_address
from loomwork.tools.domain.tool import LONGEST_TIMEOUT, CredentialField, Effect

KIND = "mcp"
"""The kind of the source of servers of MCP, with which the ids of their toolsets begin."""

DEFAULT_SECONDS = 60.0
FIELD = "token"
"""The field of the credentials that holds what lets in."""

McpAuth = Literal["none", "bearer", "header", "oauth"]
Standing = Literal["approved", "changed", "new"]
"""How an offer stands to what was approved under its name."""

LONGEST_REDIRECT = 200
_THIS_MACHINE = frozenset({"127.0.0.1", "localhost", "::1"})
STDIO = "stdio:"
"""What the address of a program of this machine begins with; the name follows that the operator has given it."""

_PROGRAM = re.compile(r"stdio:[a-z0-9][a-z0-9-]{0,59}")
_HEADER = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,100}")
_OURS = frozenset(
    {"accept", "connection", "content-length", "content-type", "host", "last-event-id", "transfer-encoding"}
)
"""Headers that requests have anyway."""


class Offer(Kept):
    """A tool as its server describes it. `name` is the server's, `safe_name` the one that it has here, where it is
    spaced by its server. `hints` are what the server says of its effect: claims, on which nothing is decided.
    `pin` is another once anything changes that a model or a person is shown.
    """

    name: str
    safe_name: str
    title: str = ""
    description: str = ""
    input_schema: dict[str, Any] = Field(default_factory=dict)
    output_schema: dict[str, Any] | None = None
    hints: dict[str, Any] = Field(default_factory=dict)
    pin: str


class Offers(Kept):
    """All that a server offers; `problems` are sentences about what of it cannot be used."""

    tools: tuple[Offer, ...] = ()
    problems: tuple[str, ...] = ()


class McpSettings(Kept):
    """What a workspace says of a server. `header` is where its secret goes, if not as a bearer. `approved` are pins by
    the server's names; `effects` are by the names that tools have here. `timeout` in seconds.
    """

    auth: McpAuth = "none"
    header: str = ""
    approved: dict[str, str] = Field(default_factory=dict)
    effects: dict[str, Effect] = Field(default_factory=dict)
    timeout: float = DEFAULT_SECONDS


def standing(offer: Offer, approved: Mapping[str, str]) -> Standing:
    """Only an offer that is `approved` may be called."""
    pin = approved.get(offer.name)
    if pin is None:
        return "new"
    return "approved" if pin == offer.pin else "changed"


def approving(settings: McpSettings, offers: Offers, names: Collection[str] | None = None) -> McpSettings:
    """With these offers approved as they stand, by the names that they have here; all of them without any. What is
    offered no more is approved no more. Raises `InvalidInput` for what is not offered.
    """
    known = {each.safe_name: each for each in offers.tools}
    unknown = next((name for name in names or () if name not in known), None)
    if unknown is not None:
        raise InvalidInput(f"The server offers no tool {unknown[:80]!r}.", field="tools")
    there = {each.name for each in offers.tools}
    chosen = known.values() if names is None else [known[name] for name in names]
    kept = {name: pin for name, pin in settings.approved.items() if name in there}
    return settings.model_copy(update={"approved": {**kept, **{each.name: each.pin for each in chosen}}})


def checked(settings: McpSettings, offers: Offers, *, new_effects: bool) -> McpSettings:
    """The settings, where they can be kept with what is offered. Raises `InvalidInput`."""
    if not 0 < settings.timeout <= LONGEST_TIMEOUT:
        raise InvalidInput(f"A call may take more than 0 and at most {LONGEST_TIMEOUT:g} seconds.", field="seconds")
    if settings.auth == "header" and (not _HEADER.fullmatch(settings.header) or settings.header.lower() in _OURS):
        raise InvalidInput("Say by which header it lets in; one that requests have anyway is none.", field="header")
    names = {each.safe_name for each in offers.tools}
    unknown = next((name for name in settings.effects if name not in names), None)
    if unknown is not None and new_effects:
        raise InvalidInput(f"effects: the server offers no tool {unknown[:80]!r}.", field="effects")
    kept = {name: effect for name, effect in settings.effects.items() if name in names}
    return settings.model_copy(update={"effects": kept, "header": settings.header if settings.auth == "header" else ""})


def checked_url(url: str) -> str:
    """Raises `InvalidInput`. A command is no address: an imported app or a person behind the API starts no process but
    those that the operator has given a name, `stdio:NAME`.
    """
    url = url.strip()
    if not is_address(url) and not _PROGRAM.fullmatch(url):
        raise InvalidInput(
            "A server of MCP is named by the address of its endpoint, https://host/mcp or the like, or by stdio:NAME "
            "for a program that LOOMWORK_MCP_COMMANDS lists.",
            field="url",
        )
    return url


def fields_of(settings: McpSettings) -> dict[str, CredentialField]:
    """What has to be stored to be let in."""
    match settings.auth:
        case "bearer":
            return {FIELD: CredentialField("Token", "Sent as a bearer token.")}
        case "header":
            return {FIELD: CredentialField("Key", f"Sent as the header {settings.header}.")}
        case _:
            return {}


def headers_of(settings: McpSettings, credentials: Mapping[str, str]) -> dict[str, str]:
    """What lets in, as headers; none where nothing is stored."""
    token = credentials.get(FIELD)
    if not token or settings.auth == "none":
        return {}
    return {settings.header: token} if settings.auth == "header" else {"Authorization": f"Bearer {token}"}


def checked_redirect(url: str) -> str:
    """Where a browser comes back to: this machine of whoever signs in, and no other. Raises `InvalidInput`."""
    try:
        parts = urlsplit(url)
        is_here = parts.scheme == "http" and parts.hostname in _THIS_MACHINE and parts.port is not None
    except ValueError:
        is_here = False
    if not is_here or len(url) > LONGEST_REDIRECT or not url.isprintable() or parts.query or parts.fragment:
        raise InvalidInput("A browser comes back to http://127.0.0.1:PORT/ or the like.", field="redirect_url")
    return url
