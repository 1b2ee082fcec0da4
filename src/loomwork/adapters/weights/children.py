"""Programs that we run to fetch something: started with nothing from the working directory, ended when we are."""

import asyncio
import re
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

LONGEST_REASON = 160
"""Characters."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """`reason` is the program's own last word on stderr, fit to be shown; "" where it succeeded."""

    succeeded: bool
    reason: str = ""


async def run_module(module: str, arguments: Sequence[str], *, environment: Mapping[str, str]) -> Outcome:
    """Run `python -m module` and wait for its end; cancelling kills it."""
    # -P keeps the working directory off the import path: a json.py lying there must not run in our name.
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",
        "-m",
        module,
        *arguments,
        env=dict(environment),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        _, said = await process.communicate()
    except asyncio.CancelledError:
        with suppress(ProcessLookupError):
            process.kill()
        await process.communicate()
        raise
    return Outcome(True) if process.returncode == 0 else Outcome(False, _reason(said))


def _reason(said: bytes) -> str:
    """The last line that pip or a traceback calls an error, without credentials that an address may carry."""
    lines = [line.strip() for line in said.decode("utf-8", errors="replace").splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR:")] or lines[-1:]
    reason = errors[-1].removeprefix("ERROR:").strip() if errors else "it gave no reason"
    reason = re.sub(r"^\w+(?:\.\w+)+: ", "", reason)
    return re.sub(r"://[^/\s@]*@", "://", reason)[:LONGEST_REASON].rstrip(". ")
