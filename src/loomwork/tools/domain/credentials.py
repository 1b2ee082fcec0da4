"""What may be stored to be let in by a tool's other side."""

from collections.abc import Mapping

from loomwork.kernel.errors import InvalidInput
from loomwork.tools.domain.tool import CredentialField

LONGEST_VALUE = 8192
LONGEST_NAME = 100
SHOWN_FROM = 16
"""Characters of a secret from which on its last four give nothing away."""


def checked_values(label: str, fields: Mapping[str, CredentialField], values: Mapping[str, str]) -> dict[str, str]:
    """The values that were given, without the empty ones. Raises `InvalidInput`, which never repeats a value."""
    if not fields:
        raise InvalidInput(f"{label} needs no credentials.")
    unknown = sorted(values.keys() - fields.keys())
    if unknown:
        known = ", ".join(fields)
        raise InvalidInput(f"{label} has no field {unknown[0][:40]!r}; it has {known}.", field=unknown[0][:40])
    given = {name: value.strip() for name, value in values.items() if value.strip()}
    for name, each in fields.items():
        _check(label, name, each, given.get(name))
    return given


def checked_name(name: str) -> str:
    """Raises `InvalidInput`."""
    name = name.strip()
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise InvalidInput(f"A credential has a name of 1 to {LONGEST_NAME} characters.", field="name")
    return name


def hint_of(fields: Mapping[str, CredentialField], values: Mapping[str, str]) -> str:
    """The end of the first secret, by which people know it again; empty where that would be too much of it."""
    secret = next((values[name] for name, each in fields.items() if each.secret and values.get(name)), "")
    return secret[-4:] if len(secret) >= SHOWN_FROM else ""


def with_defaults(fields: Mapping[str, CredentialField], values: Mapping[str, str]) -> dict[str, str]:
    """What a tool is handed: these values, and the defaults of what they leave out."""
    defaults = {name: each.default for name, each in fields.items() if each.default is not None}
    return {**defaults, **values}


def lets_in(fields: Mapping[str, CredentialField], values: Mapping[str, str]) -> bool:
    """Whether these values, with the defaults, are all that is needed."""
    return all(not each.required or each.default is not None or name in values for name, each in fields.items())


def _check(label: str, name: str, field: CredentialField, value: str | None) -> None:
    if value is None:
        if field.required and field.default is None:
            raise InvalidInput(f"{label} needs a value for {name!r}.", field=name)
        return
    if len(value) > LONGEST_VALUE or any(not character.isprintable() for character in value):
        raise InvalidInput(
            f"The value of {name!r} is longer than {LONGEST_VALUE} characters, or holds control characters.", field=name
        )
    if field.choices and value not in field.choices:
        raise InvalidInput(f"{name!r} is one of {', '.join(field.choices)}.", field=name)
