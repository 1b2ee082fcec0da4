"""A node whose config cannot be used: the app imports and its other nodes run, this one fails when its turn comes."""

from collections.abc import Sequence
from typing import Literal, NoReturn

from loomwork.engine.ports import NodeContext, NodeError, Response
from loomwork.engine.variables import Ref


class BrokenNode:
    """Fails with the sentence that the compiler reported."""

    waits: Literal[False] = False
    inputs: Sequence[tuple[str, Ref]] = ()
    branches = False
    ends = False
    response: Response | None = None

    def __init__(self, message: str) -> None:
        self._message = message

    def run(self, context: NodeContext) -> NoReturn:
        del context  # the port hands it in; there is nothing to read
        raise NodeError(self._message, code="invalid_config", retryable=False)
