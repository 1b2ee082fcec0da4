"""An event loop of our own in a thread of its own.

Models hold connections and child processes that belong to one event loop, while whoever calls a flow may have any loop,
several one after another, or none. So flows run here, and callers wait in theirs: a model stays loaded from one
`asyncio.run` to the next, and there is one place to close everything when the interpreter ends.
"""

import asyncio
import atexit
import concurrent.futures
import logging
import os
import threading
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from loomwork.kernel.errors import Conflict

T = TypeVar("T")

CLOSE_SECONDS = 10.0
"""How long the end of the interpreter waits for everything to be let go."""

logger = logging.getLogger(__name__)


class LoopThread:
    """Starts with the first coroutine. `on_close` is awaited in the loop before the thread ends."""

    def __init__(self, on_close: Callable[[], Awaitable[None]]) -> None:
        self._on_close = on_close
        self._starting = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._process = os.getpid()
        self._registered = False

    def submit(self, coroutine: Coroutine[Any, Any, T]) -> "concurrent.futures.Future[T]":
        """Run a coroutine in the loop; cancelling the future cancels it. Raises `Conflict` in a forked child, which
        has no such thread.
        """
        if os.getpid() != self._process:
            coroutine.close()
            raise Conflict("This flow was made before the process forked. Make it in the process that runs it.")
        return asyncio.run_coroutine_threadsafe(coroutine, self._running())

    def wait(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine in the loop and wait here; an interrupt of the wait cancels it."""
        if threading.current_thread() is self._thread:
            coroutine.close()
            raise Conflict("A flow cannot be waited for inside the loop that runs it; await it instead.")
        future = self.submit(coroutine)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def close(self) -> None:
        """End what is going, close what is open, end the thread. It starts again when it is needed again."""
        with self._starting:
            thread, loop, self._thread, self._loop = self._thread, self._loop, None, None
        if thread is None or loop is None or os.getpid() != self._process:
            return
        loop.call_soon_threadsafe(loop.stop)
        thread.join(CLOSE_SECONDS)

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._starting:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=self._live, args=(self._loop,), name="loomwork", daemon=True)
                self._thread.start()
                self._close_at_exit()
            return self._loop

    def _close_at_exit(self) -> None:
        """Ordinary exit handlers come too late: no thread can be started then, and what is open may need one to close.
        Those of `threading` run while everything still works, the latest registered first.
        """
        if not self._registered:
            getattr(threading, "_register_atexit", atexit.register)(self.close)
            self._registered = True

    def _live(self, loop: asyncio.AbstractEventLoop) -> None:
        asyncio.set_event_loop(loop)
        try:
            loop.run_forever()
            loop.run_until_complete(self._let_go())
            loop.run_until_complete(loop.shutdown_asyncgens())
        finally:
            asyncio.set_event_loop(None)
            loop.close()

    async def _let_go(self) -> None:
        going = asyncio.all_tasks() - {asyncio.current_task()}
        for task in going:
            task.cancel()
        await asyncio.gather(*going, return_exceptions=True)
        try:
            await asyncio.wait_for(self._on_close(), CLOSE_SECONDS)
        except Exception:
            logger.exception("closing what flows had opened failed")
