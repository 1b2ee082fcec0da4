"""A selector, resolved once: which slot, which name in it, and the path below."""

from dataclasses import dataclass
from typing import Any, Final, final

from loomwork.engine.variables.files import File


@final
class Missing:
    """The type of `MISSING`."""

    def __repr__(self) -> str:
        return "MISSING"

    def __bool__(self) -> bool:
        return False


MISSING: Final = Missing()
"""Nothing was ever set here. Not the same as None, which is a value."""

NO_SLOT: Final = -1
"""The slot of a selector that nothing in the graph can set."""


@dataclass(frozen=True, slots=True)
class Ref:
    """`slot` is the place of the producer in its plan (a node, a reserved namespace, or the variables of a container),
    `level` how many frames further out that plan is; `selector` is as written.
    """

    slot: int
    name: str
    path: tuple[str, ...]
    selector: tuple[str, ...]
    level: int = 0


def walk(value: Any, path: tuple[str, ...]) -> Any:
    """Follow keys into objects, and attributes of files; `MISSING` where the path leads nowhere."""
    for key in path:
        if isinstance(value, dict):
            value = value.get(key, MISSING)
        elif isinstance(value, File):
            value = value.attribute(key)
        elif isinstance(value, list) and key.isdecimal() and len(key) < 10 and int(key) < len(value):
            value = value[int(key)]
        else:
            return MISSING
    return value
