"""Providers of identity as commands see them: of the data folder's settings, or of a server's, over its API."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote

from loomwork.tenancy.api import SignInProvider, SingleSignOn


@dataclass(frozen=True, slots=True)
class ProviderLine:
    """A provider as it is set up, without its secret. `domains` empty: any; `join` empty: who is invited."""

    id: str
    label: str
    issuer: str
    client_id: str
    domains: Sequence[str]
    join: str
    redirect_uri: str


@dataclass(frozen=True, slots=True)
class FindingLine:
    """Something that was looked at. `is_good` None: it works, and could be better."""

    is_good: bool | None
    sentence: str


class SignOnDesk(Protocol):
    """What commands do about single sign-on. Each raises the `LoomworkError` that says why it could not."""

    async def list_providers(self) -> Sequence[ProviderLine]: ...

    async def test(self, provider_id: str) -> Sequence[FindingLine]: ...


@dataclass(frozen=True, slots=True)
class LocalSignOn:
    """Fits `SignOnDesk`. `home` is where people reach the server of this folder."""

    sso: SingleSignOn
    home: str

    async def list_providers(self) -> Sequence[ProviderLine]:
        return [self._line(each) for each in self.sso.providers]

    async def test(self, provider_id: str) -> Sequence[FindingLine]:
        found = await self.sso.examine(provider_id, home=self.home)
        return [FindingLine(each.is_good, each.sentence) for each in found]

    def _line(self, it: SignInProvider) -> ProviderLine:
        join = f"{it.join.workspace}:{it.join.role}" if it.join is not None else ""
        back = f"{self.home}/sign-in/sso/{it.id}/callback"
        return ProviderLine(it.id, it.label, it.issuer, it.client_id, sorted(it.domains), join, back)


@dataclass(frozen=True, slots=True)
class RemoteSignOn:
    """Fits `SignOnDesk`. `ask` takes a method, a path and a body, and gives what the server answers."""

    ask: Callable[..., Awaitable[Any]]

    async def list_providers(self) -> Sequence[ProviderLine]:
        return [_told(each) for each in (await self.ask("GET", "/single-sign-on"))["data"]]

    async def test(self, provider_id: str) -> Sequence[FindingLine]:
        found = await self.ask("POST", f"/single-sign-on/{quote(provider_id, safe='')}/test")
        return [FindingLine(each["is_good"], each["sentence"]) for each in found["data"]]


def _told(it: Any) -> ProviderLine:
    join = f"{it['join']['workspace']}:{it['join']['role']}" if it["join"] is not None else ""
    return ProviderLine(it["id"], it["label"], it["issuer"], it["client_id"], it["domains"], join, it["redirect_uri"])
