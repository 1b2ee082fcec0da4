"""Work that mostly has nothing to wait for, and has to go on where it has, whatever becomes of who asked for it."""

import asyncio
from collections.abc import Coroutine, Generator
from typing import Any, Generic, TypeVar

T = TypeVar("T")


def begun(work: Coroutine[Any, Any, T]) -> "asyncio.Task[T] | None":
    """Begin the work here and now. None where it came to its end without a wait, and what it raises is raised here;
    else the task that goes on with it. A task from the start would cost each caller a round of the loop.

    Up to its first wait the work runs as part of the task that calls this: until then it may ask for no timeout of its
    own (`asyncio.timeout`).
    """
    try:
        waits_for = work.send(None)
    except StopIteration:
        return None
    return asyncio.create_task(_go_on(work, waits_for))


async def _go_on(work: Coroutine[Any, Any, T], waits_for: Any) -> T:
    return await _Rest(work, waits_for)


class _Rest(Generic[T]):
    """The rest of a coroutine that has come to its first wait: what it waits for there is handed to the task."""

    def __init__(self, work: Coroutine[Any, Any, T], waits_for: Any) -> None:
        self._work = work
        self._waits_for = waits_for

    def __await__(self) -> Generator[Any, Any, T]:
        work, waits_for = self._work, self._waits_for
        while True:
            problem: BaseException | None = None
            try:
                yield waits_for
            except GeneratorExit:
                work.close()
                raise
            except BaseException as error:  # noqa: BLE001 - handed to the work, whose wait it ends
                problem = error
            try:
                waits_for = work.send(None) if problem is None else work.throw(problem)
            except StopIteration as end:
                done: T = end.value
                return done
