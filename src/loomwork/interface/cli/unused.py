"""What a command was given and no file has had a use for, which is most often a slip of the pen."""

from collections.abc import Iterable

from loomwork.dsl import Document
from loomwork.nodes.catalog import mocks_in_use


class Unused:
    """The names of mocks that no file seen so far has a node for, and a query where none of them chats. Files share
    what is given, so that one file's use is enough.
    """

    def __init__(self, mocks: Iterable[str], query: str | None) -> None:
        self._mocks = list(mocks)
        self._has_query = query is not None

    def see(self, document: Document) -> None:
        """Take off what this app uses."""
        used = mocks_in_use(self._mocks, document.graph.nodes if document.graph is not None else ())
        self._mocks = [name for name in self._mocks if name not in used]
        self._has_query = self._has_query and not document.is_chat

    def sentences(self) -> list[str]:
        """What people should know of the rest."""
        query = ["--query is ignored: only chat apps are asked something."] if self._has_query else []
        return query + [f"No node matches the mock '{name[:60]}'." for name in self._mocks]
