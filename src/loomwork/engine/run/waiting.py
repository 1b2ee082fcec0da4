"""Run a node that waits for the world, within the time that it may take."""

import asyncio
import logging
import math
from collections.abc import Coroutine
from typing import Any, TypeVar

from loomwork.engine.graph.policies import Timeouts
from loomwork.engine.ports import NodeError
from loomwork.engine.run.node_run import Speech

logger = logging.getLogger(__name__)

Left = TypeVar("Left")

LETTING_GO_SECONDS = 5.0
"""How long a node whose time is over may take to let go before it is abandoned."""


async def within(timeouts: Timeouts, speech: Speech, running: Coroutine[Any, Any, Left]) -> Left:
    """What the node leaves. Raises `NodeError` where it takes too long in all, or says nothing for too long; what it
    says or leaves after that does not count, even if it does not let itself be cancelled.
    """
    node = asyncio.ensure_future(running)
    watch = Watch(timeouts, asyncio.get_running_loop().time())
    speech.on_sound = lambda: watch.hear(asyncio.get_running_loop().time())
    try:
        while (seconds := watch.left(asyncio.get_running_loop().time())) > 0:
            await asyncio.wait([node], timeout=seconds)
            if node.done():
                return node.result()
        speech.close()
        await _let_go(node)
    except asyncio.CancelledError:
        await _let_go(node)
        raise
    finally:
        speech.on_sound = None
    raise watch.over()


class Watch:
    """When a node's time is over. Times are seconds from any one start."""

    def __init__(self, timeouts: Timeouts, now: float) -> None:
        self._timeouts = timeouts
        self._began = self._heard = now
        self._is_idle = False

    def hear(self, now: float) -> None:
        """The node has said something."""
        self._heard = now

    def left(self, now: float) -> float:
        """Seconds until the node's time is over, if it says nothing until then; 0 or less when it is."""
        total, idle = self._timeouts.total, self._timeouts.idle
        of_all = math.inf if total is None else self._began + total - now
        of_silence = math.inf if idle is None else self._heard + idle - now
        self._is_idle = of_silence < of_all
        return min(of_all, of_silence)

    def over(self) -> NodeError:
        """The error of a node whose time is over."""
        if self._is_idle:
            message = f"The node said nothing for the {self._timeouts.idle:g} seconds that it may be silent."
            return NodeError(message, code="node_idle_timeout")
        message = f"The node took longer than the {self._timeouts.total:g} seconds that it may take."
        return NodeError(message, code="node_timeout")


async def _let_go(node: "asyncio.Future[Any]") -> None:
    """Cancel the node, and wait until it has let go; what it says to that is of no interest."""
    node.cancel()
    await asyncio.wait([node], timeout=LETTING_GO_SECONDS)
    if not node.done():
        logger.warning("a node whose time was over does not let go, and is left to itself")
    node.add_done_callback(_forget)


def _forget(node: "asyncio.Future[Any]") -> None:
    if not node.cancelled():
        node.exception()
