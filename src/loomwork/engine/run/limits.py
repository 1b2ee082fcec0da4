"""What one run may use. An app file is somebody else's program: without limits a short one could fill the machine."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from loomwork.engine.ports import ContainerNode, NodeContext, NodeError, Rounds

DEEPEST = 100
"""Levels of lists and objects in a value; deeper ones break whoever reads them by recursion."""

PLACE = 8
"""What a place in a list or an object counts, beside what stands in it."""


@dataclass(frozen=True, slots=True)
class RunLimits:
    """`steps` counts node executions, those in rounds included; `seconds` the whole run, waiting included; `value_size`
    is for one output or variable: its characters, and 8 for each place in a list or an object. `rounds` are those of
    one execution of a container, `depth` is how many containers may lie inside each other.

    `width` is no reason to fail: so many nodes wait for the world at once, and further ones wait their turn.
    """

    steps: int = 200_000
    seconds: float = 4 * 3600.0
    value_size: int = 16_000_000
    rounds: int = 100_000
    depth: int = 20
    width: int = 200


def opened(container: ContainerNode, context: NodeContext, limits: RunLimits, *, depth: int) -> Rounds:
    """The rounds of a container that lies inside so many others. Raises `NodeError` for one that lies too deep, and for
    an iteration over too much; how often a loop goes round is known only when it has.
    """
    if depth >= limits.depth:
        message = f"More than {limits.depth:,} containers lie inside each other, which is all that a run may have."
        raise NodeError(message, code="too_deep", retryable=False)
    rounds = container.open(context)
    if container.family == "iteration" and rounds.length is not None and rounds.length > limits.rounds:
        message = f"A list of {rounds.length:,} items is more than the {limits.rounds:,} rounds that a run may have."
        raise NodeError(message, code="too_many_rounds", retryable=False)
    return rounds


def too_large(values: Iterable[Any], limit: int) -> str | None:
    """Why one of some values is more than a run may carry, in words, or None. A value that holds another many times
    counts it each time, as its text would.
    """
    for value in values:
        if isinstance(value, str):
            if len(value) > limit:
                return f"A text of {len(value):,} characters is more than the {limit:,} that a run may carry."
        elif isinstance(value, list | dict):
            problem = _weigh(value, limit)
            if problem is not None:
                return problem
    return None


def _weigh(value: list[Any] | Mapping[str, Any], limit: int) -> str | None:
    level: list[Any] = [value]
    for _ in range(DEEPEST):
        inner: list[Any] = []
        for item in level:
            if isinstance(item, str):
                limit -= len(item)
            elif isinstance(item, list | dict):
                limit -= PLACE * len(item)
                if limit >= 0:
                    inner.extend(item.values() if isinstance(item, dict) else item)
            if limit < 0:
                return "A list or an object is larger than a run may carry."
        if not inner:
            return None
        level = inner
    return f"A list or an object is nested more than {DEEPEST} levels deep."
