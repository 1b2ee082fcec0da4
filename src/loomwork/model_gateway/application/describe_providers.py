"""Providers as people are shown them: what they want to know, what they have been told, whether they can be called."""

from collections.abc import Mapping, Sequence

from loomwork.model_gateway.api import CredentialInfo, FieldInfo, ProviderInfo
from loomwork.model_gateway.domain.connection import StoredCredential, address_of, configure
from loomwork.model_gateway.domain.provider import Provider, ProviderCard
from loomwork.model_gateway.ports import CredentialRow


def describe_provider(
    provider: Provider,
    environment: Mapping[str, str],
    *,
    rows: Sequence[CredentialRow],
    usable: Sequence[StoredCredential],
    removable: bool,
) -> ProviderInfo:
    """`usable` are those of `rows` that can be called with, where their address is still the provider's."""
    card = provider.card
    from_env = configure(card, environment)
    ways = [configure(card, environment, stored) for stored in usable] or [from_env]
    ready = any(way.complete for way in ways)
    defaults = {name: field.default for name, field in card.credentials.items() if field.default}
    return ProviderInfo(
        id=card.id,
        label=card.label,
        wire=card.wire,
        ready=ready,
        problem=None if ready else f"Not configured: {' and '.join(ways[0].missing)}.",
        endpoint=ways[0].connection.endpoint or address_of(card, environment, defaults),
        fields=_fields(card),
        links=card.links.model_dump(exclude_none=True),
        tried=card.tried,
        models=len(provider.models),
        open_ended=card.open_ended,
        credentials=[describe_credential(row) for row in rows],
        from_env=from_env.complete and _asks_environment(card, environment),
        removable=removable,
    )


def describe_broken(provider: str, problem: str, *, removable: bool) -> ProviderInfo:
    """A provider whose file cannot be used."""
    return ProviderInfo(
        id=provider,
        label=provider,
        wire="",
        ready=False,
        problem=problem,
        endpoint=None,
        fields=(),
        links={},
        tried=False,
        models=0,
        open_ended=False,
        credentials=(),
        from_env=False,
        removable=removable,
    )


def describe_credential(row: CredentialRow) -> CredentialInfo:
    return CredentialInfo(
        id=row.id,
        provider=row.provider,
        name=row.name,
        endpoint=row.endpoint,
        weight=row.weight,
        enabled=row.enabled,
        hint=row.hint,
        created_at=row.created_at,
        updated_at=row.updated_at,
        verified_at=row.verified_at,
    )


def _fields(card: ProviderCard) -> list[FieldInfo]:
    return [
        FieldInfo(
            name=name,
            label=field.label or name,
            help=field.help,
            required=field.required,
            secret=field.secret,
            default=field.default,
            choices=field.choices,
        )
        for name, field in card.credentials.items()
    ]


def _asks_environment(card: ProviderCard, environment: Mapping[str, str]) -> bool:
    names = [card.endpoint_env, *(field.env for field in card.credentials.values())]
    return any(name is not None and environment.get(name, "").strip() for name in names)
