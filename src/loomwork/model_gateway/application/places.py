"""What is known of the places that calls are sent to, shared by all calls of this process."""

from collections import OrderedDict
from dataclasses import dataclass

from loomwork.kernel.clock import Clock
from loomwork.model_gateway.api import ModelFailure
from loomwork.model_gateway.domain.breaker import DEFAULT_RULES, Breaker, BreakerRules

MOST = 4096
"""Places remembered; of an open-ended provider anybody can make up any number."""


@dataclass(frozen=True, slots=True)
class Place:
    """A model of a provider with one key. `workspace` is empty for keys that all workspaces share."""

    workspace: str
    provider: str
    model: str
    key: str


class Places:
    """A circuit breaker for each place that has given cause; of the others nothing is kept."""

    def __init__(self, clock: Clock, rules: BreakerRules = DEFAULT_RULES) -> None:
        self._clock = clock
        self._rules = rules
        self._breakers: OrderedDict[Place, Breaker] = OrderedDict()

    def ready_at(self, place: Place, now: float) -> float | None:
        """When the place may be asked: now, or after a pause that its provider wants; None where it may not be, since
        it failed too often.
        """
        breaker = self._breakers.get(place)
        if breaker is None:
            return now
        return None if breaker.standing(now) in ("broken", "on_trial") else breaker.ready_at(now)

    def rests_for(self, place: Place) -> float:
        """Seconds until it may be asked again."""
        breaker = self._breakers.get(place)
        now = self._clock.monotonic()
        return 0.0 if breaker is None else breaker.ready_at(now) - now

    def is_broken(self, place: Place) -> bool:
        """Whether it is left alone because it failed, rather than because it asked for a pause."""
        breaker = self._breakers.get(place)
        return breaker is not None and breaker.standing(self._clock.monotonic()) != "cooling"

    def begin(self, place: Place) -> None:
        """It is asked now."""
        if breaker := self._breakers.get(place):
            breaker.begin(self._clock.monotonic())

    def good(self, place: Place, waited: float) -> None:
        """It answered, and began to after so many seconds."""
        breaker = self._breakers.get(place)
        if breaker is None:
            if waited <= self._rules.slow:
                return
            breaker = self._kept(place)
        breaker.good(self._clock.monotonic(), waited=waited)
        if breaker.spotless:
            self._breakers.pop(place, None)

    def failed(self, place: Place, failure: ModelFailure) -> None:
        """It did not answer."""
        self._kept(place).failed(self._clock.monotonic(), failure.cause, retry_after=failure.retry_after)

    def let_go(self, place: Place) -> None:
        """It was asked, and what came of it says nothing of the place."""
        if breaker := self._breakers.get(place):
            breaker.let_go()

    def _kept(self, place: Place) -> Breaker:
        breaker = self._breakers.get(place)
        if breaker is None:
            breaker = self._breakers[place] = Breaker(self._rules)
            if len(self._breakers) > MOST:
                self._breakers.popitem(last=False)
        self._breakers.move_to_end(place)
        return breaker
