"""An ID token: whose signature it has, and whether it was made for us, now, and for this very flow (OpenID Connect Core
3.1.3.7).
"""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, Key, OKPKey, RSAKey

from loomwork.tenancy.api import ProviderFailed, SignInProvider

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
"""Signatures with a key that only the provider has. `none` proves nothing, and with `HS256` what proves it would be our
own secret, or, to a careless reader, the provider's public key.
"""

LEEWAY = 60
"""Seconds that the clocks may be apart."""

MOST_SUBJECT = 255
MOST_KEYS = 100
_LEAST_RSA = 342
"""Digits of a modulus in base64: 2048 bits, as RFC 7518 asks for."""


class KeyMissing(Exception):
    """The token is signed with a key that is not among those known."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What a token has to fit."""

    provider: SignInProvider
    nonce: str
    now: datetime


def read_keys(document: Mapping[str, Any]) -> Sequence[Key]:
    """The keys of a set (RFC 7517) that signatures are checked with; what is no such key is passed over."""
    found = document.get("keys")
    if not isinstance(found, list):
        raise ProviderFailed("The provider's `jwks_uri` answers with what is no set of keys.")
    read = [key for each in found[:MOST_KEYS] if (key := _key(each)) is not None]
    if not read:
        raise ProviderFailed("The provider's `jwks_uri` names no key that signatures can be checked with.")
    return read


def _key(data: object) -> Key | None:
    if not isinstance(data, dict) or data.get("use", "sig") != "sig" or data.get("kty") not in ("RSA", "EC", "OKP"):
        return None
    if data["kty"] == "RSA" and len(str(data.get("n"))) < _LEAST_RSA:
        return None
    try:
        key = JWKRegistry.import_key(data)
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    return key if isinstance(key, RSAKey | ECKey | OKPKey) else None


def checked_claims(token: object, keys: Sequence[Key], expected: Expected) -> Mapping[str, Any]:
    """What the token says, every word of it checked. Raises `KeyMissing`, and `ProviderFailed` with what is wrong."""
    if not isinstance(token, str):
        raise ProviderFailed(f"{expected.provider.label} sent no ID token; is `openid` among the scopes?")
    claims = _signed_claims(token, keys)
    _check(claims, expected)
    return claims


def _signed_claims(token: str, keys: Sequence[Key]) -> Mapping[str, Any]:
    try:
        header = jws.extract_compact(token.encode("ascii", "replace")).headers()
    except (JoseError, ValueError) as problem:
        raise ProviderFailed("The provider's ID token cannot be read.") from problem
    algorithm, kid = header.get("alg"), header.get("kid")
    if algorithm not in ALGORITHMS:
        raise ProviderFailed(
            f"The provider's ID token is signed by {str(algorithm)[:20]!r}, which proves nothing here."
        )
    usable = [key for key in keys if kid is None or key.kid == kid]
    if not usable:
        raise KeyMissing
    for key in usable:
        try:
            return jwt.decode(token, key, algorithms=[algorithm]).claims
        except (JoseError, ValueError, TypeError):
            continue
    raise KeyMissing


def _check(claims: Mapping[str, Any], expected: Expected) -> None:
    client_id = expected.provider.client_id
    registry = jwt.JWTClaimsRegistry(
        now=int(expected.now.timestamp()),
        leeway=LEEWAY,
        iss={"essential": True, "value": expected.provider.issuer},
        aud={"essential": True, "value": client_id},
        sub={"essential": True},
        exp={"essential": True},
        iat={"essential": True},
    )
    try:
        registry.validate(dict(claims))
    except JoseError as problem:
        raise _bad(str(getattr(problem, "claim", None) or problem.error)) from None
    audience, party = claims["aud"], claims.get("azp")
    if party not in (None, client_id) or (party is None and isinstance(audience, list) and len(audience) > 1):
        raise _bad("azp")
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not hmac.compare_digest(nonce.encode("utf-8", "replace"), expected.nonce.encode()):
        raise _bad("nonce")
    # OpenID Connect Core 2: at most 255 ASCII characters.
    if not 0 < len(claims["sub"]) <= MOST_SUBJECT or not claims["sub"].isprintable():
        raise _bad("sub")


def _bad(what: str) -> ProviderFailed:
    return ProviderFailed(f"The provider's ID token is not good: its {what} is not what it must be.")
