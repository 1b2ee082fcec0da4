"""Which list, how many items at once, what is collected, and what becomes of items that fail."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator

from loomwork.nodes.config import NodeConfig, Selector

ErrorMode = Literal["terminated", "continue-on-error", "remove-abnormal-output"]

DEFAULT_WIDTH = 10


def _mode(value: Any) -> Any:
    return value or "terminated"


def _width(value: Any) -> int:
    """A number of rounds, 1 or more; some files write it as text."""
    try:
        return max(1, int(value))
    except (TypeError, ValueError):
        return DEFAULT_WIDTH


class IterationConfig(NodeConfig):
    iterator_selector: Selector = ()
    output_selector: Selector = ()
    is_parallel: bool = False
    parallel_nums: Annotated[int, BeforeValidator(_width)] = DEFAULT_WIDTH
    error_handle_mode: Annotated[ErrorMode, BeforeValidator(_mode)] = "terminated"
    flatten_output: bool = True
