"""Toolsets that are made of what a workspace keeps: once for each state of it."""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Generic, Protocol, TypeVar

from loomwork.kernel.scope import Scope
from loomwork.tools.ports import Toolset

MOST_MADE = 100
"""Toolsets that are kept made; the least used one goes first."""


class Stated(Protocol):
    """A row that has another state after each change."""

    @property
    def state(self) -> str: ...


Row = TypeVar("Row", bound=Stated)
RowOut = TypeVar("RowOut", bound=Stated, covariant=True)


class StateStore(Protocol[RowOut]):
    """Where the rows are."""

    async def states(self, scope: Scope) -> Mapping[str, str]: ...

    async def find(self, scope: Scope, slug: str) -> RowOut | None: ...


class RememberedToolsets(Generic[Row]):
    """Those of one kind. `make` makes one of a row."""

    def __init__(self, kind: str, store: StateStore[Row], make: Callable[[Row], Toolset]) -> None:
        self._kind = kind
        self._store = store
        self._make = make
        self._made: OrderedDict[tuple[str, str, str], Toolset] = OrderedDict()

    async def all(self, scope: Scope) -> Sequence[Toolset]:
        """Every one of the workspace."""
        found = [await self._toolset(scope, slug, state) for slug, state in (await self._store.states(scope)).items()]
        return [each for each in found if each is not None]

    async def one(self, scope: Scope, toolset_id: str) -> Toolset | None:
        """The one of this id. None where there is none."""
        slug = toolset_id.removeprefix(f"{self._kind}.")
        state = (await self._store.states(scope)).get(slug)
        return None if state is None else await self._toolset(scope, slug, state)

    async def _toolset(self, scope: Scope, slug: str, state: str) -> Toolset | None:
        key = (str(scope.workspace_id), slug, state)
        if key in self._made:
            self._made.move_to_end(key)
            return self._made[key]
        row = await self._store.find(scope, slug)
        if row is None:
            return None
        made = self._made[key[0], key[1], row.state] = self._make(row)
        while len(self._made) > MOST_MADE:
            self._made.popitem(last=False)
        return made
