"""Whether a provider is configured: its address and credentials, from what a workspace has stored or an environment."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

from loomwork.model_gateway.domain.provider import Auth, Credential, ProviderCard

WITHOUT_ADDRESS = frozenset({"local", "debug"})
"""Wires that call nobody."""


@dataclass(frozen=True, slots=True)
class Connection:
    """Where to call, and with which key. `endpoint` is None for wires that need none, and has no slash at its end.

    `values` are all credential fields by name, `api_key` among them. `key_id` names the stored credential that was
    used, None for one from the environment: balancing and cool-down are told apart by it. `vouched` is False for an
    address that a workspace wrote itself: it may lead to the public web only, as the egress policy has it.
    """

    endpoint: str | None = None
    api_key: str | None = field(default=None, repr=False)
    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    paths: Mapping[str, str] = field(default_factory=dict)
    auth: Auth | None = None
    key_id: str | None = None
    vouched: bool = True

    def secrets(self, card: ProviderCard) -> tuple[str, ...]:
        """What must never be shown, the longest first."""
        kept = [value for name, value in self.values.items() if _is_secret(card, name)]
        return tuple(sorted(kept, key=len, reverse=True))


@dataclass(frozen=True, slots=True)
class StoredCredential:
    """What a workspace keeps for one provider: the values of its fields, and the address they were given for.

    A value is only ever sent to `endpoint`: where the provider's address is another by now, the credential does not
    count. `weight` is its share of the calls beside the provider's other keys.
    """

    id: str
    endpoint: str | None
    values: Mapping[str, str] = field(repr=False)
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Configuration:
    """`missing` names, each in a few words, what has to be set before the provider can be called."""

    connection: Connection
    missing: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        return not self.missing


def configure(
    card: ProviderCard, environment: Mapping[str, str], stored: StoredCredential | None = None
) -> Configuration:
    """What the card asks for, taken from `stored` where given, else from the environment."""
    values, missing = _values(card, environment, stored)
    endpoint, endpoint_missing = _endpoint(card, environment, stored, values)
    connection = Connection(
        endpoint=endpoint,
        api_key=values.get("api_key"),
        values=values,
        headers=card.headers,
        query={name: _filled(text, card, values) or "" for name, text in card.query.items()},
        paths=card.paths,
        auth=card.auth,
        key_id=stored.id if stored else None,
        vouched=stored is None or not _shaped_by_values(card, environment),
    )
    return Configuration(connection, endpoint_missing + missing)


def address_of(card: ProviderCard, environment: Mapping[str, str], values: Mapping[str, str]) -> str | None:
    """Where the provider is called with these values, or None where that is not known."""
    return _endpoint(card, environment, None, values)[0]


def _endpoint(
    card: ProviderCard, environment: Mapping[str, str], stored: StoredCredential | None, values: Mapping[str, str]
) -> tuple[str | None, tuple[str, ...]]:
    if card.wire in WITHOUT_ADDRESS:
        return None, ()
    named = environment.get(card.endpoint_env, "").strip() if card.endpoint_env else ""
    # What a workspace stored goes with its own address; the operator's variable only moves the operator's key.
    pattern = values.get("endpoint", "") or named or card.endpoint
    endpoint = _filled(pattern, card, values) if pattern else None
    if endpoint is None:
        return None, (_address_wanted(card),)
    if not _is_web_address(endpoint):
        return None, (f"{card.endpoint_env or 'its endpoint'} must be an http:// or https:// address",)
    endpoint = endpoint.rstrip("/")
    if stored is not None and stored.endpoint is not None and stored.endpoint != endpoint:
        return None, (f"enter its credentials again (they were given for {stored.endpoint}, not for {endpoint})",)
    return endpoint, ()


def _shaped_by_values(card: ProviderCard, environment: Mapping[str, str]) -> bool:
    """Whether the values of a credential say which host is called, be it in part."""
    named = environment.get(card.endpoint_env, "").strip() if card.endpoint_env else ""
    return "endpoint" in card.credentials or "{" in (named or card.endpoint or "")


def _address_wanted(card: ProviderCard) -> str:
    if card.endpoint_env:
        return f"set {card.endpoint_env}"
    return "name an endpoint in its provider.yml" if card.endpoint is None else "fill in what its address needs"


def _filled(pattern: str, card: ProviderCard, values: Mapping[str, str]) -> str | None:
    """The pattern with `{field}` filled in from fields that are no secret; None where one is not known."""
    filled = pattern
    for name in card.credentials:
        if f"{{{name}}}" not in filled:
            continue
        if _is_secret(card, name) or not values.get(name):
            return None
        filled = filled.replace(f"{{{name}}}", quote(values[name], safe=""))
    return filled


def _is_web_address(endpoint: str) -> bool:
    try:
        parts = urlsplit(endpoint)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _values(
    card: ProviderCard, environment: Mapping[str, str], stored: StoredCredential | None
) -> tuple[dict[str, str], tuple[str, ...]]:
    values: dict[str, str] = {}
    missing: list[str] = []
    for name, credential in card.credentials.items():
        value = _value(name, credential, environment, stored)
        if not value:
            missing += [_wish(name, credential)] if credential.required else []
        elif not (value.isascii() and value.isprintable()):
            missing.append(f"{credential.env or credential.label or name} holds characters that no key has")
        else:
            values[name] = value
    if not missing and card.one_of and not any(all(values.get(name) for name in group) for group in card.one_of):
        missing.append(" or ".join(_group_wish(card, group) for group in card.one_of))
    return values, tuple(missing)


def _value(name: str, credential: Credential, environment: Mapping[str, str], stored: StoredCredential | None) -> str:
    """A stored credential is whole: what it leaves out is not filled up from the environment, default apart."""
    if stored is not None:
        return stored.values.get(name, "").strip() or (credential.default or "")
    named = environment.get(credential.env, "").strip() if credential.env else ""
    return named or (credential.default or "")


def _wish(name: str, credential: Credential) -> str:
    return f"set {credential.env}" if credential.env else f"give its {credential.label or name}"


def _group_wish(card: ProviderCard, group: tuple[str, ...]) -> str:
    named = [(name, card.credentials.get(name)) for name in group]
    return "set " + " and ".join((field and (field.env or field.label)) or name for name, field in named)


def _is_secret(card: ProviderCard, name: str) -> bool:
    credential = card.credentials.get(name)
    return credential is None or credential.secret
