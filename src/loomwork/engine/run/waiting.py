"""Run a node that waits for the world, within the time that it may take."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from loomwork.engine.graph.policies import Timeouts
from loomwork.engine.ports import NodeError, NodeResult
from loomwork.engine.run.node_run import Speech


async def within(timeouts: Timeouts, speech: Speech, running: Coroutine[Any, Any, NodeResult]) -> NodeResult:
    """What the node leaves. Raises `NodeError` where it takes too long in all, or says nothing for too long."""
    total, idle = asyncio.timeout(timeouts.total), asyncio.timeout(timeouts.idle)
    if timeouts.idle is not None:
        speech.on_sound = lambda: _extend(idle, timeouts.idle)
    try:
        async with total, idle:
            return await running
    except TimeoutError:
        if idle.expired():
            message = f"The node said nothing for the {timeouts.idle:g} seconds that it may be silent."
            raise NodeError(message, code="node_idle_timeout") from None
        if total.expired():
            message = f"The node took longer than the {timeouts.total:g} seconds that it may take."
            raise NodeError(message, code="node_timeout") from None
        raise
    finally:
        speech.on_sound = None


def _extend(idle: asyncio.Timeout, seconds: float | None) -> None:
    if seconds is not None and not idle.expired():
        idle.reschedule(asyncio.get_running_loop().time() + seconds)
