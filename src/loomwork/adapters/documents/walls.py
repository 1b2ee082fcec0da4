"""What keeps a process that reads a document from everything else on the machine: raised by itself, before it reads.

With Landlock no file can be opened but those of Python and of the languages of OCR; with filtered system calls there
is no network, no other program, no other process, and no file is written. Where a machine has neither (macOS,
Windows), the limits of time and memory and an empty environment are all there is.
"""

import os
import sysconfig
from typing import Literal

from loomwork.adapters.sandbox.inside import landlock
from loomwork.adapters.sandbox.inside.seccomp import load, program, worker_rules
from loomwork.adapters.sandbox.inside.syscalls import this_machine

Walls = Literal["landlock", "system calls", "limits"]


def walls_here() -> Walls:
    """The strongest that this machine has."""
    if this_machine() is None:
        return "limits"
    return "landlock" if landlock.version() else "system calls"


def raise_walls(tessdata: str) -> None:
    """For ever, for this process. Raises `OSError` where one that the machine has cannot be raised."""
    machine = this_machine()
    if machine is None:
        return
    if landlock.version():
        landlock.read_only(_readable(tessdata))
    load(program(worker_rules(threads=True), machine))


def _readable(tessdata: str) -> list[str]:
    standard = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib")}
    own = os.path.dirname(os.path.abspath(__file__))
    return [*sorted(standard), own, *([tessdata] if tessdata else [])]
