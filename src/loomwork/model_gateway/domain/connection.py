"""Whether a provider is configured: its address and credentials, taken from an environment that is handed in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from loomwork.model_gateway.domain.provider import ProviderCard


@dataclass(frozen=True, slots=True)
class Connection:
    """Where to call, and with which key. `endpoint` is None for wires that need none."""

    endpoint: str | None = None
    api_key: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Configuration:
    """`missing` names, each in a few words, what has to be set before the provider can be called."""

    connection: Connection
    missing: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        return not self.missing


def configure(card: ProviderCard, environment: Mapping[str, str]) -> Configuration:
    """Read what the card asks for."""
    endpoint, endpoint_missing = _endpoint(card, environment)
    api_key, key_missing = _api_key(card, environment)
    return Configuration(Connection(endpoint, api_key), endpoint_missing + key_missing)


def _endpoint(card: ProviderCard, environment: Mapping[str, str]) -> tuple[str | None, tuple[str, ...]]:
    if card.wire != "openai_chat":
        return None, ()
    named = environment.get(card.endpoint_env, "").strip() if card.endpoint_env else ""
    endpoint = named or card.endpoint
    if endpoint is None:
        return None, (f"set {card.endpoint_env}" if card.endpoint_env else "name an endpoint in its provider.yml",)
    if not _is_web_address(endpoint):
        return None, (f"{card.endpoint_env} must be an http:// or https:// address",)
    return endpoint.rstrip("/"), ()


def _is_web_address(endpoint: str) -> bool:
    try:
        parts = urlsplit(endpoint)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _api_key(card: ProviderCard, environment: Mapping[str, str]) -> tuple[str | None, tuple[str, ...]]:
    credential = card.credentials.get("api_key")
    if credential is None:
        return None, ()
    key = environment.get(credential.env, "").strip()
    if not key:
        return None, (f"set {credential.env}",) if credential.required else ()
    if not (key.isascii() and key.isprintable()):
        return None, (f"{credential.env} holds characters that no key has",)
    return key, ()
