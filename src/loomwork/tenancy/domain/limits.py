"""How much a workspace, an app, a key or an end user may ask for: requests in a minute, runs at once, bytes kept.

What models may use, in tokens and money, is kept by budgets (`model_gateway`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from loomwork.kernel.errors import InvalidInput, LoomworkError

Subject = Literal["workspace", "app", "key", "end_user"]
LimitMeasure = Literal["requests", "runs", "storage"]

EACH = "*"
"""As the id of a subject: each of them, counted apart."""

MINUTE = 60.0
MOST = 10**15
_PARTS = 20
_ROUNDING = 1e-8
"""What of a request may be lost in seconds since 1970, which tell no more than a quarter of a microsecond."""

_PLACES: Mapping[Subject, str] = {
    "workspace": "this workspace",
    "app": "this app",
    "key": "this key",
    "end_user": "this end user",
}


class TooManyRequests(LoomworkError):
    """More was asked in a minute than may be; `retry_after` says in how many seconds there is room again."""

    code = "too_many_requests"


class TooManyRuns(LoomworkError):
    """As many runs go as may go at once."""

    code = "too_many_runs"


class StorageFull(LoomworkError):
    """As much is kept as may be."""

    code = "storage_full"


@dataclass(frozen=True, slots=True)
class Limit:
    """The most of a measure: requests a minute, runs at once, or bytes kept. `subject_id` is the id of the app, key or
    end user, or `EACH` for each of them; "" for the workspace.
    """

    id: str
    subject: Subject
    subject_id: str
    measure: LimitMeasure
    most: int


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, as far as limits look; None: not known, or none."""

    app_id: str | None = None
    key_id: str | None = None
    end_user: str | None = None

    def id_of(self, subject: Subject) -> str | None:
        """The id under which a subject is counted; None where the caller does not come under it."""
        named = {"workspace": "", "app": self.app_id, "key": self.key_id, "end_user": self.end_user}
        return named[subject]


@dataclass(frozen=True, slots=True)
class Demand:
    """A process wants to let in requests under a limit of `most` a minute; `name` says whose they are."""

    limit_id: str
    name: str
    most: int


@dataclass(frozen=True, slots=True)
class Lease:
    """So many requests may be let in without asking again; 0 where there is no room. `due` is when all that any process
    has taken is paid off, in seconds since 1970.
    """

    granted: int
    due: float


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of a limit of requests: `remaining` of `most` now, all of it again in `reset` seconds."""

    most: int
    remaining: int
    reset: float


def checked_limit(limit: Limit) -> Limit:
    """The limit, if it can be meant. Raises `InvalidInput`."""
    if (limit.subject == "workspace") != (limit.subject_id == ""):
        raise InvalidInput(f"Say which {limit.subject} the limit is for, or * for each.", field="subject_id")
    if not 1 <= limit.most <= MOST:
        raise InvalidInput("A limit is a whole number from 1 on.", field="most")
    return limit


def applying(limits: Iterable[Limit], measure: LimitMeasure, caller: Caller) -> Sequence[tuple[Limit, str]]:
    """The limits of a measure that a caller comes under, each with the id that it is counted under."""
    found = ((limit, caller.id_of(limit.subject)) for limit in limits if limit.measure == measure)
    return [(limit, name) for limit, name in found if name is not None and limit.subject_id in (name, EACH)]


def allowance(most: int, due: float, now: float) -> Allowance:
    """What is left where the requests that were let in are paid off at `due` (seconds of a monotonic clock): each
    costs `MINUTE / most`, and a minute's worth may be owed (the generic cell rate algorithm, ITU-T I.371).
    """
    owed = max(0.0, due - now)
    return Allowance(most, max(0, int((MINUTE - owed) * most / MINUTE + 1e-9)), owed)


def after_one(most: int, due: float, now: float) -> float:
    """When everything is paid off once one more was let in."""
    return max(due, now) + MINUTE / most


def wait_for_one(most: int, due: float, now: float) -> float:
    """Seconds until one more may be let in; 0.0 where it may be now."""
    return max(0.0, after_one(most, due, now) - now - MINUTE - 1e-9)


def batch_of(most: int) -> int:
    """How many requests a process takes at a time where several count together: one in twenty of a minute's."""
    return max(1, most // _PARTS)


def room(most: int, due: float, now: float) -> int:
    """How many may be let in now, where `due` and `now` are seconds of a clock that all who count share."""
    left = MINUTE - max(0.0, due - now)
    return max(0, int(left * most / MINUTE + most * _ROUNDING))


def after_some(most: int, count: int, due: float, now: float) -> float:
    """When everything is paid off once so many more were let in."""
    return max(due, now) + count * MINUTE / most


def too_many_requests(limit: Limit, wait: float) -> TooManyRequests:
    seconds = max(1, int(wait) + 1)
    return TooManyRequests(
        f"{_PLACES[limit.subject].capitalize()} may ask {limit.most} times a minute, and has. Try again in {seconds} "
        f"second{'s' if seconds > 1 else ''}.",
        retry_after=wait,
        limit=limit.id,
    )


def too_many_runs(limit: Limit) -> TooManyRuns:
    return TooManyRuns(
        f"{_PLACES[limit.subject].capitalize()} may have {limit.most} runs at once, and has. Try again when one ends.",
        limit=limit.id,
    )


def storage_full(limit: Limit, used: int) -> StorageFull:
    whose = _PLACES[limit.subject].capitalize()
    return StorageFull(
        f"{whose} may keep {limit.most:,} bytes and keeps {used:,}. Delete apps or runs, or raise the limit.",
        limit=limit.id,
        used=used,
    )
