"""One call on its way to an answer: whom it asks, in which order, after which pause, and what it says in the end.

The rules are those of `domain.balancing`, `domain.breaker` and `domain.fallbacks`; here they meet the clock.
"""

import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from loomwork.kernel.scope import Scope
from loomwork.model_gateway.api import Cause, ModelFailure, ModelType, ModelUnavailable, Route
from loomwork.model_gateway.application.candidates import Candidate, Candidates
from loomwork.model_gateway.application.places import Places
from loomwork.model_gateway.application.timing import Timing
from loomwork.model_gateway.domain.balancing import Way, choose, in_order, pause_before
from loomwork.model_gateway.domain.fallbacks import next_fallback, telling
from loomwork.model_gateway.ports import Target

RETRIES = 1
"""Further attempts at the same place, for a model that is not asked by way of a route."""

A = TypeVar("A")


class Attempts:
    """The attempts of one call. `made` says how many requests were sent."""

    def __init__(
        self,
        scope: Scope,
        type_: ModelType,
        model: str,
        *,
        fallbacks: Sequence[str] = (),
        candidates: Candidates,
        places: Places,
        timing: Timing,
    ) -> None:
        self._scope = scope
        self._type = type_
        self._model = model
        self._fallbacks = fallbacks
        self._candidates = candidates
        self._places = places
        self._timing = timing
        self._tier: list[tuple[Candidate, Way]] = []
        self._named = {model}
        self._waited = 0.0
        self._ends = math.inf
        self._cause: Cause = "outage"
        self._failures: list[ModelFailure] = []
        self.route: Route | None = None
        self.made = 0

    async def prepare(self) -> Sequence[Candidate]:
        """Find those who are asked first. Raises `ModelFailure` where there is nobody at all."""
        try:
            named = await self._candidates.named(self._scope, self._model, self._type)
        except ModelFailure as failure:
            self._note(failure)
            if not await self._fall_back():
                raise self._failure() from None
        else:
            self.route = named.route
            if named.route is not None:
                self._ends = self._now() + named.route.patience.total
            self._enter(named.candidates)
        return [candidate for candidate, _ in self._tier]

    async def everyone(self) -> Sequence[Candidate]:
        """Those who are asked first, and all who may be asked instead."""
        names = [*dict.fromkeys(name for others in self._of_route.values() for name in others), *self._fallbacks]
        found = [candidate for candidate, _ in self._tier]
        for name in names:
            try:
                found += (await self._candidates.named(self._scope, name, self._type)).candidates
            except ModelFailure:
                continue
        return found

    async def answered(self, ask: Callable[[Candidate], Awaitable[A]]) -> A:
        """What the first one says who does not fail. Raises the failure that says most where all do.

        Whoever is handed the answer says what became of it: `good`, or `failed` where it broke off later.
        """
        while (candidate := await self.next()) is not None:
            try:
                return await ask(candidate)
            except ModelFailure as failure:
                self.failed(candidate, failure)
            except BaseException:
                self.let_go(candidate)
                raise
        raise self._failure()

    async def next(self) -> Candidate | None:
        """Whom to ask now, after the pause that comes before; None where nobody is left."""
        while (now := self._now()) < self._ends:
            self._look(now)
            chosen = choose(self._ways, now, retries=self._retries, patience=self._patience(now))
            if chosen is None:
                self._say_who_rests()
                if not await self._fall_back():
                    return None
                continue
            wait = (self._ways[chosen].ready_at or now) - now
            if wait <= 0:
                return self._begin(chosen)
            self._waited += wait
            await self._timing.sleep(wait)
        return None

    def next_at_once(self) -> Candidate | None:
        """Another one of those who may be asked now and have not been; None where there is none."""
        now = self._now()
        self._look(now)
        ways = [replace(way, ready_at=None) if way.tries else way for way in self._ways]
        chosen = choose(ways, now, retries=0, patience=0.0)
        return None if chosen is None else self._begin(chosen)

    def good(self, candidate: Candidate, waited: float) -> None:
        """It answered to the end; its first piece came after so many seconds."""
        if candidate.place is not None:
            self._places.good(candidate.place, waited)

    def failed(self, candidate: Candidate, failure: ModelFailure) -> None:
        """It failed, be it in the middle of its answer."""
        self._note(failure)
        if candidate.place is not None:
            self._places.failed(candidate.place, failure)
        for one, way in self._tier:
            if one is candidate:
                pause = pause_before(way.tries, failure.retry_after, self._timing.pauses, self._timing.chance)
                way.cause = failure.cause
                way.paused_until = self._now() + pause

    def let_go(self, candidate: Candidate) -> None:
        """Its answer is not waited for any more."""
        if candidate.place is not None:
            self._places.let_go(candidate.place)

    def target_of(self, candidate: Candidate) -> Target:
        """Where the candidate is asked, with no more patience than is left of the route's."""
        target = candidate.target
        if target.patience is None:
            return target
        left = max(0.0, self._ends - self._now())
        return replace(target, patience=replace(target.patience, total=min(target.patience.total, left)))

    @property
    def _ways(self) -> list[Way]:
        return [way for _, way in self._tier]

    @property
    def _retries(self) -> int:
        return RETRIES if self.route is None else self.route.retries

    @property
    def _of_route(self) -> Mapping[str, Sequence[str]]:
        return {} if self.route is None else self.route.fallbacks

    def _now(self) -> float:
        return self._timing.clock.monotonic()

    def _patience(self, now: float) -> float:
        """How long a pause may be by now."""
        pauses = self._timing.pauses
        others = self._next_name() is not None
        return max(0.0, min((pauses.short if others else pauses.patience) - self._waited, self._ends - now))

    def _look(self, now: float) -> None:
        """Take in what other calls have learnt of the places meanwhile."""
        for candidate, way in self._tier:
            ready_at: float | None = now
            if candidate.place is not None:
                ready_at = self._places.ready_at(candidate.place, now)
            way.ready_at = None if ready_at is None else max(ready_at, way.paused_until)

    def _begin(self, chosen: int) -> Candidate:
        candidate, way = self._tier[chosen]
        way.tries += 1
        self.made += 1
        if candidate.place is not None:
            self._places.begin(candidate.place)
        return candidate

    def _enter(self, candidates: Sequence[Candidate]) -> None:
        ordered = in_order([(one, one.weight) for one in candidates], self._timing.chance)
        self._tier = [(one, _way(one)) for one in ordered]

    async def _fall_back(self) -> bool:
        """Go on to the next model that may be asked instead; False where there is none."""
        while (name := self._next_name()) is not None:
            self._named.add(name)
            patience = None if self.route is None else self.route.patience
            try:
                named = await self._candidates.named(self._scope, name, self._type, patience=patience)
            except ModelFailure as failure:
                # Why somebody else was asked stays the cause: this one was not asked at all.
                self._failures.append(failure)
            else:
                self._enter(named.candidates)
                return True
        return False

    def _next_name(self) -> str | None:
        return next_fallback(self._cause, self._of_route, self._fallbacks, self._named)

    def _note(self, failure: ModelFailure) -> None:
        self._failures.append(failure)
        self._cause = failure.cause

    def _say_who_rests(self) -> None:
        """Where a whole tier was passed over, because of what became of other calls, this call has its failure too."""
        if self._tier and not any(way.tries for way in self._ways):
            candidate = min((one for one, _ in self._tier), key=self._rests_for)
            self._note(_resting(candidate, self._rests_for(candidate), self._places))

    def _rests_for(self, candidate: Candidate) -> float:
        return 0.0 if candidate.place is None else self._places.rests_for(candidate.place)

    def _failure(self) -> ModelFailure:
        return telling(self._failures)


def _way(candidate: Candidate) -> Way:
    place = candidate.place
    model = f"{candidate.provider.id}/{candidate.target.model}"
    return Way(model, f"{candidate.provider.id}/{place.key if place else ''}")


def _resting(candidate: Candidate, seconds: float, places: Places) -> ModelUnavailable:
    broken = candidate.place is not None and places.is_broken(candidate.place)
    why = "failed too often of late" if broken else "asked for a pause"
    return ModelUnavailable(
        f"{candidate.name} {why}; it is asked again in {math.ceil(seconds)} s.",
        cause="outage" if broken else "rate",
        retry_after=seconds,
        model=candidate.name,
    )
