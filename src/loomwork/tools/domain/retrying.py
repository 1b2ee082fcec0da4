"""When a call is made again. A tool is called once by whoever implements it; this alone decides on more."""

from loomwork.tools.domain.errors import ToolFailed
from loomwork.tools.domain.tool import ToolCard

MOST_TRIES = 3
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 10.0
"""Seconds."""


def is_repeated(card: ToolCard, failure: ToolFailed, tries: int) -> bool:
    """Whether to call again after so many tries. What may have had an effect is not repeated, unless the tool says that
    this does no harm.
    """
    return tries < MOST_TRIES and failure.retryable and (failure.unsent or card.may_repeat)


def pause_after(failure: ToolFailed, tries: int) -> float:
    """Seconds to wait before the next try."""
    own: float = FIRST_PAUSE * 2 ** (tries - 1)
    return min(max(own, failure.retry_after or 0.0), LONGEST_PAUSE)
