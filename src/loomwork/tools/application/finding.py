"""Finds the tools that a workspace has at this moment, over all the places that they come from."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from loomwork.kernel.scope import Scope
from loomwork.tools.domain.errors import ToolNotFound
from loomwork.tools.domain.tool import ToolName, is_tool_name, is_toolset_id
from loomwork.tools.ports import Tool, Toolset, ToolSource

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Found:
    """A tool with what it belongs to."""

    toolset: Toolset
    tool: Tool

    @property
    def name(self) -> str:
        return str(ToolName(self.toolset.id, self.tool.card.name))


class Finder:
    """Asks the sources each time. One that fails takes nothing from the others."""

    def __init__(self, sources: Sequence[ToolSource]) -> None:
        self._sources = tuple(sources)

    async def all(self, scope: Scope) -> list[tuple[str, Toolset]]:
        """Every toolset with the kind of its source, by source and then by label."""
        found: list[tuple[str, Toolset]] = []
        for source in self._sources:
            sets = [each for each in await _asked(source, scope) if is_toolset_id(each.id, source.kind)]
            found += [(source.kind, each) for each in sorted(sets, key=lambda each: each.label.casefold())]
        return found

    async def toolset(self, scope: Scope, toolset_id: str) -> tuple[str, Toolset]:
        """By its id, else by an alias. Raises `ToolNotFound`."""
        own = await self._of_id(scope, toolset_id)
        if own is not None:
            return own
        wanted = toolset_id.casefold()
        for kind, each in await self.all(scope):
            if any(wanted == alias.casefold() for alias in each.aliases):
                return kind, each
        raise ToolNotFound(f"There are no tools {toolset_id[:100]!r} in this workspace.", toolset=toolset_id[:100])

    async def tool(self, scope: Scope, name: str) -> Found:
        """Raises `ToolNotFound`. The names of other products have slashes of their own (`author/plugin/tools/tool`),
        and several toolsets may share what stands for one of theirs.
        """
        toolset_id, _, tool_name = name.strip().rpartition("/")
        for toolset in await self._named(scope, toolset_id) if toolset_id else ():
            tool = tool_of(toolset, tool_name)
            if tool is not None:
                return Found(toolset, tool)
        raise _no_tool(name)

    async def _named(self, scope: Scope, toolset_id: str) -> Sequence[Toolset]:
        """The one of this id, else all that have it as an alias."""
        own = await self._of_id(scope, toolset_id)
        if own is not None:
            return [own[1]]
        wanted = toolset_id.casefold()
        found = await self.all(scope)
        return [each for _, each in found if any(wanted == alias.casefold() for alias in each.aliases)]

    async def _of_id(self, scope: Scope, toolset_id: str) -> tuple[str, Toolset] | None:
        for source in self._sources:
            if is_toolset_id(toolset_id, source.kind):
                found = await source.toolset(scope, toolset_id)
                if found is not None:
                    return source.kind, found
        return None


def tool_of(toolset: Toolset, name: str) -> Tool | None:
    """By its name, else by an alias."""
    if name in toolset.tools:
        return toolset.tools[name]
    return next((each for each in toolset.tools.values() if name in each.card.aliases), None)


def sound(toolset: Toolset) -> list[Tool]:
    """The tools whose names can be called."""
    return [tool for name, tool in toolset.tools.items() if name == tool.card.name and is_tool_name(name)]


def _no_tool(name: str) -> ToolNotFound:
    return ToolNotFound(
        f"There is no tool {name[:150]!r} in this workspace; `loomwork tools list` shows those that there are.",
        tool=name[:150],
    )


async def _asked(source: ToolSource, scope: Scope) -> Sequence[Toolset]:
    try:
        return await source.toolsets(scope)
    except Exception:  # one place that tools come from must not keep the others from being listed
        log.exception("The tools of %s cannot be listed.", source.kind)
        return ()
