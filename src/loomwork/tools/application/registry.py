"""The tools of workspaces: found, described, switched, let in, and called."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from loomwork.kernel.clock import Clock
from loomwork.kernel.errors import NotFound
from loomwork.kernel.ids import new_id
from loomwork.kernel.scope import Scope
from loomwork.tools.api import CredentialInfo, ToolInfo, ToolsetInfo
from loomwork.tools.application.calling import Calling
from loomwork.tools.application.finding import Finder, Found, sound
from loomwork.tools.domain.arguments import fitted
from loomwork.tools.domain.call import Caller, ToolCall, ToolResult, say_nothing
from loomwork.tools.domain.credentials import checked_name, checked_values, hint_of, lets_in, with_defaults
from loomwork.tools.domain.errors import ToolCredentialsMissing, ToolDisabled, ToolNotFound
from loomwork.tools.domain.tool import ToolName
from loomwork.tools.ports import (
    CredentialRow,
    OutputStore,
    SwitchStore,
    Tool,
    ToolCredentialStore,
    Toolset,
    ToolSource,
)


class WorkspaceTools:
    """Implements `Tools`. Nothing is remembered between two calls: what a source, a switch or a credential says counts
    for the next one.
    """

    def __init__(
        self,
        sources: Sequence[ToolSource],
        *,
        switches: SwitchStore,
        credentials: ToolCredentialStore,
        calling: Calling,
        clock: Clock,
        outputs: OutputStore | None = None,
    ) -> None:
        self._finder = Finder(sources)
        self._switches = switches
        self._credentials = credentials
        self._calling = calling
        self._clock = clock
        self._outputs = outputs

    async def toolsets(self, scope: Scope) -> Sequence[ToolsetInfo]:
        """See `Tools.toolsets`."""
        off, rows = await self._switches.off(scope), await self._credentials.listed(scope)
        return [_described(kind, each, off, rows) for kind, each in await self._finder.all(scope)]

    async def toolset(self, scope: Scope, toolset_id: str) -> ToolsetInfo:
        """See `Tools.toolset`."""
        kind, found = await self._finder.toolset(scope, toolset_id)
        return _described(kind, found, await self._switches.off(scope), await self._credentials.listed(scope))

    async def find(self, scope: Scope, name: str) -> ToolInfo:
        """See `Tools.find`."""
        found = await self._finder.tool(scope, name)
        return _info(found.toolset, found.tool, await self._switches.off(scope))

    async def call(
        self,
        scope: Scope,
        name: str,
        arguments: Mapping[str, Any],
        *,
        key: str,
        caller: Caller | None = None,
        credential: str | None = None,
        tell: Callable[[str], None] = say_nothing,
        seconds: float | None = None,
        most: int | None = None,
    ) -> ToolResult:
        """See `Tools.call`."""
        found = await self._finder.tool(scope, name)
        await self._refuse_disabled(scope, found)
        call = ToolCall(
            scope=scope,
            arguments=fitted(found.tool.card, arguments),
            key=key,
            credentials=await self._let_in(scope, found.toolset, credential),
            caller=caller or Caller(),
            tell=tell,
        )
        return await self._calling.call(found, call, seconds=seconds, most=most)

    async def output(self, scope: Scope, output_id: str) -> bytes:
        """See `Tools.output`."""
        if self._outputs is None:
            raise NotFound.of("output", output_id)
        return await self._outputs.read(scope, output_id)

    async def switch(self, scope: Scope, name: str, *, on: bool) -> None:
        """See `Tools.switch`."""
        await self._switches.switch(scope, await self._proper_name(scope, name), on=on)

    async def save_credential(
        self, scope: Scope, toolset_id: str, values: Mapping[str, str], *, name: str = "default"
    ) -> CredentialInfo:
        """See `Tools.save_credential`."""
        _, toolset = await self._finder.toolset(scope, toolset_id)
        given, name = checked_values(toolset.label, toolset.credentials, values), checked_name(name)
        now = self._clock.now()
        hint = hint_of(toolset.credentials, given)
        there = next((row for row in await self._rows(scope, toolset.id) if row.name == name), None)
        row = CredentialRow(new_id(), toolset.id, name, hint, now, now)
        if there is not None:
            row = replace(there, hint=hint, updated_at=now)
        await self._credentials.put(scope, row, given)
        return _shown(row)

    async def remove_credential(self, scope: Scope, toolset_id: str, credential_id: str) -> None:
        """See `Tools.remove_credential`. The toolset itself may be gone already."""
        if credential_id not in {row.id for row in await self._rows(scope, toolset_id)}:
            raise NotFound.of("credential", credential_id)
        await self._credentials.remove(scope, credential_id)

    async def _rows(self, scope: Scope, toolset_id: str) -> list[CredentialRow]:
        return [row for row in await self._credentials.listed(scope) if row.toolset == toolset_id]

    async def _proper_name(self, scope: Scope, name: str) -> str:
        if "/" not in name:
            return (await self._finder.toolset(scope, name))[1].id
        try:
            return (await self._finder.tool(scope, name)).name
        except ToolNotFound:
            return (await self._finder.toolset(scope, name))[1].id

    async def _refuse_disabled(self, scope: Scope, found: Found) -> None:
        off = await self._switches.off(scope)
        for name in (found.toolset.id, found.name):
            if name in off:
                raise ToolDisabled(
                    f"The tool {found.name} is switched off in this workspace; `loomwork tools enable {name}` "
                    "switches it on.",
                    tool=found.name,
                )

    async def _let_in(self, scope: Scope, toolset: Toolset, wanted: str | None) -> Mapping[str, str]:
        if not toolset.credentials:
            return {}
        stored = await self._credentials.usable(scope, toolset.id)
        # App files come with the ids of credentials that another installation has: those are nobody's here.
        chosen = next((each for each in stored if wanted in (each.id, each.name)), None) or next(iter(stored), None)
        if chosen is not None:
            return with_defaults(toolset.credentials, chosen.values)
        if lets_in(toolset.credentials, toolset.given):
            return with_defaults(toolset.credentials, toolset.given)
        raise ToolCredentialsMissing(
            f"{toolset.label} wants credentials, and the workspace has none for it; "
            f"`loomwork tools credentials set {toolset.id}` stores them.",
            toolset=toolset.id,
        )


def _described(kind: str, toolset: Toolset, off: frozenset[str], rows: Sequence[CredentialRow]) -> ToolsetInfo:
    own = [_shown(row) for row in rows if row.toolset == toolset.id]
    return ToolsetInfo(
        id=toolset.id,
        source=kind,
        label=toolset.label,
        description=toolset.description,
        enabled=toolset.id not in off,
        configured=bool(own) or lets_in(toolset.credentials, toolset.given),
        tools=[_info(toolset, tool, off) for tool in sound(toolset)],
        credential_fields=toolset.credentials,
        credentials=own,
        problems=toolset.problems,
        links=toolset.links,
    )


def _info(toolset: Toolset, tool: Tool, off: frozenset[str]) -> ToolInfo:
    card = tool.card
    name = str(ToolName(toolset.id, card.name))
    return ToolInfo(
        name=name,
        label=card.label or card.name,
        description=card.description,
        input_schema=card.input_schema,
        model_schema=card.model_schema,
        output_schema=card.output_schema,
        effect=card.effect,
        repeatable=card.may_repeat,
        timeout=card.timeout,
        enabled=off.isdisjoint({toolset.id, name}),
    )


def _shown(row: CredentialRow) -> CredentialInfo:
    return CredentialInfo(row.id, row.name, row.hint, row.created_at, row.updated_at)
