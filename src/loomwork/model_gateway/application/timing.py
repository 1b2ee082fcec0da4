"""Time and chance, as the gateway is handed them."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from loomwork.kernel.clock import Clock, SystemClock
from loomwork.model_gateway.domain.balancing import DEFAULT_PAUSES, Pauses


@dataclass(frozen=True, slots=True)
class Timing:
    """`sleep` waits for so many seconds of the clock; `chance` gives numbers from 0 up to 1."""

    clock: Clock = field(default_factory=SystemClock)
    chance: Callable[[], float] = random.random
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    pauses: Pauses = DEFAULT_PAUSES
