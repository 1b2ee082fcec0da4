"""How often models may be called, counted in this process."""

import math

from loomwork.kernel.clock import Clock
from loomwork.kernel.scope import Scope
from loomwork.model_gateway.domain.budgets import subjects_of
from loomwork.model_gateway.domain.errors import TooManyCalls
from loomwork.model_gateway.domain.limits import Bucket, Measure, RateLimits, full_bucket
from loomwork.model_gateway.domain.usage import Spender

MOST_BUCKETS = 10_000
"""Where there are more, those that are full again are forgotten: a new one is as good."""

Name = tuple[str, str, str, Measure]
_WHOSE = {"workspace": "This workspace", "app": "This app", "key": "This key", "end_user": "This end user"}


class MemoryCallLimits:
    """Fits `model_gateway.ports.CallLimits`. Nothing is awaited between a look and a change."""

    def __init__(self, limits: RateLimits, clock: Clock) -> None:
        self._limits = limits
        self.are_none = limits == RateLimits()
        self._clock = clock
        self._buckets: dict[Name, Bucket] = {}

    async def admit(self, scope: Scope, spender: Spender, tokens: int) -> None:
        if not (buckets := self._of(scope, spender)):
            return
        counts: dict[Measure, int] = {"calls": 1, "tokens": max(0, tokens)}
        waits = {name: bucket.wait_for(counts[name[3]]) for name, bucket in buckets.items()}
        if waits and max(waits.values()) > 0:
            raise _too_many(*max(waits.items(), key=lambda one: one[1]), buckets)
        for name, bucket in buckets.items():
            self._buckets[name] = bucket.taken(counts[name[3]])

    async def give_back(self, scope: Scope, spender: Spender, tokens: int) -> None:
        for name, bucket in self._of(scope, spender).items():
            if name[3] == "tokens":
                self._buckets[name] = bucket.taken(-tokens)

    def _of(self, scope: Scope, spender: Spender) -> dict[Name, Bucket]:
        """The buckets that a call takes from, as they stand now."""
        if self.are_none:
            return {}
        now = self._clock.monotonic()
        found: dict[Name, Bucket] = {}
        for kind, whose in subjects_of(scope.workspace_id, spender).items():
            for measure, limit in self._limits.of(kind).items():
                name = (scope.workspace_id, kind, whose, measure)
                found[name] = (self._buckets.get(name) or full_bucket(limit, now)).filled(now)
        if len(self._buckets) > MOST_BUCKETS:
            self._forget(now)
        return found

    def _forget(self, now: float) -> None:
        self._buckets = {name: bucket for name, bucket in self._buckets.items() if not bucket.filled(now).full}


def _too_many(name: Name, wait: float, buckets: dict[Name, Bucket]) -> TooManyCalls:
    _, kind, _, measure = name
    seconds = max(1, math.ceil(wait))
    return TooManyCalls(
        f"{_WHOSE[kind]} may use {buckets[name].size:.0f} model {measure} a minute, and has. Try again in {seconds} "
        f"second{'s' if seconds > 1 else ''}.",
        retry_after=wait,
        limit=f"{kind}_{measure}",
    )
