"""How often models may be called: buckets that fill up steadily, and that every call takes from.

A bucket holds what may be used in a minute. Full, it lets that much through at once; after that, as much as flows in.
"""

from dataclasses import dataclass, replace
from typing import Literal

Measure = Literal["calls", "tokens"]

MINUTE = 60.0


@dataclass(frozen=True, slots=True)
class RateLimits:
    """The most of a minute, for each kind of who is limited; None: as many as one likes."""

    workspace_calls: int | None = None
    workspace_tokens: int | None = None
    app_calls: int | None = None
    app_tokens: int | None = None
    key_calls: int | None = None
    key_tokens: int | None = None
    end_user_calls: int | None = None
    end_user_tokens: int | None = None

    def of(self, kind: str) -> dict[Measure, int]:
        """Those that are set for the workspace, an app, a key or an end user."""
        found: dict[Measure, int | None] = {
            "calls": getattr(self, f"{kind}_calls"),
            "tokens": getattr(self, f"{kind}_tokens"),
        }
        return {measure: limit for measure, limit in found.items() if limit is not None}


@dataclass(frozen=True, slots=True)
class Bucket:
    """`level` is what was in it at `at` (seconds of a monotonic clock). It may be below nothing: a single call that is
    larger than the bucket goes through when it is full, and the next ones wait for it.
    """

    size: float
    level: float
    at: float

    def filled(self, now: float) -> "Bucket":
        """As it stands at a later moment."""
        flowed = max(0.0, now - self.at) * self.size / MINUTE
        return replace(self, level=min(self.size, self.level + flowed), at=max(self.at, now))

    def wait_for(self, count: float) -> float:
        """Seconds until so much may be taken; 0.0 where it may be now."""
        return max(0.0, (min(count, self.size) - self.level) * MINUTE / self.size)

    def taken(self, count: float) -> "Bucket":
        """With so much less in it; or more, where it is below 0 and given back."""
        return replace(self, level=min(self.size, self.level - count))

    @property
    def full(self) -> bool:
        return self.level >= self.size


def full_bucket(size: int, now: float) -> Bucket:
    return Bucket(float(size), float(size), now)
