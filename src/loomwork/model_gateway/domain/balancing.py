"""In which order the ways to an answer are tried: by weight first, then by what became of each so far.

One call keeps a `Way` for each pair of a deployment and a key that it could be sent to.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from loomwork.model_gateway.domain.errors import Cause

T = TypeVar("T")

PASSING: frozenset[Cause] = frozenset({"rate", "outage", "bad_answer"})
"""Causes for which the same place is asked once more. One that was too slow is not: it would be waited for twice."""

OF_THE_REQUEST: frozenset[Cause] = frozenset({"context_too_long", "policy", "not_found"})
"""Causes that hold for a model with whatever key it is asked."""


@dataclass(frozen=True, slots=True)
class Pauses:
    """Seconds. Before the n-th repetition there is a pause of about `first` doubled n times, at most `longest`, of
    which chance takes up to a half. `patience` is the longest time that a call waits for a place to be ready again
    where there is nobody else to ask; `short` where there is.
    """

    first: float = 0.5
    longest: float = 8.0
    patience: float = 10.0
    short: float = 0.5


DEFAULT_PAUSES = Pauses()


@dataclass(slots=True)
class Way:
    """A place to send the call to. `ready_at` is when it may be asked, None for one that may not be asked at all;
    `paused_until` is this call's own pause.
    """

    model: str
    key: str
    tries: int = 0
    cause: Cause | None = None
    paused_until: float = 0.0
    ready_at: float | None = 0.0


def in_order(ways: Sequence[tuple[T, float]], chance: Callable[[], float]) -> list[T]:
    """Shuffled so that each comes first as often as its weight is of all weights; weightless ones come last.

    `chance` gives numbers from 0 up to 1 (Efraimidis and Spirakis, "Weighted random sampling with a reservoir", 2006).
    """
    if len(ways) < 2:
        return [way for way, _ in ways]
    drawn = [(weight <= 0, _draw(weight, chance), place) for place, (_, weight) in enumerate(ways)]
    return [ways[place][0] for _, _, place in sorted(drawn)]


def _draw(weight: float, chance: Callable[[], float]) -> float:
    return -math.log(1.0 - chance()) / weight if weight > 0 else math.inf


def choose(ways: Sequence[Way], now: float, *, retries: int, patience: float) -> int | None:
    """The place in `ways` of the one to ask next, be it after a pause of at most `patience`; None where none is left.

    Those that are ready come before those that are not, those never tried before those that failed.
    """
    best: tuple[tuple[float, int, int], int] | None = None
    for place, way in enumerate(ways):
        if way.ready_at is None or way.tries > retries or not _may_help(way, ways):
            continue
        wait = max(0.0, way.ready_at - now)
        rank = (wait, way.tries, place)
        if wait <= patience and (best is None or rank < best[0]):
            best = rank, place
    return None if best is None else best[1]


def _may_help(way: Way, ways: Sequence[Way]) -> bool:
    """Whether nothing that became of it, or of a way that shares its model or its key, speaks against it."""
    if way.cause is not None and way.cause not in PASSING:
        return False
    for other in ways:
        if other.cause in OF_THE_REQUEST and other.model == way.model:
            return False
        if other.cause == "credentials" and other.key == way.key:
            return False
        if other.cause == "bad_request":
            return False
    return True


def pause_before(tries: int, retry_after: float | None, pauses: Pauses, chance: Callable[[], float]) -> float:
    """Seconds until a place that failed `tries` times may be asked again. What the provider asks for is never cut
    short: where that is too long to wait, the place is not asked again.
    """
    if retry_after is not None:
        return max(0.0, retry_after)
    whole = min(pauses.first * 2.0 ** min(max(tries - 1, 0), 30), pauses.longest)
    return whole / 2 + whole / 2 * chance()
