"""The event loop of a process that is a server and nothing else."""

import asyncio
import sys
from collections.abc import Coroutine
from typing import Any

SWITCH_SECONDS = 0.0005
"""How long a thread keeps the interpreter from another that asks for it. With Python's 5 ms a transaction that is done
while the loop computes, or the other way round, waits as long as ten such transactions take.
"""


def run_server(serving: Coroutine[Any, Any, None]) -> None:
    """Run it to its end, on uvloop where that is to be had: what a server does is mostly to move small pieces between
    sockets, and a loop in C takes an eighth of the time off a call of a model.
    """
    sys.setswitchinterval(SWITCH_SECONDS)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(serving)


def _loop_factory() -> Any:
    if sys.platform == "win32":
        return None
    import uvloop

    return uvloop.new_event_loop
