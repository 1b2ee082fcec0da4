"""What can be sent to anybody."""

from collections.abc import Iterator
from contextlib import contextmanager

from loomwork.model_gateway.domain.errors import ModelRefused
from loomwork.model_gateway.ports import Call, Target


@contextmanager
def sendable(target: Call | Target) -> Iterator[None]:
    """A body that cannot be written in the block could never be sent: half a character, a number that is too large, a
    value that has no bottom. Raises `ModelRefused` for it.
    """
    try:
        yield
    except (TypeError, RecursionError, UnicodeEncodeError):
        problem = f"The request to {target.name} holds a value that JSON cannot carry."
        raise ModelRefused(problem, cause="bad_request", model=target.name) from None
