"""Requests to a provider, through the gate, for answers that are JSON objects."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from loomwork.nodes.ports import Egress, EgressFailed, EgressLimits, EgressRefused, EgressRequest, EgressResponse
from loomwork.tenancy.api import ProviderFailed

LIMITS = EgressLimits(connect=5.0, first_byte=10.0, total=15.0, size=1 << 20, redirects=0)
"""No redirects: each address is one that the provider has named."""

FORM = ("Content-Type", "application/x-www-form-urlencoded")
_WHOLE = 200
_REFUSED = frozenset({400, 401})


class Asking:
    """Asks the addresses of one provider. What it raises is `ProviderFailed`, with no more than a host in it."""

    def __init__(self, egress: Egress, limits: EgressLimits = LIMITS) -> None:
        self._egress = egress
        self._limits = limits

    async def get(self, url: str, *, bearer: str | None = None) -> Mapping[str, Any]:
        headers = [("Accept", "application/json")]
        if bearer is not None:
            headers.append(("Authorization", f"Bearer {bearer}"))
        response = await self._fetch(EgressRequest("GET", url, headers))
        if response.status != _WHOLE:
            raise ProviderFailed(f"{_host(url)} answers {response.status} where a description of it should be.")
        return _object(response)

    async def post(self, url: str, body: bytes, headers: Sequence[tuple[str, str]] = ()) -> Mapping[str, Any]:
        sent = [("Accept", "application/json"), FORM, *headers]
        response = await self._fetch(EgressRequest("POST", url, sent, body))
        if response.status != _WHOLE:
            raise ProviderFailed(f"{_host(url)} does not take the code ({_reason(response)}).")
        return _object(response)

    async def _fetch(self, request: EgressRequest) -> EgressResponse:
        try:
            return await self._egress.fetch(request, self._limits)
        except (EgressFailed, EgressRefused) as problem:
            raise ProviderFailed(problem.message) from None


def _object(response: EgressResponse) -> Mapping[str, Any]:
    try:
        found = orjson.loads(response.body)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise ProviderFailed(f"{_host(response.url)} answers with what is no JSON object.")
    return found


def _reason(response: EgressResponse) -> str:
    """The provider's own word for it (RFC 6749, 5.2), where it is one."""
    if response.status in _REFUSED:
        try:
            error = _object(response).get("error")
        except ProviderFailed:
            error = None
        if isinstance(error, str) and len(error) <= 40 and error.isascii() and error.replace("_", "").isalpha():
            return error
    return f"it answers {response.status}"


def _host(url: str) -> str:
    return url.partition("://")[2].partition("/")[0].rpartition("@")[2]
