"""Fits `tenancy.ports.OpenIdClient`."""

import asyncio
from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar
from urllib.parse import quote_plus, urlencode

from joserfc.jwk import Key

from loomwork.adapters.openid.asking import LIMITS, Asking
from loomwork.adapters.openid.examining import judged
from loomwork.adapters.openid.id_token import Expected, KeyMissing, checked_claims, read_keys
from loomwork.adapters.openid.metadata import BASIC, IN_BODY, Metadata, discovery_url, read_metadata
from loomwork.kernel.clock import Clock
from loomwork.nodes.ports import Egress, EgressLimits
from loomwork.tenancy.api import (
    Asked,
    Finding,
    OutsideIdentity,
    ProviderAnswer,
    ProviderFailed,
    SignInProvider,
    verified_email,
)

T = TypeVar("T")

KEPT_FOR = timedelta(hours=1)
"""How long what a provider says of itself, and its keys, are taken for true."""

MOST_NAME = 300


class Remembered(Generic[T]):
    """Something that is fetched once for all who ask at the same time, and again when it is old."""

    def __init__(self, fetch: Callable[[], Awaitable[T]], clock: Clock) -> None:
        self._fetch = fetch
        self._clock = clock
        self._value: tuple[T, datetime] | None = None
        self._fetching: asyncio.Task[T] | None = None

    async def get(self, *, other_than: T | None = None) -> T:
        """The value; one that was fetched later than `other_than`, where that is given."""
        if self._value is not None:
            value, at = self._value
            if value is not other_than and self._clock.now() - at < KEPT_FOR:
                return value
        if self._fetching is None or self._fetching.done():
            self._fetching = asyncio.ensure_future(self._renewed())
        # Whoever hangs up does not take the answer from the others.
        return await asyncio.shield(self._fetching)

    async def _renewed(self) -> T:
        value = await self._fetch()
        self._value = value, self._clock.now()
        return value


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one provider."""

    metadata: Remembered[Metadata]
    keys: Remembered[Sequence[Key]]


class EgressOpenIdClient:
    """For one event loop. `egress` lets through what the providers name."""

    def __init__(self, egress: Egress, clock: Clock, *, limits: EgressLimits = LIMITS) -> None:
        self._asking = Asking(egress, limits)
        self._clock = clock
        self._known: dict[str, Known] = {}

    async def address(self, provider: SignInProvider, asked: Asked) -> str:
        metadata = await self._of(provider).metadata.get()
        query = {
            "response_type": "code",
            "client_id": provider.client_id,
            "redirect_uri": asked.redirect_uri,
            "scope": " ".join(provider.scopes),
            "state": asked.state,
            "nonce": asked.nonce,
            "code_challenge": asked.challenge,
            "code_challenge_method": "S256",
        }
        joint = "&" if "?" in metadata.authorization else "?"
        return f"{metadata.authorization}{joint}{urlencode(query)}"

    async def identity(self, provider: SignInProvider, answer: ProviderAnswer, asked: Asked) -> OutsideIdentity:
        metadata = await self._of(provider).metadata.get()
        if answer.issuer != metadata.issuer and (answer.issuer or metadata.names_itself):
            raise ProviderFailed(f"The answer is not of {provider.label}, which was asked, but of another provider.")
        tokens = await self._exchanged(provider, metadata, answer.code, asked)
        claims = await self._claims(provider, tokens.get("id_token"), asked)
        told = await self._told(metadata, tokens, claims)
        email, name = verified_email(told.get("email"), told.get("email_verified")), told.get("name")
        return OutsideIdentity(
            provider.issuer, claims["sub"], email, name[:MOST_NAME] if isinstance(name, str) else None
        )

    async def farewell(self, provider: SignInProvider, back: str) -> str | None:
        end = (await self._of(provider).metadata.get()).end_session
        if end is None:
            return None
        query = {"client_id": provider.client_id, "post_logout_redirect_uri": back}
        return f"{end}{'&' if '?' in end else '?'}{urlencode(query)}"

    async def examine(self, provider: SignInProvider) -> Sequence[Finding]:
        try:
            document = await self._asking.get(discovery_url(provider))
            metadata = read_metadata(document, provider)
            keys = read_keys(await self._asking.get(metadata.keys))
        except ProviderFailed as problem:
            return [Finding(False, problem.message)]
        return judged(provider, metadata, keys)

    def _of(self, provider: SignInProvider) -> Known:
        known = self._known.get(provider.id)
        if known is None:
            metadata = Remembered(lambda: self._metadata(provider), self._clock)
            known = Known(metadata, Remembered(lambda: self._keys(metadata), self._clock))
            self._known[provider.id] = known
        return known

    async def _metadata(self, provider: SignInProvider) -> Metadata:
        return read_metadata(await self._asking.get(discovery_url(provider)), provider)

    async def _keys(self, metadata: Remembered[Metadata]) -> Sequence[Key]:
        return read_keys(await self._asking.get((await metadata.get()).keys))

    async def _exchanged(
        self, provider: SignInProvider, metadata: Metadata, code: str, asked: Asked
    ) -> Mapping[str, Any]:
        """The tokens for the code (RFC 6749, 4.1.3, with RFC 7636)."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": asked.redirect_uri,
            "code_verifier": asked.verifier,
        }
        headers = []
        if provider.client_secret is None:
            form["client_id"] = provider.client_id
        elif BASIC in metadata.authentications or IN_BODY not in metadata.authentications:
            headers.append(("Authorization", _basic(provider.client_id, provider.client_secret)))
        else:
            form |= {"client_id": provider.client_id, "client_secret": provider.client_secret}
        return await self._asking.post(metadata.token, urlencode(form).encode(), headers)

    async def _claims(self, provider: SignInProvider, token: object, asked: Asked) -> Mapping[str, Any]:
        """What the ID token says. A key that is not known is looked for once more: providers change theirs."""
        remembered = self._of(provider).keys
        expected = Expected(provider, asked.nonce, self._clock.now())
        keys = await remembered.get()
        try:
            return checked_claims(token, keys, expected)
        except KeyMissing:
            keys = await remembered.get(other_than=keys)
        try:
            return checked_claims(token, keys, expected)
        except KeyMissing:
            raise ProviderFailed("The provider's ID token is signed with a key that is not its own.") from None

    async def _told(
        self, metadata: Metadata, tokens: Mapping[str, Any], claims: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """The token's claims where they hold an address, else those that the provider tells besides (OpenID Connect
        Core 5.3), of the same subject.
        """
        access = tokens.get("access_token")
        if "email" in claims or metadata.userinfo is None or not isinstance(access, str):
            return claims
        if not access.isascii() or not access.isprintable():
            return claims
        told = await self._asking.get(metadata.userinfo, bearer=access)
        if told.get("sub") != claims["sub"]:
            raise ProviderFailed("The provider tells of somebody else than its ID token.")
        return told


def _basic(client_id: str, secret: str) -> str:
    """RFC 6749, 2.3.1: each is form-encoded first."""
    pair = f"{quote_plus(client_id)}:{quote_plus(secret)}"
    return f"Basic {b64encode(pair.encode()).decode()}"
