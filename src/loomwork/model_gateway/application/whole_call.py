"""A call whose answer comes in one piece."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar

from loomwork.model_gateway.api import EmbeddingRequest, Embeddings, ModelFailure, ModelUnavailable, Usage
from loomwork.model_gateway.application.attempts import Attempts
from loomwork.model_gateway.application.candidates import Candidate
from loomwork.model_gateway.application.metering import Bill, Foreseen, Meter
from loomwork.model_gateway.domain.usage import filled
from loomwork.model_gateway.ports import EmbeddingWire, Target


class Whole(Protocol):
    """An answer in one piece: what it used, and, where its wire knows, who gave it."""

    @property
    def usage(self) -> Usage: ...

    @property
    def model(self) -> str | None: ...


W = TypeVar("W", bound=Whole)


def charge_nothing(bill: Bill) -> None:
    """A call that brought no answer has used nothing."""


async def whole_answer(
    attempts: Attempts,
    meter: Meter,
    bill: Bill,
    foreseen: Foreseen,
    send: Callable[[Candidate], Awaitable[W]],
    charge: Callable[[Bill], None] = charge_nothing,
) -> tuple[W, str]:
    """The first answer, and the name of who gave it. Where there is none, `charge` writes down what was used all the
    same. Raises as `Models.chat` does.
    """
    await attempts.prepare()
    if meter.may_refuse(bill):
        await meter.reserve(bill, await attempts.everyone(), foreseen)

    async def asked(candidate: Candidate) -> tuple[W, Candidate]:
        began = meter.elapsed(bill)
        answer = await send(candidate)
        attempts.good(candidate, meter.elapsed(bill) - began)
        return answer, candidate

    try:
        answer, candidate = await attempts.answered(asked)
        bill.answering = candidate
        bill.model = answer.model or candidate.name
        bill.usage = filled(answer.usage, foreseen(candidate))
        return answer, bill.model
    except ModelFailure as failure:
        bill.failure = failure.cause
        raise
    finally:
        bill.attempts = attempts.made
        if bill.answering is None:
            charge(bill)
        await meter.settle(bill)


@dataclass(slots=True)
class Batches:
    """Texts that are more than a provider takes at once. What a model has done already is kept for the next attempt
    at it; vectors of two models are never mixed.
    """

    request: EmbeddingRequest
    target_of: Callable[[Candidate], Target]
    _done: dict[str, list[Sequence[float]]] = field(default_factory=dict)
    _used: Usage = field(default_factory=Usage)
    _by: Candidate | None = None

    def charge(self, bill: Bill) -> None:
        """Batches that were done have to be paid for, whatever became of those after them."""
        if self._by is not None:
            bill.answering, bill.usage = self._by, filled(self._used, Usage(completion_tokens=0))

    async def embed(self, candidate: Candidate) -> Embeddings:
        """All of them, by one candidate, in order."""
        wire = candidate.wire
        if not isinstance(wire, EmbeddingWire):
            raise candidate.cannot()
        texts = self.request.texts
        done = self._done.setdefault(f"{candidate.provider.id}/{candidate.target.model}", [])
        size = candidate.card.max_batch or len(texts)
        model = None
        while len(done) < len(texts):
            some = texts[len(done) : len(done) + size]
            answer = await wire.embed(self.target_of(candidate), replace(self.request, texts=some))
            if len(answer.vectors) != len(some):
                raise _miscounted(candidate, len(some), len(answer.vectors))
            done += answer.vectors
            self._used, self._by = self._used.plus(answer.usage), candidate
            model = answer.model
        return Embeddings(done, self._used, model)


def _miscounted(candidate: Candidate, asked: int, given: int) -> ModelUnavailable:
    return ModelUnavailable(
        f"{candidate.name} was given {asked} texts and answered with {given} vectors.",
        cause="bad_answer",
        model=candidate.name,
    )
