"""A program for a process that is not root: builds each jail, has it attempt what it is told, and says what came of it.

It reads `{"sources": [...], "given": {...}}` and prints `{"<jail>": "<why there is none>" | [answer, ...]}`. It needs
nothing but the standard library and our own source.
"""

import json
import os
import secrets
import sys
import time
from collections.abc import Sequence
from typing import Any

from loomwork.adapters.sandbox.jails import Bubblewrap, Jail, Landlock, NoJail
from loomwork.adapters.sandbox.keeper import AnswerBroken, AnswerTooLong, Gone, Keeper, build
from loomwork.adapters.sandbox.probe import prove
from loomwork.adapters.sandbox.runtime import this_runtime

JAILS: tuple[Jail, ...] = (Bubblewrap(), Landlock())
SECONDS = 60.0


def answers_in(jail: Jail, sources: Sequence[str], given: dict[str, Any]) -> str | list[str]:
    try:
        keeper = build(jail, this_runtime())
        prove(keeper)
    except NoJail as error:
        return str(error)
    try:
        return [answer_to(keeper, source, given) for source in sources]
    finally:
        keeper.close()


def answer_to(keeper: Keeper, source: str, given: dict[str, Any]) -> str:
    nonce = secrets.token_hex(16)
    limits = {"memory": 128 << 20, "cpu": 60, "size": 10_000}
    job = {"nonce": nonce, "language": "python3", "source": source, "inputs": given, **limits}
    worker = keeper.new_worker()
    try:
        deadline = time.monotonic() + SECONDS
        return worker.ask(json.dumps(job).encode(), nonce, deadline=deadline, size=20_000).decode()
    except (Gone, AnswerBroken, AnswerTooLong) as error:
        return type(error).__name__
    finally:
        worker.end()


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    # This is the server that the code must not reach, and, without namespaces, its own user's.
    given = asked["given"] | {"server": os.getpid()}
    print(json.dumps({jail.name: answers_in(jail, asked["sources"], given) for jail in JAILS}))
