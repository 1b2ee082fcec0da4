"""What an app asks to be held to. Its document says it under `x-loomwork`, as `limits`: the names of a run's limits
(`steps`, `seconds`, `value_size`, `rounds`, `depth`, `width`), and `nodes`, how many of its nodes wait for the world at
once in all its runs. An app may ask for less than the installation allows, never for more.
"""

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from loomwork.engine import RunLimits
from loomwork.engine.ports import Problem

NODES = "nodes"
OF_A_RUN = frozenset(limit.name for limit in dataclasses.fields(RunLimits))
PLACE = "x-loomwork.limits"


@dataclass(frozen=True, slots=True)
class AppLimits:
    """The limits that a document sets; `problems` are warnings about those that cannot be meant, and do not count."""

    given: Mapping[str, float] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    @property
    def nodes(self) -> int | None:
        return int(self.given[NODES]) if NODES in self.given else None

    def within(self, most: RunLimits) -> RunLimits:
        """The limits of one run of the app: the lesser of what it asks for and `most`."""
        lower = {name: min(value, getattr(most, name)) for name, value in self.given.items() if name in OF_A_RUN}
        # Fractions mean something in seconds only.
        return dataclasses.replace(
            most, **{name: value if name == "seconds" else int(value) for name, value in lower.items()}
        )


def read_limits(tree: Mapping[Any, Any]) -> AppLimits:
    """The limits in a document as it was read."""
    own = tree.get("x-loomwork")
    asked = own.get("limits") if isinstance(own, Mapping) else None
    if asked is None:
        return AppLimits()
    if not isinstance(asked, Mapping):
        return AppLimits(problems=(_problem(PLACE, "must be a map of names to numbers"),))
    given: dict[str, float] = {}
    problems: list[Problem] = []
    for name, value in asked.items():
        why = _refused(name, value)
        if why is None:
            given[name] = value
        else:
            problems.append(_problem(f"{PLACE}.{str(name)[:60]}", why))
    return AppLimits(given, tuple(problems))


def _refused(name: Any, value: Any) -> str | None:
    if name not in OF_A_RUN and name != NODES:
        return f"is no limit; there are {', '.join(sorted({*OF_A_RUN, NODES}))}"
    if isinstance(value, bool) or not isinstance(value, int | float) or not _is_positive(name, value):
        return "must be a number of seconds above 0" if name == "seconds" else "must be a number from 1 on"
    return None


def _is_positive(name: str, value: float) -> bool:
    if isinstance(value, float) and not math.isfinite(value):
        return False
    return value > 0 if name == "seconds" else value >= 1


def _problem(place: str, why: str) -> Problem:
    return Problem("warning", "invalid_limit", f"{place} {why}, so it does not count.", place=place)
