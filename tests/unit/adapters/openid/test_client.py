"""What a provider may answer, and what is taken from it; over real sockets."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc.jwk import RSAKey

from loomwork.adapters.egress import EgressGate, EgressPolicy
from loomwork.adapters.openid import EgressOpenIdClient
from loomwork.nodes.ports import EgressLimits
from loomwork.tenancy.api import Asked, OutsideIdentity, ProviderAnswer, ProviderFailed, SignInProvider
from tests.openid_server import CLIENT, SECRET, Claims, Provider, openid_server, rsa_key, signed, unsigned

pytestmark = pytest.mark.anyio

ASKED = Asked("http://127.0.0.1:8700/sign-in/sso/corp/callback", "s" * 43, "n" * 43, "v" * 43)
ANN = {"email": "Ann@Example.org", "email_verified": True, "name": "Ann"}


class SetClock:
    """The time of day, moved as a test wishes."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def monotonic(self) -> float:
        return self.now().timestamp()


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def corp() -> Iterator[Provider]:
    with openid_server(**ANN) as provider:
        yield provider


@pytest.fixture
async def gate(corp: Provider) -> AsyncIterator[EgressGate]:
    gate = EgressGate(EgressPolicy(allow=frozenset({urlsplit(corp.url).netloc})))
    yield gate
    await gate.close()


@pytest.fixture
def client(gate: EgressGate, clock: SetClock) -> EgressOpenIdClient:
    return EgressOpenIdClient(gate, clock)


def settings(corp: Provider, **other: Any) -> SignInProvider:
    return SignInProvider(
        **{"id": "corp", "label": "Corp", "issuer": corp.url, "client_id": CLIENT, "client_secret": SECRET} | other
    )


async def arrive(
    client: EgressOpenIdClient, corp: Provider, asked: Asked = ASKED, *, back: Asked | None = None, **other: Any
) -> OutsideIdentity:
    """Go there and come back; `back` is what we remember by then."""
    provider = settings(corp, **other)
    async with httpx.AsyncClient() as browser:
        answer = await browser.get(await client.address(provider, asked))
    query = {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}
    told = ProviderAnswer(state=query["state"], code=query["code"], issuer=query.get("iss", ""))
    return await client.identity(provider, told, back or asked)


def of(corp: Provider) -> OutsideIdentity:
    return OutsideIdentity(corp.url, "17", "ann@example.org", "Ann")


async def test_a_code_becomes_an_identity(client: EgressOpenIdClient, corp: Provider) -> None:
    assert await arrive(client, corp) == of(corp)
    assert corp.asked.count("/.well-known/openid-configuration") == 1


async def test_what_a_provider_says_of_itself_is_read_once_and_again_after_an_hour(
    client: EgressOpenIdClient, corp: Provider, clock: SetClock
) -> None:
    await asyncio.gather(*(client.address(settings(corp), ASKED) for _ in range(5)))
    assert len(corp.asked) == 1
    clock.ahead = timedelta(minutes=61)
    await client.address(settings(corp), ASKED)
    assert len(corp.asked) == 2


async def test_who_hangs_up_does_not_take_the_answer_from_the_others(
    client: EgressOpenIdClient, corp: Provider
) -> None:
    first = asyncio.create_task(client.address(settings(corp), ASKED))
    second = asyncio.create_task(client.address(settings(corp), ASKED))
    await asyncio.sleep(0)
    first.cancel()
    assert (await second).startswith(f"{corp.url}/authorize?")


async def test_keys_that_the_provider_has_changed_are_read_again(client: EgressOpenIdClient, corp: Provider) -> None:
    await arrive(client, corp)
    corp.rotate()
    assert await arrive(client, corp) == of(corp)
    assert corp.asked.count("/keys") == 2


def ahead(**seconds: int) -> Callable[[Claims], Claims]:
    return lambda said: said | {name: said["iat"] + by for name, by in seconds.items()}


def but(**other: Any) -> Callable[[Claims], Claims]:
    return lambda said: {name: value for name, value in (said | other).items() if value is not None}


@pytest.mark.parametrize(
    ("claims", "named"),
    [
        (but(iss="https://evil.example.com"), "iss"),
        (but(iss=None), "iss"),
        (but(aud="somebody-else"), "aud"),
        (but(aud=None), "aud"),
        (but(aud=["somebody-else"]), "aud"),
        (but(aud=[CLIENT, "somebody-else"]), "azp"),
        (but(aud=[CLIENT, "somebody-else"], azp="somebody-else"), "azp"),
        (but(azp="somebody-else"), "azp"),
        (ahead(exp=-3600), "exp"),
        (but(exp=None), "exp"),
        (but(exp="tomorrow"), "exp"),
        (ahead(iat=3600), "iat"),
        (but(iat=None), "iat"),
        (ahead(nbf=3600), "nbf"),
        (but(nonce="another"), "nonce"),
        (but(nonce=None), "nonce"),
        (but(nonce=["n" * 43]), "nonce"),
        (but(sub=None), "sub"),
        (but(sub=""), "sub"),
        (but(sub=17), "sub"),
        (but(sub="x" * 300), "sub"),
    ],
)
async def test_an_id_token_that_is_not_for_us_now_is_refused(
    client: EgressOpenIdClient, corp: Provider, claims: Callable[[Claims], Claims], named: str
) -> None:
    corp.claims = claims
    with pytest.raises(ProviderFailed, match=f"its {named} is not what it must be"):
        await arrive(client, corp)


def with_our_secret(claims: Claims, _key: Any) -> str:
    return symmetric(claims, SECRET.encode())


def with_its_public_key(claims: Claims, key: Any) -> str:
    return symmetric(claims, key.as_pem(private=False))


def symmetric(claims: Claims, key: bytes) -> str:
    parts = ({"alg": "HS256", "kid": "first"}, claims)
    told = ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)
    mac = hmac.digest(key, told.encode(), hashlib.sha256)
    return f"{told}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


def by_somebody_else(claims: Claims, key: Any) -> str:
    other = RSAKey.import_key(rsa_key("other").as_dict(private=True) | {"kid": key.kid})
    return signed(claims, other)


def bringing_its_own_key(claims: Claims, _key: Any) -> str:
    own = rsa_key("mine")
    return signed(claims, own, jwk=own.as_dict(private=False))


def changed(claims: Claims, key: Any) -> str:
    head, _, signature = signed(claims, key).split(".")
    other = base64.urlsafe_b64encode(json.dumps(claims | {"sub": "1"}).encode()).decode().rstrip("=")
    return f"{head}.{other}.{signature}"


@pytest.mark.parametrize(
    "sign",
    [
        unsigned,
        with_our_secret,
        with_its_public_key,
        by_somebody_else,
        bringing_its_own_key,
        changed,
        lambda claims, key: "no.token",
        lambda claims, key: "",
        lambda claims, key: signed(claims, key, crit=["new"], new=True),
        lambda claims, key: None,
        lambda claims, key: ["a", "list"],
        lambda claims, key: signed(claims, key) + "\ud800",
    ],
)
async def test_a_token_that_the_provider_has_not_signed_is_refused(
    client: EgressOpenIdClient, corp: Provider, sign: Any
) -> None:
    corp.sign = sign
    with pytest.raises(ProviderFailed):
        await arrive(client, corp)


async def test_a_code_that_another_browser_was_given_is_worth_nothing_here(
    client: EgressOpenIdClient, corp: Provider
) -> None:
    ours = Asked(ASKED.redirect_uri, "t" * 43, "m" * 43, "w" * 43)
    with pytest.raises(ProviderFailed, match="invalid_grant"):
        await arrive(client, corp, back=ours)
    same_verifier = Asked(ASKED.redirect_uri, "t" * 43, "m" * 43, ASKED.verifier)
    with pytest.raises(ProviderFailed, match="nonce"):
        await arrive(client, corp, back=same_verifier)


async def test_an_answer_of_another_provider_is_refused(client: EgressOpenIdClient, corp: Provider) -> None:
    told = ProviderAnswer(state=ASKED.state, code="code", issuer="https://evil.example.com")
    with pytest.raises(ProviderFailed, match="another provider"):
        await client.identity(settings(corp), told, ASKED)
    corp.metadata = {"authorization_response_iss_parameter_supported": True}
    fresh = EgressOpenIdClient(client._asking._egress, client._clock)
    with pytest.raises(ProviderFailed, match="another provider"):
        await arrive(fresh, corp)


@pytest.mark.parametrize(
    ("email", "verified", "taken"),
    [
        ("ann@example.org", True, "ann@example.org"),
        ("ann@example.org", "true", "ann@example.org"),
        ("ann@example.org", False, None),
        ("ann@example.org", None, None),
        ("ann@example.org", 1, None),
        ("ann@example.org", "yes", None),
        ("no address", True, None),
        (["ann@example.org"], True, None),
    ],
)
async def test_only_an_address_that_the_provider_has_verified_is_taken(
    client: EgressOpenIdClient, corp: Provider, email: Any, verified: Any, taken: str | None
) -> None:
    corp.user = {"sub": "17", "email": email, "email_verified": verified}
    assert (await arrive(client, corp)).email == taken


async def test_an_address_that_the_token_does_not_hold_is_asked_for(client: EgressOpenIdClient, corp: Provider) -> None:
    corp.user, corp.userinfo = {"sub": "17"}, {"sub": "17", **ANN}
    assert await arrive(client, corp) == of(corp)
    corp.userinfo = {"sub": "18", **ANN}
    with pytest.raises(ProviderFailed, match="somebody else"):
        await arrive(client, corp)


async def test_a_wrong_secret_and_a_missing_one_are_told_apart_from_nothing_else(
    client: EgressOpenIdClient, corp: Provider
) -> None:
    for wrong in ("wrong", None):
        with pytest.raises(ProviderFailed, match="invalid_client") as caught:
            await arrive(client, corp, client_secret=wrong)
        assert "wrong" not in str(caught.value)


async def test_a_secret_goes_into_the_body_where_the_provider_takes_it_only_there(
    client: EgressOpenIdClient, corp: Provider
) -> None:
    corp.metadata = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    assert await arrive(client, corp) == of(corp)
    assert corp.forms[-1]["client_secret"] == SECRET


DISCOVERY = "/.well-known/openid-configuration"


@pytest.mark.parametrize("path", [DISCOVERY, "/token", "/keys"])
@pytest.mark.parametrize(
    "answer",
    [
        (200, b""),
        (200, b"<html>"),
        (200, b"[]"),
        (200, b"null"),
        (200, b"{}"),
        (200, b'{"keys": 7, "id_token": 7, "issuer": 7}'),
        (200, b'{"keys": [7, {}, {"kty": "RSA"}, {"kty": "oct", "k": "AAAA"}, {"kty": ["RSA"]}]}'),
        (200, b"[" * 100_000),
        (200, b"\xff\xfe{}"),
        (200, b'{"a": "' + b"x" * (2 << 20) + b'"}'),
        (500, b"{}"),
        (302, b"{}"),
        (400, b'{"error": "<script>"}'),
        (400, b"{"),
    ],
)
async def test_garbage_is_a_sentence_and_no_identity(
    client: EgressOpenIdClient, corp: Provider, path: str, answer: tuple[int, bytes]
) -> None:
    corp.answers[path] = answer
    with pytest.raises(ProviderFailed) as caught:
        await arrive(client, corp)
    assert "<" not in str(caught.value)


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://evil.example.com"},
        {"issuer": None},
        {"token_endpoint": None},
        {"token_endpoint": "ftp://127.0.0.1/"},
        {"token_endpoint": "http://id.example.com/token"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": "https://id.example.com/a\r\nSet-Cookie: a=b"},
        {"jwks_uri": ["https://id.example.com/keys"]},
        {"jwks_uri": "http://[broken"},
    ],
)
async def test_a_document_that_leads_astray_is_refused(
    client: EgressOpenIdClient, corp: Provider, metadata: Claims
) -> None:
    corp.metadata = metadata
    with pytest.raises(ProviderFailed):
        await client.address(settings(corp), ASKED)


async def test_addresses_that_are_not_public_are_not_asked_because_a_provider_names_them(
    client: EgressOpenIdClient, corp: Provider
) -> None:
    corp.metadata = {"jwks_uri": "http://127.0.0.1:1/keys"}
    with pytest.raises(ProviderFailed, match="port"):
        await arrive(client, corp)


@pytest.mark.parametrize("path", [DISCOVERY, "/token", "/keys"])
async def test_a_provider_that_hangs_is_waited_for_only_so_long(
    gate: EgressGate, clock: SetClock, corp: Provider, path: str
) -> None:
    corp.hanging.add(path)
    impatient = EgressOpenIdClient(gate, clock, limits=EgressLimits(connect=2, first_byte=0.2, total=2, redirects=0))
    with pytest.raises(ProviderFailed, match="did not answer in time"):
        await arrive(impatient, corp)


async def test_a_provider_that_is_not_there_is_named(client: EgressOpenIdClient, corp: Provider) -> None:
    with pytest.raises(ProviderFailed):
        await client.address(settings(corp, issuer="http://127.0.0.1:9"), ASKED)


async def test_no_secret_stands_in_what_is_shown(corp: Provider) -> None:
    shown = repr(settings(corp)) + repr(ASKED) + repr(ProviderAnswer(state="state", code="a code"))
    assert SECRET not in shown
    assert ASKED.verifier not in shown
    assert "a code" not in shown


async def test_a_sound_provider_is_found_sound(client: EgressOpenIdClient, corp: Provider) -> None:
    found = await client.examine(settings(corp))
    assert all(each.is_good for each in found), found


@pytest.mark.parametrize(
    ("metadata", "other", "said"),
    [
        ({"issuer": "https://other.example.org"}, {}, "calls itself 'https://other.example.org'"),
        ({"id_token_signing_alg_values_supported": ["HS256"]}, {}, "signed by HS256"),
        ({"token_endpoint_auth_methods_supported": ["private_key_jwt"]}, {}, "takes no client secret"),
        ({"code_challenge_methods_supported": ["plain"]}, {"client_secret": None}, "PKCE"),
    ],
)
async def test_what_is_wrong_with_a_provider_is_said(
    client: EgressOpenIdClient, corp: Provider, metadata: Claims, other: Any, said: str
) -> None:
    corp.metadata = metadata
    wrong = [each.sentence for each in await client.examine(settings(corp, **other)) if each.is_good is False]
    assert len(wrong) == 1
    assert said in wrong[0]
