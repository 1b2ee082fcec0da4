"""An imported API as a workspace has it: its address, what lets in, and its operations as tools."""

import json
import re
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import urlsplit

from loomwork.kernel.errors import InvalidInput
from loomwork.tools.domain.api_definition import LOOKING, ApiDefinition, ApiSettings, AuthScheme, Operation, Slot
from loomwork.tools.domain.tool import LONGEST_TIMEOUT, CredentialField, ToolCard

KIND = "api"
"""The kind of the source of imported APIs, with which the ids of their toolsets begin."""

LONGEST_SLUG = 60
LONGEST_ADDRESS = 2_000
_NOT_IN_ADDRESS = re.compile(r"[\x00-\x20\x7f\\]")
_NOT_IN_SLUG = re.compile(r"[^a-z0-9]+")
_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,100}")
LONGEST_PREFIX = 50
LONGEST_FIXED = 50_000

Lock = tuple[AuthScheme, Mapping[str, str]]
"""A scheme with the fields of the credentials that it takes its values from, by their role: `key`; `username` and
`password`; `client_id` and `secret`.
"""


def is_address(url: str) -> bool:
    """Whether requests can go to it: http(s) with a host, and nobody's name or password in it."""
    if len(url) > LONGEST_ADDRESS or _NOT_IN_ADDRESS.search(url):
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return False


def slug_of(name: str) -> str:
    """What an API is called in the ids of its tools; empty for a name without letters or digits."""
    return _NOT_IN_SLUG.sub("-", name.lower()).strip("-")[:LONGEST_SLUG].strip("-")


def toolset_id(slug: str) -> str:
    return f"{KIND}.{slug}"


def server_of(definition: ApiDefinition, settings: ApiSettings) -> str | None:
    """Where requests go. None where nobody says it."""
    return settings.server or next(iter(definition.servers), None)


def addresses_of(definition: ApiDefinition, settings: ApiSettings) -> frozenset[str]:
    """Every address that credentials may be sent to."""
    found = {server_of(definition, settings)}
    if settings.server is None:
        found |= {each.server for each in definition.operations}
    found |= {each.token_url for each in auth_of(definition, settings)}
    return frozenset(each for each in found if each)


def auth_of(definition: ApiDefinition, settings: ApiSettings) -> tuple[AuthScheme, ...]:
    """What lets in: as whoever imported it says, else as the document does."""
    said = definition.auth if settings.auth is None else settings.auth
    return tuple(each for each in said if each.kind != "none")


def locks_of(definition: ApiDefinition, settings: ApiSettings) -> tuple[tuple[Lock, ...], dict[str, CredentialField]]:
    """The schemes with their fields, and the fields as they are asked for."""
    locks: list[Lock] = []
    fields: dict[str, CredentialField] = {}
    for scheme in auth_of(definition, settings):
        names: dict[str, str] = {}
        for role, (name, field) in _fields(scheme).items():
            free = (
                name if name not in fields else f"{_NOT_IN_SLUG.sub('_', scheme.label.lower()).strip('_')[:30]}_{name}"
            )
            while free in fields:
                free += "_2"
            names[role], fields[free] = free, field
        locks.append((scheme, names))
    return tuple(locks), fields


def _free(name: str, label: str, taken: Mapping[str, CredentialField]) -> str:
    if name in taken:
        name = f"{_NOT_IN_SLUG.sub('_', label.lower()).strip('_')[:30]}_{name}"
    while name in taken:
        name += "_2"
    return name


def _fields(scheme: AuthScheme) -> dict[str, tuple[str, CredentialField]]:
    required = not scheme.optional
    match scheme.kind:
        case "basic":
            return {
                "username": ("username", CredentialField("User name", required=required, secret=False)),
                "password": ("password", CredentialField("Password", required=False)),
            }
        case "bearer":
            return {"key": ("token", CredentialField("Token", required=required))}
        case "oauth2":
            return {
                "client_id": ("client_id", CredentialField("Client id", required=required, secret=False)),
                "secret": ("client_secret", CredentialField("Client secret", required=required)),
            }
        case "header" | "query" | "cookie":
            help_text = f"Sent as the {scheme.kind} {scheme.name}."
            return {"key": ("api_key", CredentialField("API key", help_text, required=required))}
    return {}


def with_fixed(operation: Operation, settings: ApiSettings) -> Operation:
    """The operation, with the values that are always sent."""
    fixed = settings.fixed

    def of(slot: Slot) -> Slot:
        for key in (f"{operation.name}.{slot.name}", slot.name):
            if key in fixed:
                return slot.model_copy(update={"fixed": True, "value": fixed[key]})
        return slot

    if not fixed:
        return operation
    body = operation.body
    if body is not None:
        whole = None if body.whole is None else of(body.whole)
        body = body.model_copy(update={"slots": tuple(of(each) for each in body.slots), "whole": whole})
    return operation.model_copy(update={"parameters": tuple(of(each) for each in operation.parameters), "body": body})


def card_of(operation: Operation, settings: ApiSettings) -> ToolCard:
    """What the tool says of itself: without the values that are always sent."""
    asked = [slot for slot in operation.slots if not slot.fixed]
    schema = {
        "type": "object",
        "properties": {slot.name: _asked_for(slot) for slot in asked},
        "required": [slot.name for slot in asked if slot.required],
        "additionalProperties": False,
    }
    return ToolCard(
        name=operation.name,
        description=operation.description or operation.label or operation.place,
        input_schema=schema,
        output_schema=operation.output_schema,
        effect=settings.effects.get(operation.name) or ("read" if operation.method in LOOKING else "write"),
        label=operation.label,
        timeout=settings.timeout,
    )


def _asked_for(slot: Slot) -> dict[str, Any]:
    """A default that the API has is told, and never sent: sent with a change, it would undo what was set before."""
    schema = slot.json_schema
    if "default" not in schema:
        return schema
    kept = {name: each for name, each in schema.items() if name != "default"}
    told = f"Default: {json.dumps(schema['default'], ensure_ascii=False)}."
    return {**kept, "description": f"{kept['description']} {told}" if kept.get("description") else told}


def checked(settings: ApiSettings, definition: ApiDefinition, new: Collection[str]) -> ApiSettings:
    """The settings, where they can be kept with this document. What was said before and has nothing that it speaks of
    any more goes. Raises `InvalidInput` for what is `new` and wrong.
    """
    if settings.server is not None and not is_address(settings.server):
        raise InvalidInput("The server must be an address that begins with https:// or http://.", field="server")
    if not 0 < settings.timeout <= LONGEST_TIMEOUT:
        raise InvalidInput(f"A call may take more than 0 and at most {LONGEST_TIMEOUT:g} seconds.", field="seconds")
    for scheme in settings.auth or ():
        _check_scheme(scheme)
    operations = {each.name: {slot.name for slot in each.slots} for each in definition.operations}
    arguments = frozenset(name for each in operations.values() for name in each)
    known = arguments | {f"{name}.{argument}" for name, each in operations.items() for argument in each}
    if "effects" in new:
        _refuse_unknown("effects", settings.effects, operations.keys(), "operation")
    if "fixed" in new:
        _refuse_unknown("fixed", settings.fixed, known, "argument")
        if len(json.dumps(settings.fixed, default=str)) > LONGEST_FIXED:
            raise InvalidInput(f"The fixed values have more than {LONGEST_FIXED} characters.", field="fixed")
    kept = {name: effect for name, effect in settings.effects.items() if name in operations}
    fixed = {name: value for name, value in settings.fixed.items() if name in known}
    return settings.model_copy(update={"effects": kept, "fixed": fixed})


def _refuse_unknown(field: str, said: Mapping[str, Any], known: Collection[str], noun: str) -> None:
    unknown = next((name for name in said if name not in known), None)
    if unknown is not None:
        raise InvalidInput(f"{field}: the API has no {noun} {unknown[:80]!r}.", field=field)


def _check_scheme(scheme: AuthScheme) -> None:
    if scheme.kind in ("header", "query", "cookie") and not _NAME.fullmatch(scheme.name):
        raise InvalidInput(f"To be let in by a {scheme.kind}, say what it is called.", field="auth")
    if not scheme.prefix.isprintable() or len(scheme.prefix) > LONGEST_PREFIX:
        raise InvalidInput("What stands before a key is short, and has no control characters.", field="auth")
    if scheme.kind == "oauth2" and not is_address(scheme.token_url):
        raise InvalidInput("To be let in by OAuth2, give the address that tokens come from.", field="auth")
