"""Calls one tool: in time, again where that does no harm, and written down."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from loomwork.kernel.clock import Clock
from loomwork.kernel.errors import LoomworkError
from loomwork.kernel.scope import Scope
from loomwork.tools.application.finding import Found
from loomwork.tools.domain.call import ToolCall, ToolResult
from loomwork.tools.domain.errors import ToolFailed, ToolTimeout
from loomwork.tools.domain.output import cut_to, weight_of, whole_text
from loomwork.tools.domain.retrying import is_repeated, pause_after
from loomwork.tools.domain.tool import LONGEST_TIMEOUT
from loomwork.tools.ports import CallRecord, CallTrail, OutputStore

log = logging.getLogger(__name__)

MOST_OUTPUT = 1_000_000
"""Characters that are handed on where nobody wants fewer."""

Sleep = Callable[[float], Awaitable[None]]


@dataclass(slots=True)
class _Tries:
    """How often a tool was called."""

    count: int = 0


class Calling:
    """`trail` and `outputs` may be missing where nothing is kept."""

    def __init__(
        self,
        clock: Clock,
        *,
        trail: CallTrail | None = None,
        outputs: OutputStore | None = None,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._clock = clock
        self._trail = trail
        self._outputs = outputs
        self._sleep = sleep

    async def call(
        self, found: Found, call: ToolCall, *, seconds: float | None = None, most: int | None = None
    ) -> ToolResult:
        """Raises `ToolFailed`."""
        card, tries, began = found.tool.card, _Tries(), self._clock.monotonic()
        limit = min(seconds or card.timeout, card.timeout, LONGEST_TIMEOUT)
        outcome = "cancelled"
        try:
            async with asyncio.timeout(limit):
                result = await self._tried(found, call, tries)
            outcome = "ok"
        except TimeoutError:
            outcome = ToolTimeout.code
            message = f"The tool {found.name} did not answer within {limit:g} seconds."
            raise ToolTimeout(message, tool=found.name) from None
        except LoomworkError as error:
            outcome = error.code
            raise
        except Exception as error:
            outcome = ToolFailed.code
            log.exception("The tool %s failed in a way that it should not.", found.name)
            raise ToolFailed(f"The tool {found.name} failed; the log says how.", tool=found.name) from error
        finally:
            elapsed = round((self._clock.monotonic() - began) * 1000)
            record = CallRecord(found.name, card.effect, outcome, tries.count, elapsed, call.key, call.caller)
            await self._write_down(call.scope, record)
        return await self._handed_on(call, result, min(most or MOST_OUTPUT, MOST_OUTPUT))

    async def _tried(self, found: Found, call: ToolCall, tries: _Tries) -> ToolResult:
        while True:
            tries.count += 1
            try:
                return await found.tool.call(replace(call, attempt=tries.count))
            except ToolFailed as failure:
                if not is_repeated(found.tool.card, failure, tries.count):
                    raise
                await self._sleep(pause_after(failure, tries.count))

    async def _handed_on(self, call: ToolCall, result: ToolResult, most: int) -> ToolResult:
        result = replace(result, marks=result.marks | {"tool"})
        if weight_of(result) <= most:
            return result
        if self._outputs is None:
            return cut_to(result, most)
        full = await self._outputs.keep(call.scope, whole_text(result).encode(), call.caller.run_id)
        return replace(cut_to(result, most), full=full)

    async def _write_down(self, scope: Scope, record: CallRecord) -> None:
        if self._trail is None:
            return
        # Also where whoever called has given up meanwhile: what was done was done.
        await asyncio.shield(self._trail.called(scope, record))
