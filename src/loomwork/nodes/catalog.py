"""Which type runs a node: the real one, a mock of it, or one that says that it cannot run yet."""

from collections.abc import Iterable, Mapping
from typing import Any

from loomwork.engine.ports import NodeSpec, NodeType
from loomwork.nodes.bad_output import CheckedType, is_checked
from loomwork.nodes.code import CodeType
from loomwork.nodes.known import INSIDE, canonical
from loomwork.nodes.mocks import Mock, MockedType, MockError, read_mocks
from loomwork.nodes.mocks.readers import wanted_in
from loomwork.nodes.mocks.reading import ANY_OF_TYPE, mock_key
from loomwork.nodes.not_runnable import NotRunnableYet


class NodeCatalog:
    """Finds the type of a node.

    `mocks` are those of `--mocks` (a node's own before its type's); with `mock_outside` every other node that would
    leave this process, or that cannot run here yet, answers with plausible outputs, while code that has a jail really
    runs. Raises `InvalidInput` for mocks of the wrong shape.
    """

    def __init__(
        self,
        types: Mapping[str, NodeType],
        *,
        mocks: Mapping[str, Any] | None = None,
        mock_outside: bool = False,
        nodes: Iterable[NodeSpec] = (),
    ) -> None:
        self._types = types
        self._mocks = read_mocks(mocks) if mocks is not None else {}
        self._mock_outside = mock_outside
        self._wants = wanted_in(nodes) if mock_outside else {}

    def resolve_type(self, spec: NodeSpec) -> NodeType:
        """Never fails: what is not known becomes a type whose nodes fail with `not_runnable_yet`."""
        name = canonical(spec.type)
        real = self._types.get(spec.type) or self._types.get(name)
        mock = self._mock_of(spec, name)
        if mock is not None:
            return _checked(MockedType(name, real, mock), spec)
        if self._mock_outside and (real is None or not _runs_inside(name, real, spec)):
            # Not checked: what is made up need not be what anybody wants.
            return MockedType(name, real, None, self._wants)
        return _checked(real, spec) if real is not None else NotRunnableYet(spec.type)

    def _mock_of(self, spec: NodeSpec, name: str) -> Mock | MockError | None:
        own = self._mocks.get(spec.id)
        return own if own is not None else self._mocks.get(ANY_OF_TYPE + name)


def _runs_inside(name: str, real: NodeType, spec: NodeSpec) -> bool:
    return name in INSIDE or (isinstance(real, CodeType) and real.stays_inside(spec))


def _checked(node_type: NodeType, spec: NodeSpec) -> NodeType:
    return CheckedType(node_type) if is_checked(spec) else node_type


def mocks_in_use(names: Iterable[str], nodes: Iterable[NodeSpec]) -> set[str]:
    """Those names in a file of mocks that any of these nodes goes by, be it by its id or its type."""
    keys = {key for node in nodes for key in (node.id, ANY_OF_TYPE + canonical(node.type))}
    return {name for name in names if mock_key(name) in keys}
