"""Limits of requests that hold for all processes of an installation together."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from weakref import WeakValueDictionary

from loomwork.kernel.clock import Clock
from loomwork.kernel.scope import Scope
from loomwork.tenancy.domain.limits import (
    MINUTE,
    Allowance,
    Demand,
    Limit,
    allowance,
    batch_of,
    too_many_requests,
)
from loomwork.tenancy.ports import RequestCounts

MOST_HELD = 10_000
"""Where more are held, those that are used up or old are forgotten."""

Held = tuple[str, str, str]


@dataclass(slots=True)
class _Holding:
    """What this process may still let in, and until when; with nothing left, when it is worth asking again."""

    most: int
    left: int
    due: float
    until: float


class LeasedRequests:
    """Takes requests from the shared counts in batches, a twentieth of a minute's at a time, and lets them in without
    asking again. The counts grant no more than the limit; what a process holds of an earlier minute is all that may
    come on top, so a limit holds within a twentieth for each process, and the difference of their clocks. One that
    holds nothing asks, and so does the first after a refusal has run out.
    """

    def __init__(self, counts: RequestCounts, clock: Clock) -> None:
        self._counts = counts
        self._clock = clock
        self._held: dict[Held, _Holding] = {}
        self._asking: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def admit(self, scope: Scope, found: Sequence[tuple[Limit, str]]) -> Allowance | None:
        """Let one request in under all of these limits, or raise `TooManyRequests`; what is left of the narrowest."""
        if not found:
            return None
        if self._lacking(scope, found):
            lock = self._asking.setdefault(scope.workspace_id, asyncio.Lock())
            async with lock:
                while lacking := self._lacking(scope, found):
                    await self._lease(scope, lacking)
                return self._take(scope, found)
        return self._take(scope, found)

    def _lacking(self, scope: Scope, found: Sequence[tuple[Limit, str]]) -> Sequence[tuple[Limit, str]]:
        """The limits of which nothing is held. Raises `TooManyRequests` while one is known to have no room."""
        now = self._now()
        lacking = []
        for limit, name in found:
            holding = self._held.get(_which(scope, limit, name))
            if holding is None or holding.most != limit.most or holding.until <= now:
                lacking.append((limit, name))
            elif not holding.left:
                raise too_many_requests(limit, holding.until - now)
        return lacking

    async def _lease(self, scope: Scope, lacking: Sequence[tuple[Limit, str]]) -> None:
        demands = [Demand(limit.id, name, limit.most) for limit, name in lacking]
        leases = await self._counts.lease(scope, demands, now=self._now())
        now = self._now()
        for (limit, name), lease in zip(lacking, leases, strict=True):
            each = MINUTE / limit.most
            until = now + MINUTE if lease.granted else max(now + each / batch_of(limit.most), lease.due + each - MINUTE)
            self._held[_which(scope, limit, name)] = _Holding(limit.most, lease.granted, lease.due, until)
        self._forget(now)

    def _take(self, scope: Scope, found: Sequence[tuple[Limit, str]]) -> Allowance:
        now = self._now()
        left = []
        for limit, name in found:
            holding = self._held[_which(scope, limit, name)]
            holding.left -= 1
            if not holding.left:
                holding.until = now
            free = allowance(limit.most, holding.due, now)
            left.append(Allowance(free.most, min(free.most, free.remaining + holding.left), free.reset))
        return min(left, key=lambda one: (one.remaining, -one.reset))

    def _forget(self, now: float) -> None:
        if len(self._held) > MOST_HELD:
            self._held = {which: holding for which, holding in self._held.items() if holding.until > now}

    def _now(self) -> float:
        return self._clock.now().timestamp()


def _which(scope: Scope, limit: Limit, name: str) -> Held:
    return scope.workspace_id, limit.id, name
