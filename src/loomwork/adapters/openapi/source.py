"""The tools of imported APIs, from what a workspace keeps of them."""

from collections import OrderedDict
from collections.abc import Sequence

from loomwork.adapters.openapi.tokens import Tokens
from loomwork.adapters.tools.world import ToolWorld
from loomwork.kernel.scope import Scope
from loomwork.tools.domain.api_definition import ApiDefinition, ApiSettings
from loomwork.tools.domain.imported_api import KIND, card_of, locks_of, server_of, toolset_id, with_fixed
from loomwork.tools.ports import ApiStore, Tool, Toolset

MOST_MADE = 100
"""Toolsets that are kept made; the least used one goes first."""


class ApiTools:
    """Implements `ToolSource`. A toolset is made once for each state of what is kept."""

    kind = KIND

    def __init__(self, store: ApiStore, world: ToolWorld) -> None:
        self._store = store
        self._world = world
        self._tokens = Tokens(world.egress, world.clock)
        self._made: OrderedDict[tuple[str, str, str], Toolset] = OrderedDict()

    async def toolsets(self, scope: Scope) -> Sequence[Toolset]:
        """See `ToolSource.toolsets`."""
        found = [await self._toolset(scope, slug, state) for slug, state in (await self._store.states(scope)).items()]
        return [each for each in found if each is not None]

    async def toolset(self, scope: Scope, toolset_id: str) -> Toolset | None:
        """See `ToolSource.toolset`."""
        slug = toolset_id.removeprefix(f"{KIND}.")
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
        made = self._make(row.slug, row.label, row.definition, row.settings)
        self._made[key[0], key[1], row.state] = made
        while len(self._made) > MOST_MADE:
            self._made.popitem(last=False)
        return made

    def _make(self, slug: str, label: str, definition: ApiDefinition, settings: ApiSettings) -> Toolset:
        # Here, because it and its libraries take 2 MB, and few servers have such tools.
        from loomwork.adapters.openapi.tool import OperationTool

        locks, fields = locks_of(definition, settings)
        server = server_of(definition, settings)
        tools: dict[str, Tool] = {}
        problems = list(definition.problems)
        for operation in definition.operations:
            own = operation.server if settings.server is None else None
            where = own or server
            if where is None:
                continue
            # Where whoever imported it says what lets in, they say it of everything.
            auth = () if operation.open and settings.auth is None else locks
            made = with_fixed(operation, settings)
            card = card_of(made, settings)
            tools[card.name] = OperationTool(card, made, where, auth, label, self._world, self._tokens)
        if server is None and not tools:
            problems.insert(0, "The document names no server; say where the API is.")
        return Toolset(toolset_id(slug), label, tools, definition.description, fields, problems=problems)
