"""The tools of imported APIs, from what a workspace keeps of them."""

from collections.abc import Sequence

from loomwork.adapters.openapi.tokens import Tokens
from loomwork.adapters.tools.remembered import RememberedToolsets
from loomwork.adapters.tools.world import ToolWorld
from loomwork.kernel.scope import Scope
from loomwork.tools.domain.imported_api import KIND, card_of, locks_of, server_of, toolset_id, with_fixed
from loomwork.tools.ports import ApiRow, ApiStore, Tool, Toolset


class ApiTools:
    """Implements `ToolSource`. A toolset is made once for each state of what is kept."""

    kind = KIND

    def __init__(self, store: ApiStore, world: ToolWorld) -> None:
        self._world = world
        self._tokens = Tokens(world.egress, world.clock)
        self._made = RememberedToolsets(KIND, store, self._make)

    async def toolsets(self, scope: Scope) -> Sequence[Toolset]:
        """See `ToolSource.toolsets`."""
        return await self._made.all(scope)

    async def toolset(self, scope: Scope, toolset_id: str) -> Toolset | None:
        """See `ToolSource.toolset`."""
        return await self._made.one(scope, toolset_id)

    def _make(self, row: ApiRow) -> Toolset:
        definition, settings = row.definition, row.settings
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
            tools[card.name] = OperationTool(card, made, where, auth, row.label, self._world, self._tokens)
        if server is None and not tools:
            problems.insert(0, "The document names no server; say where the API is.")
        return Toolset(toolset_id(row.slug), row.label, tools, definition.description, fields, problems=problems)
