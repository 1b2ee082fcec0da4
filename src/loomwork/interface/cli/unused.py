"""What a command was given and no file has had a use for, which is most often a slip of the pen."""

from collections.abc import Iterable

from loomwork.dsl import Document
from loomwork.nodes.catalog import mocks_in_use


class Unused:
    """The names of mocks that no file seen so far has a node for. Files share their mocks, so that one file's node is
    enough.
    """

    def __init__(self, mocks: Iterable[str]) -> None:
        self._mocks = list(mocks)

    def see(self, document: Document) -> None:
        """Take off what this app uses."""
        used = mocks_in_use(self._mocks, document.graph.nodes if document.graph is not None else ())
        self._mocks = [name for name in self._mocks if name not in used]

    def sentences(self) -> list[str]:
        """What people should know of the rest."""
        return [f"No node matches the mock '{name[:60]}'." for name in self._mocks]
