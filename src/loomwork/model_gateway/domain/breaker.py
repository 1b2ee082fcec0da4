"""Whether a place is asked at all: what failed too often of late, or asked for a pause, is left alone for a while.

A place is a model of a provider with one key. Time is handed in, in seconds of a clock that never goes back.
"""

from collections import deque
from dataclasses import dataclass
from typing import Literal

from loomwork.model_gateway.domain.errors import Cause

FAULTS: frozenset[Cause] = frozenset({"outage", "timeout", "bad_answer"})
"""Causes that speak against a place, whatever it was asked."""

Standing = Literal["open_to_all", "cooling", "broken", "on_trial"]


@dataclass(frozen=True, slots=True)
class BreakerRules:
    """Seconds, but for `least` and `share`. The circuit opens where at least `least` of the last `kept` calls of
    `window` were bad, and at least that `share` of them. It opens for `open_for`, twice as long each time that the
    trial call which follows is bad too. An answer that began later than `slow` counts as bad. A 429 without
    `Retry-After` is a pause of `cool_down`, twice as long for each that follows.
    """

    window: float = 60.0
    kept: int = 20
    least: int = 5
    share: float = 0.5
    open_for: float = 10.0
    longest_open: float = 300.0
    slow: float = 120.0
    trial: float = 60.0
    """How long a trial call keeps others out, should nobody say how it ended."""
    cool_down: float = 1.0
    longest_cool_down: float = 300.0


DEFAULT_RULES = BreakerRules()


class Breaker:
    """What is known of one place. A circuit breaker with a trial call, and the pause that a provider asked for."""

    __slots__ = ("_cooling_until", "_openings", "_outcomes", "_reopens_at", "_rules", "_throttled", "_trial_until")

    def __init__(self, rules: BreakerRules = DEFAULT_RULES) -> None:
        self._rules = rules
        self._outcomes: deque[tuple[float, bool]] = deque(maxlen=rules.kept)
        self._cooling_until = 0.0
        self._throttled = 0
        self._reopens_at: float | None = None
        self._openings = 0
        self._trial_until: float | None = None

    def standing(self, now: float) -> Standing:
        """`on_trial`: one call is under way that shows whether the place is back."""
        if now < self._cooling_until:
            return "cooling"
        if self._reopens_at is not None and now < self._reopens_at:
            return "broken"
        if self._trial_until is not None and now < self._trial_until:
            return "on_trial"
        return "open_to_all"

    def ready_at(self, now: float) -> float:
        """When it may be asked again: `now`, or a time to come."""
        return max(now, self._cooling_until, self._reopens_at or 0.0, self._trial_until or 0.0)

    def begin(self, now: float) -> None:
        """It is asked now. After a broken time this is the trial, and nobody else asks until it has ended."""
        if self._reopens_at is not None:
            self._trial_until = now + self._rules.trial

    def let_go(self) -> None:
        """A call ended without saying anything of the place: it was cancelled, or refused for what it asked."""
        self._trial_until = None

    def good(self, now: float, *, waited: float) -> None:
        """It answered; its first piece came `waited` seconds after the question."""
        self._throttled = 0
        if waited > self._rules.slow:
            self._bad(now)
            return
        if self._reopens_at is not None:
            self._outcomes.clear()
        self._outcomes.append((now, False))
        self._reopens_at = self._trial_until = None
        self._openings = 0

    def failed(self, now: float, cause: Cause, *, retry_after: float | None = None) -> None:
        """It did not answer."""
        if cause == "rate":
            self._cool(now, retry_after)
        elif cause in FAULTS:
            self._bad(now)
            if retry_after is not None:
                self._cool(now, retry_after)
        else:
            self.let_go()

    @property
    def spotless(self) -> bool:
        """Whether there is nothing to remember."""
        return self._reopens_at is None and not self._throttled and not any(bad for _, bad in self._outcomes)

    def _cool(self, now: float, retry_after: float | None) -> None:
        asked = self._rules.cool_down * 2 ** min(self._throttled, 30) if retry_after is None else retry_after
        self._throttled += 1
        pause = min(max(asked, 0.0), self._rules.longest_cool_down)
        self._cooling_until = max(self._cooling_until, now + pause)
        self._trial_until = None

    def _bad(self, now: float) -> None:
        self._outcomes.append((now, True))
        if self._reopens_at is not None:
            if now >= self._reopens_at:
                self._open(now)
            return
        recent = [bad for at, bad in self._outcomes if now - at <= self._rules.window]
        if sum(recent) >= self._rules.least and sum(recent) >= self._rules.share * len(recent):
            self._open(now)

    def _open(self, now: float) -> None:
        pause = min(self._rules.open_for * 2 ** min(self._openings, 30), self._rules.longest_open)
        self._reopens_at = now + pause
        self._openings += 1
        self._trial_until = None
