"""A call whose answer comes piece by piece."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from loomwork.model_gateway.api import Cost, ModelFailure, ModelUnavailable, Route, Usage
from loomwork.model_gateway.application.attempts import Attempts
from loomwork.model_gateway.application.candidates import Candidate
from loomwork.model_gateway.application.hedging import Hedge
from loomwork.model_gateway.application.metering import Bill, Meter, cost_of_call

E = TypeVar("E")


class Ear(Protocol[E]):
    """Hears an answer as it passes, and knows what it comes to."""

    def known(self, candidates: Sequence[Candidate], route: Route | None) -> Sequence[E] | None:
        """The whole answer, where nobody needs to be asked."""
        ...

    def foreseen(self, candidate: Candidate) -> Usage:
        """The most that an answer may use."""
        ...

    def hear(self, event: E) -> Usage | None:
        """Take in a piece; what the whole answer used, where it is the last."""
        ...

    def so_far(self) -> Usage:
        """What was used up to here, as far as can be said."""
        ...

    def named(self, event: E, model: str) -> E:
        """The last piece, with the name of who answered."""
        ...

    def priced(self, event: E, cost: Cost) -> E:
        """The last piece, with what the answer cost, where such a piece says so."""
        ...

    def fault(self) -> ModelFailure | None:
        """What is wrong with the whole answer, though it came to its end."""
        ...


@dataclass(slots=True)
class _Begun(Generic[E]):
    """An answer of which the first piece is there."""

    candidate: Candidate
    first: E
    rest: AsyncGenerator[E, None]
    waited: float

    async def drop(self) -> None:
        await self.rest.aclose()


class StreamCall(Generic[E]):
    """One call. Until the first piece is there, others may be asked instead; from then on a failure is passed on.

    Of an answer that is wanted `whole`, when its first piece comes says nothing: it may be all of it.
    """

    def __init__(
        self,
        attempts: Attempts,
        meter: Meter,
        bill: Bill,
        ear: Ear[E],
        send: Callable[[Candidate], AsyncGenerator[E, None]],
        *,
        whole: bool = False,
    ) -> None:
        self._attempts = attempts
        self._meter = meter
        self._bill = bill
        self._ear = ear
        self._send = send
        self._is_whole = whole
        self._is_over = False

    async def events(self) -> AsyncGenerator[E, None]:
        """The pieces as they come; closing the iterator ends the call. The last piece is held until the call is over,
        so that its connection may be used again, whoever stops listening there.
        """
        candidates = await self._attempts.prepare()
        known = self._ear.known(candidates, self._attempts.route)
        if known is not None:
            await self._settle_known()
            for event in known[:-1]:
                yield event
            yield self._ear.priced(known[-1], cost_of_call(self._bill))
            return
        if self._meter.may_refuse(self._bill):
            await self._meter.reserve(self._bill, await self._attempts.everyone(), self._ear.foreseen)
        try:
            begun = await self._begin()
            hear, last = self._ear.hear, None
            async with aclosing(begun.rest) as rest:
                if (used := hear(begun.first)) is None:
                    yield begun.first
                else:
                    last = self._over(begun.first, used)
                # Written out, with nothing between a wire and whoever listens: this runs for every piece.
                async for event in rest:
                    if last is None and (used := hear(event)) is None:
                        yield event
                    elif last is None and used is not None:
                        last = self._over(event, used)
            yield self._whole(begun, last)
        except ModelFailure as failure:
            self._bill.failure = failure.cause
            if self._bill.answering is not None:
                self._attempts.failed(self._bill.answering, failure)
            raise
        finally:
            await self._settle()

    async def _begin(self) -> _Begun[E]:
        route = self._attempts.route
        if route is None or route.hedge_after is None:
            begun = await self._attempts.answered(self._open)
        else:
            begun = await Hedge(self._attempts, self._open, _Begun.drop).first_to_speak(route.hedge_after)
        self._bill.answering = begun.candidate
        if not self._is_whole:
            self._bill.first_piece = self._meter.elapsed(self._bill)
        return begun

    async def _open(self, candidate: Candidate) -> _Begun[E]:
        asked = self._meter.elapsed(self._bill)
        stream = self._send(candidate)
        try:
            first = await anext(stream)
        except StopAsyncIteration:
            raise _broken_off(candidate) from None
        waited = 0.0 if self._is_whole else self._meter.elapsed(self._bill) - asked
        return _Begun(candidate, first, stream, waited)

    def _over(self, last: E, used: Usage) -> E:
        self._bill.usage, self._is_over = used, True
        return last

    def _whole(self, begun: _Begun[E], last: E | None) -> E:
        if last is None:
            raise _broken_off(begun.candidate)
        fault = self._ear.fault()
        if fault is None:
            self._attempts.good(begun.candidate, begun.waited)
        else:
            self._attempts.failed(begun.candidate, fault)
        return self._ear.priced(self._ear.named(last, begun.candidate.name), cost_of_call(self._bill))

    async def _settle_known(self) -> None:
        self._bill.cached = True
        await self._meter.settle(self._bill)

    async def _settle(self) -> None:
        self._bill.attempts = self._attempts.made
        if self._bill.answering is not None and not self._is_over:
            self._attempts.let_go(self._bill.answering)
            if self._meter.counts:
                self._bill.usage = self._ear.so_far()
        await self._meter.settle(self._bill)


def _broken_off(candidate: Candidate) -> ModelUnavailable:
    return ModelUnavailable(
        f"{candidate.name} broke off before its answer was complete.", cause="bad_answer", model=candidate.name
    )
