"""A number of places that many want, shared out in turns."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable, Hashable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class _Party:
    """Those who come under one key: how many are in, how many may be, and who waits outside. `turns` are those that it
    has before the next key's: as many as it weighs.
    """

    most: int
    turns: int = 1
    inside: int = 0
    waiting: "deque[asyncio.Future[None]]" = field(default_factory=deque)

    @property
    def is_lined_up(self) -> bool:
        """Whether somebody waits, and has not given up by now."""
        while self.waiting and self.waiting[0].done():
            self.waiting.popleft()
        return bool(self.waiting)


class FairPlaces:
    """At most `total` places, and at most `each` for those who come under one key. When there are not enough, the keys
    take turns, however many wait under each; under one key, whoever came first goes in first. A key has as many turns
    in a row as `weigh` says, from 1 on (weighted round robin). `least` places are there for each key however many
    others have taken: those who keep theirs for long cannot keep another out. For one event loop.
    """

    def __init__(
        self, total: int, each: int, *, least: int = 0, weigh: Callable[[Hashable], int] = lambda _: 1
    ) -> None:
        self._free = total
        self._each = each
        self._least = least
        self._weigh = weigh
        self._parties: dict[Hashable, _Party] = {}
        self._turns: OrderedDict[Hashable, _Party] = OrderedDict()

    @property
    def is_unused(self) -> bool:
        """Whether nobody is in, or waits."""
        return not self._parties

    @asynccontextmanager
    async def place(self, key: Hashable, *, at_most: int | None = None) -> AsyncIterator[None]:
        """A place while the block lasts; entering waits for it, and may be cancelled. `at_most` lowers `each` for this
        key, as the last who came under it said.
        """
        party = self._parties.setdefault(key, _Party(self._each, self._weigh(key)))
        party.most = self._each if at_most is None else max(1, min(at_most, self._each))
        await self._enter(key, party)
        try:
            yield
        finally:
            self._leave(key, party)

    async def _enter(self, key: Hashable, party: _Party) -> None:
        turn = asyncio.get_running_loop().create_future()
        party.waiting.append(turn)
        self._go_on(key, party)
        if turn.done():
            return
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                self._go_on(key, party)
            else:
                # It was let in at the very moment that it gave up.
                self._leave(key, party)
            raise

    def _leave(self, key: Hashable, party: _Party) -> None:
        self._free += 1
        party.inside -= 1
        self._go_on(key, party)

    def _go_on(self, key: Hashable, party: _Party) -> None:
        """Something has changed for this key: let in whoever may go in now, of any key."""
        self._line_up(key, party)
        while party.inside < min(self._least, party.most) and party.is_lined_up:
            self._let_in(party)
        self._line_up(key, party)
        while self._free > 0 and self._turns:
            next_key, next_party = self._turns.popitem(last=False)
            if next_party.is_lined_up:
                self._let_in(next_party)
                next_party.turns -= 1
            self._line_up(next_key, next_party)
            self._again(next_key, next_party)

    def _let_in(self, party: _Party) -> None:
        """Whoever came first of those that wait. There may be fewer places than none, by what is there for each."""
        party.waiting.popleft().set_result(None)
        party.inside += 1
        self._free -= 1

    def _again(self, key: Hashable, party: _Party) -> None:
        """Keep a key that has turns left where it was, in front; count the others' anew."""
        if party.turns > 0 and key in self._turns:
            self._turns.move_to_end(key, last=False)
        else:
            party.turns = self._weigh(key)

    def _line_up(self, key: Hashable, party: _Party) -> None:
        """Keep the key among those that take turns while it wants a place and may have one; forget it when unused."""
        if not party.is_lined_up or party.inside >= party.most:
            self._turns.pop(key, None)
        else:
            self._turns.setdefault(key, party)
        if not party.inside and not party.waiting:
            self._parties.pop(key, None)
