"""Who guesses has to wait, and nobody else.

Failures are counted for an account together with where they come from: a device that the person signed in on before,
else a network. So a stranger makes a stranger wait, never the person whose account it is. Where one process serves, the
counts are its own: a stranger's guess is not worth a write to the database. Where several do, they count together too.
"""

import asyncio
import ipaddress
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from loomwork.tenancy.api import TooManyAttempts, Visit
from loomwork.tenancy.domain import wait_after
from loomwork.tenancy.domain.password import FORGIVEN_AFTER
from loomwork.tenancy.ports import FailureCounts

MOST_REMEMBERED = 10_000
MOST_WAITING = 10
"""Requests of one network that wait for their turn to have a password looked at."""

_V6_PREFIX = 64
"""What one subscriber is given; its other half they choose as they like."""

Key = tuple[str, str]


@dataclass(slots=True)
class _Failures:
    count: int
    wait_until: datetime


class SignInAttempts:
    """Counts failures in a row, those of other processes too where they are `shared`. For one event loop."""

    def __init__(self, shared: FailureCounts | None = None) -> None:
        self._shared = shared
        self._failures: OrderedDict[Key, _Failures] = OrderedDict()
        self._turns: dict[str, tuple[asyncio.Lock, int]] = {}

    async def attempt(self, account: str, visit: Visit, *, now: datetime) -> None:
        """Count an attempt as a failure until `succeed` says otherwise, wherever it is counted. Raises
        `TooManyAttempts`.
        """
        self.begin(account, visit, now=now)
        if self._shared is not None and (wait := await self._shared.begin(*_key(account, visit), now=now)) > 0:
            raise _too_many(wait)

    async def succeed(self, account: str, visit: Visit) -> None:
        """It was the right password."""
        self.forget(account, visit)
        if self._shared is not None:
            await self._shared.forget(*_key(account, visit))

    def begin(self, account: str, visit: Visit, *, now: datetime) -> None:
        """Count an attempt as a failure until `forget` says otherwise, so that many at once are many. Raises
        `TooManyAttempts`.
        """
        key = _key(account, visit)
        known = self._failures.pop(key, None)
        if known is None or now - known.wait_until > FORGIVEN_AFTER:
            known = _Failures(0, now)
        self._failures[key] = known
        if now < known.wait_until:
            raise _too_many((known.wait_until - now).total_seconds())
        known.count += 1
        known.wait_until = now + wait_after(known.count)
        while len(self._failures) > MOST_REMEMBERED:
            self._failures.popitem(last=False)

    def forget(self, account: str, visit: Visit) -> None:
        """It was the right password."""
        self._failures.pop(_key(account, visit), None)

    @asynccontextmanager
    async def turn(self, visit: Visit) -> AsyncIterator[None]:
        """One at a time for each network, since looking at a password costs memory and time. Raises
        `TooManyAttempts`.
        """
        network = network_of(visit.address)
        lock, waiting = self._turns.get(network, (asyncio.Lock(), 0))
        if waiting >= MOST_WAITING:
            raise _too_many(1)
        self._turns[network] = lock, waiting + 1
        try:
            async with lock:
                yield
        finally:
            self._leave(network)

    def _leave(self, network: str) -> None:
        lock, waiting = self._turns[network]
        if waiting > 1:
            self._turns[network] = lock, waiting - 1
        else:
            del self._turns[network]


def network_of(address: str) -> str:
    """The part of an address that its user cannot choose: the /64 of an IPv6 one, else all of it."""
    try:
        given = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(given, ipaddress.IPv4Address):
        return address
    if given.ipv4_mapped is not None:
        return str(given.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(given), _V6_PREFIX), strict=False))


def _key(account: str, visit: Visit) -> Key:
    whence = f"device {visit.device}" if visit.device is not None else f"network {network_of(visit.address)}"
    return account, whence


def _too_many(seconds: float) -> TooManyAttempts:
    pause = max(1, round(seconds))
    return TooManyAttempts(
        f"There were too many failed attempts from here. Try again in {pause} seconds.", retry_after=pause
    )
