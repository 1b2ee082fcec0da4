"""Tools have a slash in their names, and models take none."""

import hashlib
import re
from collections.abc import Iterable, Mapping

LONGEST = 64
_UNFIT = re.compile(r"[^A-Za-z0-9_-]")


def function_names(tools: Iterable[str]) -> Mapping[str, str]:
    """Each tool (`toolset/tool`) by the function name that a model calls it by: of letters, digits, `_` and `-`, at
    most 64, and the same whenever the same tools are offered. It is the tool's own name where no other has it.
    """
    names = list(dict.fromkeys(tools))
    short = [_fit(name.rpartition("/")[2]) for name in names]
    chosen: dict[str, str] = {}
    for name, own in zip(names, short, strict=True):
        wanted = own if short.count(own) == 1 else _fit(name.replace("/", "__"))
        chosen[wanted if wanted not in chosen else _apart(wanted, name)] = name
    return chosen


def _fit(name: str) -> str:
    fit = _UNFIT.sub("_", name) or "tool"
    return fit if len(fit) <= LONGEST else _apart(fit, name)


def _apart(fit: str, name: str) -> str:
    """The name with a mark of what it was before it was cut or changed."""
    return f"{fit[: LONGEST - 9]}_{hashlib.sha256(name.encode()).hexdigest()[:8]}"
