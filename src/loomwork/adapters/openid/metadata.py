"""What a provider says of itself (OpenID Connect Discovery 1.0)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from loomwork.tenancy.api import ProviderFailed, SignInProvider

DISCOVERY = "/.well-known/openid-configuration"
BASIC, IN_BODY = "client_secret_basic", "client_secret_post"
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_MOST = 100


@dataclass(frozen=True, slots=True)
class Metadata:
    """The addresses of a provider, and what it can do; what it does not say is what the standard says then holds."""

    issuer: str
    authorization: str
    token: str
    keys: str
    userinfo: str | None
    authentications: Sequence[str] = (BASIC,)
    algorithms: Sequence[str] = ()
    challenges: Sequence[str] = ()
    scopes: Sequence[str] = ()
    end_session: str | None = None
    """Where people sign out (OpenID Connect RP-Initiated Logout 1.0)."""
    names_itself: bool = False
    """Every answer carries the issuer (RFC 9207)."""


def discovery_url(provider: SignInProvider) -> str:
    return provider.issuer.rstrip("/") + DISCOVERY


def read_metadata(document: Mapping[str, Any], provider: SignInProvider) -> Metadata:
    """Raises `ProviderFailed` for a document that is another's, or that names no addresses that can be used."""
    issuer = document.get("issuer")
    if issuer != provider.issuer:
        said = f"{issuer[:200]!r}" if isinstance(issuer, str) else "nothing"
        raise ProviderFailed(f"The provider calls itself {said}, and the settings {provider.issuer!r}: not the same.")
    return Metadata(
        issuer=provider.issuer,
        authorization=_address(document, "authorization_endpoint", provider),
        token=_address(document, "token_endpoint", provider),
        keys=_address(document, "jwks_uri", provider),
        userinfo=_address(document, "userinfo_endpoint", provider) if document.get("userinfo_endpoint") else None,
        authentications=_words(document, "token_endpoint_auth_methods_supported") or (BASIC,),
        algorithms=_words(document, "id_token_signing_alg_values_supported"),
        challenges=_words(document, "code_challenge_methods_supported"),
        scopes=_words(document, "scopes_supported"),
        end_session=_optional_address(document, "end_session_endpoint", provider),
        names_itself=document.get("authorization_response_iss_parameter_supported") is True,
    )


def is_safe(url: str) -> bool:
    """Whether nobody on the way can read along: https, or this very machine."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)


def _address(document: Mapping[str, Any], name: str, provider: SignInProvider) -> str:
    url = document.get(name)
    if not isinstance(url, str) or not is_safe(url) or any(sign <= " " for sign in url) or "#" in url:
        raise ProviderFailed(f"The provider's `{name}` is no address that begins with https://.")
    if urlsplit(url).scheme == "http" and not provider.issuer.startswith("http://"):
        raise ProviderFailed(f"The provider's `{name}` is no address that begins with https://.")
    return url


def _optional_address(document: Mapping[str, Any], name: str, provider: SignInProvider) -> str | None:
    """None for one that cannot be used, too: nobody is kept from signing in by it."""
    try:
        return _address(document, name, provider) if document.get(name) else None
    except ProviderFailed:
        return None


def _words(document: Mapping[str, Any], name: str) -> tuple[str, ...]:
    found = document.get(name)
    return tuple(each for each in found[:_MOST] if isinstance(each, str)) if isinstance(found, list) else ()
