"""A number of places, for whom their shares let in."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager

from loomwork.adapters.fairness.shares import Shares

A_CROWD = 3
"""So many of one key at one turnstile, inside or waiting, are a crowd: they are held back for others (see `Shares`). So
is whoever has used much of late: a crowd that is elsewhere may send one at a time, with what all of it has to do.
"""


class Turnstile:
    """Lets in `places` at a time: whose key has used least goes first, and under one key whoever came first. Where one
    that has used less comes now and then, a crowd has `crowd` places at most, so that this one meets no more of it than
    that when it comes. Several turnstiles may have the same shares. For one event loop.
    """

    def __init__(self, shares: Shares, places: int, *, crowd: int | None = None) -> None:
        self._shares = shares
        self._free = places
        self._most_of_crowd = places if crowd is None else crowd
        self._waiting: dict[Hashable, deque[asyncio.Future[None]]] = {}
        self._inside: dict[Hashable, int] = {}
        self._again: asyncio.TimerHandle | None = None

    @property
    def is_unused(self) -> bool:
        """Whether nobody is in, or waits."""
        return not self._inside and not any(not turn.done() for line in self._waiting.values() for turn in line)

    @asynccontextmanager
    async def place(self, key: Hashable) -> AsyncIterator[None]:
        """A place while the block lasts. Entering waits for it, and may be cancelled. Whoever is in must not wait for
        another place of the same turnstile.
        """
        await self._enter(key)
        try:
            yield
        finally:
            self._leave(key)

    async def turn(self, key: Hashable, *, seconds: float = 0.0) -> None:
        """Wait for a place, and have it until the event loop has come round: for what is done without waiting. Where
        what is done comes in pieces that nobody can wait for, it is had for `seconds`.
        """
        await self._enter(key)
        loop = asyncio.get_running_loop()
        if seconds > 0:
            loop.call_later(seconds, self._leave, key)
        else:
            loop.call_soon(self._leave, key)

    def beside(self, places: int, *, crowd: int | None = None) -> "Turnstile":
        """Another turnstile, with the same shares."""
        return Turnstile(self._shares, places, crowd=crowd)

    async def _enter(self, key: Hashable) -> None:
        self._shares.comes(key)
        turn = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(key, deque()).append(turn)
        self._go_on()
        if turn.done():
            return
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                self._go_on()
            else:
                # It was let in at the very moment that it gave up.
                self._leave(key)
            raise

    def _leave(self, key: Hashable) -> None:
        self._free += 1
        self._inside[key] -= 1
        if not self._inside[key]:
            del self._inside[key]
        self._shares.goes_out(key)
        self._go_on()

    def _go_on(self) -> None:
        """Let in whoever may go in now."""
        if self._again is not None:
            self._again.cancel()
            self._again = None
        while self._free and self._waiting:
            key = self._next()
            if key is None:
                return
            seconds = self._shares.held_back(key) if self._is_crowd(key) else 0.0
            if seconds > 0:
                self._again = asyncio.get_running_loop().call_later(seconds, self._go_on)
                return
            self._let_in(key)

    def _next(self) -> Hashable | None:
        """Whose turn it is; None where nobody waits that may go in."""
        for key in [key for key, line in self._waiting.items() if not _is_lined_up(line)]:
            del self._waiting[key]
        keys = [key for key in self._waiting if not self._has_enough(key)]
        if len(keys) < 2:
            return keys[0] if keys else None
        return self._shares.next_of(keys)

    def _has_enough(self, key: Hashable) -> bool:
        """Whether it is a crowd in company that has all the places of one. When one of them leaves, it is looked at
        again.
        """
        inside = self._inside.get(key, 0)
        return inside >= self._most_of_crowd and self._is_crowd(key) and self._shares.has_company(key)

    def _is_crowd(self, key: Hashable) -> bool:
        here = len(self._waiting[key]) + self._inside.get(key, 0)
        return here >= A_CROWD or self._shares.uses_much(key)

    def _let_in(self, key: Hashable) -> None:
        line = self._waiting[key]
        line.popleft().set_result(None)
        if not line:
            del self._waiting[key]
        self._free -= 1
        self._inside[key] = self._inside.get(key, 0) + 1
        self._shares.goes_in(key)


def _is_lined_up(line: "deque[asyncio.Future[None]]") -> bool:
    """Whether somebody waits, and has not given up by now."""
    while line and line[0].done():
        line.popleft()
    return bool(line)
