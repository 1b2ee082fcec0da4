"""Whether the server can store what it is asked to."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from loomwork.kernel.clock import Clock
from loomwork.kernel.errors import LoomworkError

log = logging.getLogger(__name__)

KEPT_SECONDS = 5.0
"""How long an answer is given again: whoever asks in a loop must not keep the disk busy."""

PATIENCE_SECONDS = 2.0
"""How long a write may take before nothing can be said to be stored."""

STUCK = "The database has not taken a small write for seconds. Something else may hold it, or its disk does not answer."


class WriteProbe:
    """Tries a small write, once at a time however many ask, and remembers for a few seconds how that went."""

    def __init__(
        self, write: Callable[[], Awaitable[None]], clock: Clock, *, patience: float = PATIENCE_SECONDS
    ) -> None:
        self._write = write
        self._clock = clock
        self._patience = patience
        self._trying: asyncio.Task[None] | None = None
        self._known: tuple[float, str | None] | None = None

    async def problem(self) -> str | None:
        """What keeps the database from storing, in a sentence; None where nothing does."""
        if self._known is not None and self._clock.monotonic() - self._known[0] < KEPT_SECONDS:
            return self._known[1]
        if self._trying is None:
            self._trying = asyncio.create_task(self._try())
        done, _ = await asyncio.wait({self._trying}, timeout=self._patience)
        return self._known[1] if done and self._known is not None else STUCK

    async def _try(self) -> None:
        problem = None
        try:
            await self._write()
        except LoomworkError as error:
            problem = error.message
        except Exception:
            log.exception("The readiness probe broke")
            problem = "The database failed in a way that is not known; the log has the details."
        self._known, self._trying = (self._clock.monotonic(), problem), None
