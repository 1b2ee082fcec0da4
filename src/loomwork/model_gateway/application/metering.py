"""One ledger entry for each call, and a reservation against the budgets before it."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from loomwork.kernel.begun import begun
from loomwork.kernel.clock import Clock
from loomwork.kernel.ids import new_id
from loomwork.kernel.scope import Scope
from loomwork.model_gateway.api import Cause, Cost, Entry, ModelType, Spender, Usage
from loomwork.model_gateway.application.candidates import Candidate
from loomwork.model_gateway.domain.metering import Estimate
from loomwork.model_gateway.domain.pricing import FREE, cost_of, most_it_may_cost
from loomwork.model_gateway.ports import AccountStore

log = logging.getLogger(__name__)

MOST_UNWRITTEN = 1000
"""Calls that may wait to be written down before answers wait for them, so that a slow database is felt."""

NOTHING = Usage(prompt_tokens=0, completion_tokens=0)
Foreseen = Callable[[Candidate], Usage]
"""The most that a candidate may use."""


@dataclass(slots=True)
class Bill:
    """One call, while it is under way. Whoever makes the call writes down what becomes of it; then it is settled.

    `answering` is who has begun to answer; before that, nothing is used.
    """

    scope: Scope
    type: ModelType
    asked: str
    spender: Spender
    began: float
    reservation: str | None = None
    answering: Candidate | None = None
    model: str | None = None
    usage: Usage = field(default_factory=lambda: NOTHING)
    first_piece: float | None = None
    attempts: int = 0
    cached: bool = False
    failure: Cause | None = None


class Meter:
    """Keeps the accounts, where there are any. What is settled is settled whatever becomes of the caller."""

    def __init__(self, accounts: AccountStore | None, clock: Clock) -> None:
        self._accounts = accounts
        self._clock = clock
        self._writing: set[asyncio.Task[None]] = set()

    @property
    def counts(self) -> bool:
        """Whether anybody keeps accounts."""
        return self._accounts is not None

    def bill(self, scope: Scope, type_: ModelType, asked: str, spender: Spender) -> Bill:
        """A call that begins now, for which nothing is held yet."""
        return Bill(scope, type_, asked, spender, self._clock.monotonic())

    def may_refuse(self, bill: Bill) -> bool:
        """Whether the call is to be reserved before it is made."""
        return self._accounts is not None and not self._accounts.holds_nobody(bill.scope)

    def elapsed(self, bill: Bill) -> float:
        """Seconds since the call began."""
        return self._clock.monotonic() - bill.began

    async def reserve(self, bill: Bill, candidates: Sequence[Candidate], foreseen: Foreseen) -> None:
        """Hold the most that any of them may use. Raises `BudgetExceeded` and `TooManyCalls`."""
        if self._accounts is None:
            return
        reservation = new_id()
        named, estimate = _estimate(candidates, foreseen)
        entry = self._entry(bill, reservation, named)
        # Where there is no budget, there is nothing to wait for.
        if (held := self._write(self._accounts.reserve(bill.scope, reservation, entry, estimate))) is not None:
            try:
                await asyncio.shield(held)
            except asyncio.CancelledError:
                held.add_done_callback(lambda task: self._give_back(task, bill, reservation))
                raise
        bill.reservation = reservation

    async def settle(self, bill: Bill) -> None:
        """Have the call written down; the answer does not wait for that, unless very many are waiting already. What was
        reserved is held until then, so no budget is passed meanwhile. A ledger that cannot be written fails no call
        that was answered: that is logged.
        """
        if self._accounts is None:
            return
        named = bill.model or (bill.answering.name if bill.answering else bill.asked)
        entry = self._entry(bill, bill.reservation or new_id(), named)
        writing = self._written(bill, entry)
        if writing is not None and len(self._writing) > MOST_UNWRITTEN:
            await asyncio.wait([writing])

    async def close(self) -> None:
        """Wait for what is being written."""
        await asyncio.gather(*self._writing, return_exceptions=True)

    def _give_back(self, held: "asyncio.Task[None]", bill: Bill, reservation: str) -> None:
        """Whoever asked has gone while the reservation was being made."""
        if self._accounts is None or held.cancelled() or held.exception() is not None:
            return
        bill.reservation = reservation
        self._written(bill, self._entry(bill, reservation, bill.asked))

    def _entry(self, bill: Bill, entry_id: str, model: str) -> Entry:
        return Entry(
            id=entry_id,
            at=self._clock.now(),
            type=bill.type,
            model=model,
            asked=bill.asked,
            usage=bill.usage,
            cost=cost_of_call(bill),
            spender=bill.spender,
            elapsed=self.elapsed(bill),
            first_piece=bill.first_piece,
            attempts=bill.attempts,
            cached=bill.cached,
            failure=bill.failure,
        )

    def _written(self, bill: Bill, entry: Entry) -> "asyncio.Task[None] | None":
        """Have it written down. When this returns it stands in the store's own queue: whoever reads the accounts next
        waits for what stands there.
        """
        assert self._accounts is not None
        try:
            writing = self._write(self._accounts.settle(bill.scope, bill.reservation, entry))
        except Exception as error:  # noqa: BLE001 - whatever it is, the call was answered
            _say_unwritten(error)
            return None
        if writing is not None:
            writing.add_done_callback(_heard)
        return writing

    def _write(self, writing: Coroutine[Any, Any, None]) -> "asyncio.Task[None] | None":
        """The task that writes, None where all is written already."""
        if (task := begun(writing)) is not None:
            self._writing.add(task)
            task.add_done_callback(self._writing.discard)
        return task


def cost_of_call(bill: Bill) -> Cost:
    """What the call has cost by now, as far as prices are known."""
    if bill.answering is None or bill.cached:
        return FREE
    return cost_of(bill.answering.provider, bill.answering.card, bill.usage)


def _estimate(candidates: Sequence[Candidate], foreseen: Foreseen) -> tuple[str, Estimate]:
    """The most that any of them may use, and the name of the one that it is for. Where one of them has no price that
    is known, or one in another currency, the money is not known either: a budget in money could not be kept.
    """
    each = [(one.name, most_it_may_cost(one.provider, one.card, foreseen(one))) for one in candidates]
    tokens = max(most.tokens for _, most in each)
    # Nothing is nothing in any currency.
    currency = next((most.currency for _, most in each if most.money), "USD")
    for name, most in each:
        if most.money is None:
            return name, Estimate(tokens)
        if most.money and most.currency != currency:
            return name, Estimate(tokens)
    name, dearest = max(each, key=lambda one: one[1].money or Decimal(0))
    return name, Estimate(tokens, dearest.money, dearest.currency)


def _heard(task: "asyncio.Task[None]") -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        _say_unwritten(error)


def _say_unwritten(error: BaseException) -> None:
    log.error("A call was not written into the ledger.", exc_info=error)
