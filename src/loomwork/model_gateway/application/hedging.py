"""Asking a second one where the first takes long to speak, and hearing whoever speaks first."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from loomwork.model_gateway.api import ModelFailure
from loomwork.model_gateway.application.attempts import Attempts
from loomwork.model_gateway.application.candidates import Candidate

A = TypeVar("A")


class Hedge(Generic[A]):
    """One hedged question. `ask` waits for the first piece of an answer; `drop` ends an answer that nobody hears."""

    def __init__(
        self,
        attempts: Attempts,
        ask: Callable[[Candidate], Awaitable[A]],
        drop: Callable[[A], Awaitable[None]],
    ) -> None:
        self._attempts = attempts
        self._ask = ask
        self._drop = drop
        self._asked: dict[asyncio.Task[A], Candidate] = {}

    async def first_to_speak(self, after: float) -> A:
        """Ask one; where it has said nothing after so many seconds, ask another beside it. The loser is closed. Where
        both fail, the others are asked one by one. Raises as `Attempts.answered` does.
        """
        try:
            first = await self._attempts.next()
            if first is not None:
                self._begin(first)
                await asyncio.wait(self._asked, timeout=after)
                if not any(task.done() for task in self._asked):
                    self._begin_another()
            while self._asked:
                done, _ = await asyncio.wait(self._asked, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    if (answer := self._outcome(task)) is not None:
                        return answer
        finally:
            await self._close_the_others()
        return await self._attempts.answered(self._ask)

    def _begin_another(self) -> None:
        second = self._attempts.next_at_once()
        if second is not None:
            self._begin(second)

    def _begin(self, candidate: Candidate) -> None:
        async def asked() -> A:
            return await self._ask(candidate)

        self._asked[asyncio.create_task(asked())] = candidate

    def _outcome(self, task: asyncio.Task[A]) -> A | None:
        candidate = self._asked.pop(task)
        try:
            return task.result()
        except ModelFailure as failure:
            self._attempts.failed(candidate, failure)
            return None
        except BaseException:
            self._attempts.let_go(candidate)
            raise

    async def _close_the_others(self) -> None:
        """Both may have spoken in the same moment: then one of them has an answer that has to be ended."""
        others, self._asked = self._asked, {}
        for task, candidate in others.items():
            self._attempts.let_go(candidate)
            task.cancel()
        for outcome in await asyncio.gather(*others, return_exceptions=True):
            if not isinstance(outcome, BaseException):
                await self._drop(outcome)
