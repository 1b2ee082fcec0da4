"""Why code failed, as the process says it that ran it: `kind` and `message`.

It says so of its own call only. Code shares this process, so it may say the same itself; what the server saw from
outside (time, death of the process, an answer too long) is never taken from here.
"""

import errno
import traceback
from collections.abc import Iterator
from typing import TypedDict

SOURCE_NAME = "<code>"
LONGEST = 2000


class Reason(TypedDict):
    """`kind` is one of `KINDS`."""

    kind: str
    message: str


KINDS = frozenset({"raised", "memory", "output", "network", "processes", "files", "open_files", "threads"})
ERRORS = {
    errno.ENETUNREACH: "network",
    errno.EAGAIN: "processes",
    errno.EROFS: "files",
    errno.EFBIG: "files",
    errno.EACCES: "files",
    errno.EMFILE: "open_files",
}


def reason_for(error: BaseException) -> Reason:
    """What an exception that came out of the code says about it."""
    return {"kind": _kind(error), "message": _message(error)[:LONGEST]}


def _kind(error: BaseException) -> str:
    for cause in _causes(error):
        if isinstance(cause, MemoryError):
            return "memory"
        if isinstance(cause, RuntimeError) and "start new thread" in str(cause):
            return "threads"
        if type(cause).__name__ == "gaierror":
            return "network"
        if isinstance(cause, OSError) and cause.errno in ERRORS:
            return ERRORS[cause.errno]
    return "raised"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what it came of; libraries also hold that in `reason` or among their arguments."""
    pending, seen = [error], 0
    while pending and seen < 20:
        current, seen = pending.pop(0), seen + 1
        yield current
        held = (current.__cause__, current.__context__, getattr(current, "reason", None), *current.args)
        pending += [item for item in held if isinstance(item, BaseException)]


def _message(error: BaseException) -> str:
    if isinstance(error, SyntaxError):
        return f"{type(error).__name__}: {error.msg} (line {error.lineno})"
    said = _said(error)
    line = next((frame.lineno for frame in reversed(_frames(error)) if frame.filename == SOURCE_NAME), None)
    where = f" (line {line})" if line is not None else ""
    return f"{type(error).__name__}{': ' if said else ''}{said}{where}"


def _frames(error: BaseException) -> list[traceback.FrameSummary]:
    return list(traceback.StackSummary.extract(traceback.walk_tb(error.__traceback__), lookup_lines=False))


def _said(error: BaseException) -> str:
    """Code may raise what cannot even be told."""
    try:
        return str(error)[:LONGEST]
    except Exception:  # noqa: BLE001 - whatever it raises, there is nothing more to say
        return ""
