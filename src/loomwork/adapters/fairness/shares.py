"""How much of one process each workspace uses, and so who goes next where not all can go at once.

Use is counted in seconds, divided among those who are in at a time, and half of it is forgotten every `HALF_LIFE`. Who
has used least for its weight goes first: one that seldom wants anything finds everybody else behind it, and of those
who want more than there is, each gets what its weight says.

A run wants something every millisecond or so, and in between there is nobody of a quiet workspace in the line. If that
moment were given to a crowd, each step of the quiet run would wait for the crowd's. So a crowd is held back for the
moment in which somebody who uses less is likely to come back (anticipatory scheduling, as disks were shared out:
Iyer and Druschel, SOSP 2001), and that moment counts as used by whoever it is kept free for.
"""

import math
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass

HALF_LIFE = 1.0
"""Seconds after which half of what was used is forgotten."""

BRIEFLY = 0.005
"""Seconds in which somebody who has just been in is waited for. A run that computes comes back in less."""

WHILE_IN = 0.025
"""Seconds in which somebody who is still in is waited for: to come out, and to go on."""

MUCH = 0.5
"""Seconds of use of late that are much: what a third of the process comes to in the long run."""

OF_LATE = 1.0
"""Seconds for which somebody who has been in is reckoned with."""

COMES_BACK = 0.5
"""The share of times that a workspace came back in that while, from which on it is waited for."""

REMEMBERS = 0.1
"""How much the latest time counts in that share."""

FORGOTTEN = 1e-3
"""Seconds of use that are as good as none."""

ANEW = 100 * HALF_LIFE
"""Seconds after which use is counted in another unit."""

MANY = 256
"""Workspaces from which on those that have not used anything of late are forgotten."""


@dataclass(slots=True)
class _Share:
    """`used` is by weight, and in the unit of the moment (see `_unit`)."""

    weight: int
    used: float = 0.0
    inside: int = 0
    touched: float = float("-inf")
    """When it last went in or out."""
    comes_back: float = 1.0


class Shares:
    """What is used of one process, by key. It waits for nobody and takes no clock but the one it is handed."""

    def __init__(self, monotonic: Callable[[], float], *, weigh: Callable[[Hashable], int] = lambda _: 1) -> None:
        self._monotonic = monotonic
        self._weigh = weigh
        self._shares: OrderedDict[Hashable, _Share] = OrderedDict()
        """In the order in which they were touched."""
        self._inside: dict[Hashable, _Share] = {}
        self._kept_free_for: _Share | None = None
        self._began = self._counted_to = monotonic()
        self._many = MANY

    @property
    def known(self) -> int:
        """How many keys are kept in mind."""
        return len(self._shares)

    def comes(self, key: Hashable) -> None:
        """Somebody wants to go in."""
        share = self._share(key)
        if share.touched > float("-inf"):
            back = share.inside > 0 or self._monotonic() - share.touched < BRIEFLY
            share.comes_back += REMEMBERS * (back - share.comes_back)

    def goes_in(self, key: Hashable) -> None:
        """Somebody is let in."""
        self._count()
        share = self._touch(key)
        share.inside += 1
        self._inside[key] = share
        self._kept_free_for = None

    def goes_out(self, key: Hashable) -> None:
        """Somebody who was let in is done."""
        self._count()
        share = self._touch(key)
        share.inside -= 1
        if not share.inside:
            self._inside.pop(key, None)

    def next_of(self, keys: Iterable[Hashable]) -> Hashable:
        """Who of these has used least for its weight; of those who are equal, the first."""
        self._count()
        return min(keys, key=lambda key: self._share(key).used)

    def held_back(self, key: Hashable) -> float:
        """Seconds for which a crowd of this key's is held back for somebody who has used less, and is in or was a
        moment ago; 0.0 for none.
        """
        self._count()
        used = self._share(key).used
        for other, share, left in self._just_here():
            if other != key and share.used < used and share.comes_back >= COMES_BACK:
                self._kept_free_for = share
                return min(left, BRIEFLY)  # Whoever is in may come out sooner, and not come back.
        return 0.0

    def is_shared(self) -> bool:
        """Whether more than one have been here of late."""
        self._count()
        here = self._touched_since(self._counted_to - OF_LATE)
        return next(here, None) is not None and next(here, None) is not None

    def is_kept_free(self) -> bool:
        """Whether somebody who has not used much of late is in, or was a moment ago and is likely to come back: it
        would wait for whatever else this process did now.
        """
        self._count()
        much = MUCH * self._unit(self._counted_to)
        return any(share.used <= much and share.comes_back >= COMES_BACK for _, share, _ in self._just_here())

    def _just_here(self) -> Iterator[tuple[Hashable, _Share, float]]:
        """Those who are in, or were a moment ago, latest first, each with the seconds for which it is waited for."""
        now = self._counted_to
        for key, share in self._touched_since(now - WHILE_IN):
            left = share.touched + (WHILE_IN if share.inside else BRIEFLY) - now
            if left > 0:
                yield key, share, left

    def _touched_since(self, moment: float) -> Iterator[tuple[Hashable, _Share]]:
        """Latest first."""
        for key, share in reversed(self._shares.items()):
            if share.touched < moment:
                return
            yield key, share

    def has_company(self, key: Hashable) -> bool:
        """Whether somebody who has used less has been here of late, and may come again any moment."""
        self._count()
        used, since = self._share(key).used, self._counted_to - OF_LATE
        return any(other != key and share.used < used for other, share in self._touched_since(since))

    def uses_much(self, key: Hashable) -> bool:
        """Whether the key has used more of late than one of three who share the process equally."""
        return self.used(key) > MUCH

    def used(self, key: Hashable) -> float:
        """Seconds by weight that the key has used of late."""
        self._count()
        return self._share(key).used / self._unit(self._counted_to)

    def _share(self, key: Hashable) -> _Share:
        share = self._shares.get(key)
        if share is None:
            if len(self._shares) >= self._many:
                self._forget()
            share = self._shares[key] = _Share(max(1, self._weigh(key)))
            self._shares.move_to_end(key, last=False)
        return share

    def _touch(self, key: Hashable) -> _Share:
        share = self._share(key)
        share.touched = self._counted_to
        self._shares.move_to_end(key)
        return share

    def _unit(self, now: float) -> float:
        """What a second of use counts now. It grows where all that was used before would have to shrink, which leaves
        the same between any two and costs nothing.
        """
        return math.exp2((now - self._began) / HALF_LIFE)

    def _count(self) -> None:
        """Count the time since it was last counted as used by those who are in, or by whom it was kept free for."""
        now = self._monotonic()
        seconds, self._counted_to = now - self._counted_to, now
        users = list(self._inside.values())
        if not users and self._kept_free_for is not None:
            users = [self._kept_free_for]
        if now - self._began > ANEW:
            self._renew(now)
        unit = self._unit(now)
        everybody = sum(max(1, share.inside) for share in users)
        for share in users:
            share.used += seconds * unit * max(1, share.inside) / everybody / share.weight

    def _renew(self, now: float) -> None:
        """Begin the unit anew, before numbers grow out of bounds."""
        left = math.exp2(-min(1000.0, (now - self._began) / HALF_LIFE))
        for share in self._shares.values():
            share.used *= left
        self._began = now

    def _forget(self) -> None:
        unit = self._unit(self._counted_to)
        least = self._counted_to - BRIEFLY
        for key, share in list(self._shares.items()):
            if not share.inside and share.touched < least and share.used < FORGOTTEN * unit:
                del self._shares[key]
        self._many = max(MANY, 2 * len(self._shares))
