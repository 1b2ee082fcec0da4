"""Providers of identity, as the environment sets them up: each with variables of its own."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlsplit

from loomwork.bootstrap.settings import BadSetting, SettingLine
from loomwork.kernel.errors import InvalidInput
from loomwork.tenancy.api import BUILT_IN, JoinRule, SignInProvider

T = TypeVar("T")

_DOMAIN = re.compile(r"(?=.{1,253}$)[a-z0-9-]+(\.[a-z0-9-]+)+")
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,200}")
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_JOINING = tuple(role for role in BUILT_IN if role != "owner")


@dataclass(frozen=True, slots=True)
class Part:
    """One variable of each provider: `LOOMWORK_SSO_<ID>_<name>`."""

    name: str
    meaning: str
    default: str = ""
    secret: bool = False


PARTS = (
    Part("ISSUER", "Its issuer, exactly as it says it of itself, such as https://id.example.org."),
    Part("CLIENT_ID", "What this installation is called there."),
    Part("CLIENT_SECRET", "What proves it; none: the provider knows it as a public client.", secret=True),
    Part("LABEL", "What people call it: the word on the button.", "its id"),
    Part("SCOPES", "What it is asked to tell, with blanks.", "openid email profile"),
    Part("DOMAINS", "The domains of verified e-mail addresses that are let in, with commas.", "any"),
    Part("JOIN", "Where strangers of those domains become members, as what: workspace:viewer.", "nowhere"),
)


def read_providers(environment: Mapping[str, str], wanted: Sequence[str]) -> tuple[SignInProvider, ...]:
    """In the order of the ids. Raises `BadSetting`."""
    providers = tuple(_provider(environment, each) for each in wanted)
    issuers = [each.issuer for each in providers]
    for each in providers:
        if issuers.count(each.issuer) > 1:
            raise _bad(each.id, "ISSUER", "is another provider's too; each issuer is asked by one")
    return providers


def provider_lines(providers: Sequence[SignInProvider], environment: Mapping[str, str]) -> Iterator[SettingLine]:
    """What is shown of each: secrets as set or not set."""
    for provider in providers:
        for part in PARTS:
            given = _given(environment, provider.id, part.name)
            value = ("set" if given else "not set") if part.secret else given
            meaning = f"{provider.label}: {part.meaning[0].lower()}{part.meaning[1:]}"
            yield SettingLine(_name(provider.id, part.name), value, part.default, meaning, secret=part.secret)


def _provider(environment: Mapping[str, str], own: str) -> SignInProvider:
    def read(part: str) -> str:
        return _given(environment, own, part)

    domains = _parsed(own, "DOMAINS", read("DOMAINS"), _domains)
    join = _parsed(own, "JOIN", read("JOIN"), _join) if read("JOIN") else None
    if join is not None and not domains:
        raise _bad(own, "JOIN", "lets strangers in, so DOMAINS must say of which e-mail domains")
    return SignInProvider(
        id=own,
        label=_parsed(own, "LABEL", read("LABEL") or own, _label),
        issuer=_parsed(own, "ISSUER", read("ISSUER"), _issuer),
        client_id=_parsed(own, "CLIENT_ID", read("CLIENT_ID"), _client_id),
        client_secret=read("CLIENT_SECRET") or None,
        scopes=_parsed(own, "SCOPES", read("SCOPES") or "openid email profile", _scopes),
        domains=domains,
        join=join,
    )


def _issuer(value: str) -> str:
    parts = urlsplit(value)
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    if not is_safe or not parts.hostname or parts.username or parts.query or parts.fragment or parts.port == 0:
        raise ValueError("must be the issuer of a provider, such as https://id.example.org")
    return value


def _client_id(value: str) -> str:
    if not value or not value.isprintable() or len(value) > 500:
        raise ValueError("must say what this installation is called there")
    return value


def _label(value: str) -> str:
    if not value.isprintable() or len(value) > 60:
        raise ValueError("must be a word for a button, of at most 60 characters")
    return value


def _scopes(value: str) -> tuple[str, ...]:
    scopes = tuple(dict.fromkeys(value.split()))
    if "openid" not in scopes or not all(_SCOPE.fullmatch(each) for each in scopes):
        raise ValueError("must list scopes with blanks, `openid` among them")
    return scopes


def _domains(value: str) -> frozenset[str]:
    domains = frozenset(part.strip().lower() for part in value.split(",") if part.strip())
    if not all(_DOMAIN.fullmatch(each) for each in domains):
        raise ValueError("must list domains of e-mail addresses, such as example.org, with commas")
    return domains


def _join(value: str) -> JoinRule:
    workspace, _, role = value.rpartition(":")
    if not workspace.strip() or role.strip() not in _JOINING:
        raise ValueError(f"must name a workspace and a role ({', '.join(_JOINING)}), such as default:viewer")
    return JoinRule(workspace.strip(), role.strip())


def _parsed(own: str, part: str, text: str, parse: Callable[[str], T]) -> T:
    try:
        return parse(text)
    except ValueError as error:
        raise _bad(own, part, str(error)) from None


def _given(environment: Mapping[str, str], own: str, part: str) -> str:
    return environment.get(_name(own, part), "").strip()


def _name(own: str, part: str) -> str:
    return f"LOOMWORK_SSO_{own.upper().replace('-', '_')}_{part}"


def _bad(own: str, part: str, sentence: str) -> InvalidInput:
    name = _name(own, part)
    return BadSetting(f"{name} {sentence}.", setting=name)
