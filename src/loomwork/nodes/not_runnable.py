"""Node types that cannot run here: an app with them imports, and a run that comes to one ends there and says why."""

from collections.abc import Sequence
from typing import Literal, NoReturn

from loomwork.engine.ports import Binder, NodeContext, NodeError, NodeSpec, Response
from loomwork.engine.variables import Ref
from loomwork.nodes.known import KNOWN_TYPES, KnownType, canonical

CODE = "not_runnable_yet"


class NotRunnableNode:
    """Fails with code `not_runnable_yet` when its turn comes."""

    waits: Literal[False] = False
    ends = False
    response: Response | None = None

    def __init__(self, message: str, *, branches: bool = False, inputs: Sequence[tuple[str, Ref]] = ()) -> None:
        self._message = message
        self.branches = branches
        self.inputs = inputs

    def run(self, context: NodeContext) -> NoReturn:
        raise NodeError(self._message, code=CODE, retryable=False, node_id=context.node_id)


class NotRunnableYet:
    """Stands in for a type that is known and not built yet, or not known at all."""

    def __init__(self, type_name: str) -> None:
        self._type = type_name
        self._known: KnownType | None = KNOWN_TYPES.get(canonical(type_name))
        self.is_root = self._known is not None and self._known.is_root

    def compile(self, spec: NodeSpec, binder: Binder) -> NotRunnableNode:
        why = f"Node '{spec.title}' is of type '{self._type}', which this release {self._cannot}"
        code = CODE if self._known is not None else "unknown_type"
        binder.problem("warning", code, f"{why}.", field_name="type")
        branches = self._known is not None and self._known.branch_key is not None
        return NotRunnableNode(f"{why}.", branches=branches)

    @property
    def _cannot(self) -> str:
        return "cannot run yet" if self._known is not None else "does not know"


def missing_outside(spec: NodeSpec, binder: Binder, why: str, *, inputs: Sequence[tuple[str, Ref]]) -> NotRunnableNode:
    """A node whose type is built, but needs of the world what is not there. `why` goes on after "Node 'x' "."""
    message = f"Node '{spec.title}' {why}"
    binder.problem("warning", CODE, f"{message}.", field_name="type")
    return NotRunnableNode(f"{message}.", inputs=inputs)
