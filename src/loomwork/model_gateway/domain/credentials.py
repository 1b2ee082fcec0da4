"""What may be stored as a credential of a provider."""

from collections.abc import Mapping

from loomwork.kernel.errors import InvalidInput
from loomwork.model_gateway.domain.provider import Credential, ProviderCard

LONGEST_VALUE = 8192
LONGEST_NAME = 100
MOST_WEIGHT = 1000
SHOWN_FROM = 16
"""Characters of a secret from which on its last four give nothing away."""


def checked_values(card: ProviderCard, values: Mapping[str, str]) -> dict[str, str]:
    """The values that were given, without the empty ones. Raises `InvalidInput`, which never repeats a value."""
    unknown = sorted(values.keys() - card.credentials.keys())
    if not card.credentials:
        raise InvalidInput(f"{card.label} needs no credentials.", provider=card.id)
    if unknown:
        fields = ", ".join(card.credentials)
        raise InvalidInput(f"{card.label} has no field {unknown[0][:40]!r}; it has {fields}.", field=unknown[0][:40])
    given = {name: value.strip() for name, value in values.items() if value.strip()}
    for name, field in card.credentials.items():
        _check(card, name, field, given.get(name))
    return given


def checked_name(name: str) -> str:
    """Raises `InvalidInput`."""
    name = name.strip()
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise InvalidInput(f"A credential has a name of 1 to {LONGEST_NAME} characters.", field="name")
    return name


def checked_weight(weight: int) -> int:
    """Raises `InvalidInput`."""
    if not 1 <= weight <= MOST_WEIGHT:
        raise InvalidInput(f"A credential's weight is 1 to {MOST_WEIGHT}.", field="weight")
    return weight


def hint_of(card: ProviderCard, values: Mapping[str, str]) -> str:
    """The end of the key, by which people know it again; empty where that would be too much of it."""
    secret = (name for name, field in card.credentials.items() if field.secret and values.get(name))
    names = ["api_key", *secret] if values.get("api_key") else list(secret)
    value = values[names[0]] if names else ""
    return value[-4:] if len(value) >= SHOWN_FROM else ""


def _check(card: ProviderCard, name: str, field: Credential, value: str | None) -> None:
    label = field.label or name
    if value is None:
        if field.required and not field.default:
            raise InvalidInput(f"{card.label} needs its {label}.", field=name)
        return
    if len(value) > LONGEST_VALUE:
        raise InvalidInput(f"The {label} is longer than {LONGEST_VALUE} characters.", field=name)
    if not (value.isascii() and value.isprintable()):
        raise InvalidInput(f"The {label} holds characters that no key has.", field=name)
    if field.choices and value not in field.choices:
        raise InvalidInput(f"The {label} is one of {', '.join(field.choices)}.", field=name)
