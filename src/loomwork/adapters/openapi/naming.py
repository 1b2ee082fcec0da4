"""Names that models can say, for what documents call as they like."""

import hashlib
import re
from collections.abc import Mapping
from typing import Any

LONGEST = 64
_NOT_IN_TOOLS = re.compile(r"[^A-Za-z0-9_-]+")
_NOT_IN_ARGUMENTS = re.compile(r"[^A-Za-z0-9_.-]+")


class Names:
    """Each is given once."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def free(self, wanted: str, place: str) -> str:
        """The argument for what the API calls so; with its place before it where the name is taken."""
        name = shortened(_NOT_IN_ARGUMENTS.sub("_", wanted).strip("_.-") or place)
        return self._first(name, shortened(f"{place}_{name}"))

    def tool(self, wanted: str) -> str:
        """The tool of an operation that is called so."""
        return self._first(shortened(_NOT_IN_TOOLS.sub("_", wanted).strip("_-") or "operation"))

    def _first(self, *names: str) -> str:
        for name in names:
            if name not in self._taken:
                self._taken.add(name)
                return name
        number = 2
        while (numbered := f"{names[-1][: LONGEST - 6]}_{number}") in self._taken:
            number += 1
        self._taken.add(numbered)
        return numbered


def shortened(name: str) -> str:
    """Of a length that all models take, and as different as before."""
    if len(name) <= LONGEST:
        return name
    return f"{name[: LONGEST - 9]}_{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def called(operation: Mapping[str, Any], method: str, path: str) -> str:
    """How the document calls an operation; its method and path where it does not."""
    said = operation.get("operationId")
    if isinstance(said, str) and _NOT_IN_TOOLS.sub("", said):
        return said
    return f"{method.lower()}_{path.lstrip('/').replace('{', 'by_').replace('}', '')}"
