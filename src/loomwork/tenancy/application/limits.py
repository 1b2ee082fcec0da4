"""Limits, kept and held to."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

from loomwork.kernel.clock import Clock
from loomwork.kernel.remembering import Remembering
from loomwork.kernel.scope import Scope
from loomwork.tenancy.api import Identity, LimitState
from loomwork.tenancy.application.leased_requests import LeasedRequests
from loomwork.tenancy.domain.limits import (
    EACH,
    Allowance,
    Caller,
    Limit,
    Subject,
    after_one,
    allowance,
    applying,
    checked_limit,
    storage_full,
    too_many_requests,
    too_many_runs,
    wait_for_one,
)
from loomwork.tenancy.ports import LimitStore, RequestCounts

LOOK_AGAIN_SECONDS = 2.0
"""How long limits are taken to be what they were: another process may have changed them."""

WEIGH_AGAIN_SECONDS = 60.0
"""How long what somebody keeps is taken to be what it was: to add it up takes a look at every row."""

MOST_COUNTED = 10_000
"""Where more are counted, those who owe nothing are forgotten."""

INSTALLATION = "installation:"
"""What the ids of limits begin with that hold for every workspace and no row holds."""

Counted = tuple[str, str, str]


class StoredLimits:
    """Fits `tenancy.api.Limits`, and `apps.ports.RunAdmission`. Requests are counted in this process, and where there
    may be others in `shared`, for all of them; runs and bytes are counted in the database. `of_all` are the requests a
    minute that nobody in the installation may go beyond.
    """

    def __init__(
        self,
        store: LimitStore,
        clock: Clock,
        *,
        of_all: Mapping[Subject, int] | None = None,
        shared: RequestCounts | None = None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._leased = None if shared is None else LeasedRequests(shared, clock)
        self._of_all = [
            Limit(f"{INSTALLATION}{subject}", subject, "" if subject == "workspace" else EACH, "requests", most)
            for subject, most in (of_all or {}).items()
        ]
        self._known: Remembering[Sequence[Limit]] = Remembering(clock, LOOK_AGAIN_SECONDS)
        self._weighed: dict[Counted, tuple[float, int]] = {}
        self._due: dict[Counted, float] = {}
        self._starting: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def list_limits(self, scope: Scope) -> Sequence[LimitState]:
        limits = await self._store.limits(scope)
        return [LimitState(limit, await self._used(scope, limit)) for limit in [*self._of_all, *limits]]

    async def put_limit(self, scope: Scope, limit: Limit) -> LimitState:
        await self._known.written(self._store.put(scope, checked_limit(limit), at=self._clock.now()))
        return LimitState(limit, await self._used(scope, limit))

    async def remove_limit(self, scope: Scope, limit_id: str) -> None:
        await self._known.written(self._store.remove(scope, limit_id, at=self._clock.now()))

    async def admit_request(self, identity: Identity) -> Allowance | None:
        app_id = identity.subject_id if identity.kind == "app" else None
        key_id = identity.scope.actor.id if identity.scope.actor.kind == "key" else None
        return await self._admit(identity.scope, Caller(app_id, key_id), narrowest=None)

    @asynccontextmanager
    async def starting(self, scope: Scope, app_id: str, end_user: str) -> AsyncIterator[None]:
        """A run is written down within the block. Between the look and the writing no other of the workspace is
        written down by this process.
        """
        limits = await self._limits(scope)
        if not limits:
            yield
            return
        key_id = scope.actor.id if scope.actor.kind == "key" else None
        caller = Caller(app_id, key_id, end_user or None)
        lock = self._starting.setdefault(scope.workspace_id, asyncio.Lock())
        async with lock:
            await self._check_storage(scope, limits, caller)
            await self._check_runs(scope, limits, caller)
            await self._admit(scope, Caller(end_user=caller.end_user), narrowest="end_user")
            yield

    async def _admit(self, scope: Scope, caller: Caller, *, narrowest: Subject | None) -> Allowance | None:
        """Let one request in, or raise `TooManyRequests`; what is then left of the limit that leaves the least."""
        found = applying(await self._limits(scope), "requests", caller)
        if narrowest is not None:
            found = [(limit, name) for limit, name in found if limit.subject == narrowest]
        if self._leased is not None:
            return await self._leased.admit(scope, found)
        now = self._clock.monotonic()
        counted = [(limit, (scope.workspace_id, limit.id, name)) for limit, name in found]
        waits = [(wait_for_one(limit.most, self._due.get(which, now), now), limit) for limit, which in counted]
        if waits and (longest := max(waits, key=lambda one: one[0]))[0] > 0:
            raise too_many_requests(longest[1], longest[0])
        for limit, which in counted:
            self._due[which] = after_one(limit.most, self._due.get(which, now), now)
        self._forget(now)
        left = [allowance(limit.most, self._due[which], now) for limit, which in counted]
        return min(left, key=lambda one: (one.remaining, -one.reset)) if left else None

    async def _check_runs(self, scope: Scope, limits: Sequence[Limit], caller: Caller) -> None:
        for limit, name in applying(limits, "runs", caller):
            if await self._store.runs_now(scope, limit.subject, name) >= limit.most:
                raise too_many_runs(limit)

    async def _check_storage(self, scope: Scope, limits: Sequence[Limit], caller: Caller) -> None:
        for limit, name in applying(limits, "storage", caller):
            if (used := await self._bytes(scope, limit.subject, name)) >= limit.most:
                raise storage_full(limit, used)

    async def _used(self, scope: Scope, limit: Limit) -> int | None:
        match limit.measure:
            case "storage" if limit.subject_id != EACH:
                return await self._bytes(scope, limit.subject, limit.subject_id)
            case "runs" if limit.subject_id != EACH:
                return await self._store.runs_now(scope, limit.subject, limit.subject_id)
            case _:
                return None

    async def _limits(self, scope: Scope) -> Sequence[Limit]:
        return await self._known.get(scope.workspace_id, lambda: self._all_of(scope))

    async def _all_of(self, scope: Scope) -> Sequence[Limit]:
        return [*self._of_all, *await self._store.limits(scope)]

    async def _bytes(self, scope: Scope, subject: Subject, name: str) -> int:
        now, which = self._clock.monotonic(), (scope.workspace_id, subject, name)
        weighed = self._weighed.get(which)
        if weighed is None or not 0 <= now - weighed[0] < WEIGH_AGAIN_SECONDS:
            if len(self._weighed) > MOST_COUNTED:
                self._weighed.clear()
            weighed = self._weighed[which] = (now, await self._store.bytes_kept(scope, subject, name))
        return weighed[1]

    def _forget(self, now: float) -> None:
        if len(self._due) > MOST_COUNTED:
            self._due = {which: due for which, due in self._due.items() if due > now}
