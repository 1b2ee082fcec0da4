"""An imported API as a workspace has it: its address, what lets in, and its operations as tools."""

import json
import re
from collections.abc import Mapping
from typing import Any

from loomwork.tools.domain.api_definition import LOOKING, ApiDefinition, ApiSettings, AuthScheme, Operation, Slot
from loomwork.tools.domain.tool import CredentialField, ToolCard

KIND = "api"
"""The kind of the source of imported APIs, with which the ids of their toolsets begin."""

LONGEST_SLUG = 60
_NOT_IN_SLUG = re.compile(r"[^a-z0-9]+")
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")

Lock = tuple[AuthScheme, Mapping[str, str]]
"""A scheme with the fields of the credentials that it takes its values from, by their role: `key`; `username` and
`password`; `client_id` and `secret`.
"""


def slug_of(name: str) -> str:
    """What an API is called in the ids of its tools; empty for a name without letters or digits."""
    return _NOT_IN_SLUG.sub("-", name.lower()).strip("-")[:LONGEST_SLUG].strip("-")


def is_slug(text: str) -> bool:
    """Whether an API may be called so."""
    return _SLUG.fullmatch(text) is not None


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
