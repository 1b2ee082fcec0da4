"""What a process says came of its call, read as the words of somebody hostile."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from loomwork.adapters.sandbox.inside.reasons import KINDS, LONGEST
from loomwork.nodes.ports import (
    CodeFailed,
    CodeFilesForbidden,
    CodeMemoryExceeded,
    CodeNetworkForbidden,
    CodeOpenFilesExceeded,
    CodeProcessesForbidden,
    CodeThreadsExceeded,
)

SENTENCES: Mapping[str, tuple[type[CodeFailed], str]] = {
    "network": (CodeNetworkForbidden, "Code has no network; fetch with an HTTP request node and hand it the answer."),
    "processes": (CodeProcessesForbidden, "Code may start no process and no program."),
    "threads": (CodeThreadsExceeded, "The code started more threads than it may have."),
    "files": (CodeFilesForbidden, "Code may write no file, and reads none but those of its language."),
    "open_files": (CodeOpenFilesExceeded, "The code had more files open than it may at once."),
}


def read_answer(answer: bytes, *, too_large: Callable[[], CodeFailed], memory: int) -> Mapping[str, Any]:
    """The outputs. Raises `CodeFailed` in the sense of the answer, or because there is none in it."""
    try:
        said = json.loads(answer)
    except (ValueError, RecursionError):
        raise CodeFailed("The code left what cannot be read as JSON.") from None
    match said:
        case {"left": dict(left)}:
            return left
        case {"failed": {"kind": str(kind), "message": str(message)}} if kind in KINDS:
            raise _failure(kind, message[:LONGEST], too_large, memory)
        case _:
            raise CodeFailed("The code left no map of its outputs.")


def _failure(kind: str, message: str, too_large: Callable[[], CodeFailed], memory: int) -> CodeFailed:
    if kind == "output":
        return too_large()
    if kind == "memory":
        return CodeMemoryExceeded(
            f"The code needed more memory than the {memory >> 20} MB it may have. {message}".strip()
        )
    if kind in SENTENCES:
        failure, sentence = SENTENCES[kind]
        return failure(f"{sentence} {message}".strip())
    return CodeFailed(f"The code failed: {message}" if message else "The code failed.")
