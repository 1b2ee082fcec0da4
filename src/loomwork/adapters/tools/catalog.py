"""The tools that files of the catalog describe, as they are at this moment."""

import importlib
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from loomwork.adapters.tools.cards import ToolFileCard, ToolsetCard
from loomwork.adapters.tools.http import HttpTool
from loomwork.adapters.tools.world import ToolWorld
from loomwork.kernel.scope import Scope
from loomwork.tools.api import NamedTool
from loomwork.tools.domain.call import ToolCall, ToolResult
from loomwork.tools.domain.tool import CATALOG, CredentialField, ToolCard
from loomwork.tools.ports import Tool, Toolset

Function = Callable[[ToolCall, ToolWorld], Awaitable[ToolResult]]
BUILTIN = "loomwork.adapters.tools.builtin"


class Files(Protocol):
    """What the files say now: the same object while nothing changes."""

    @property
    def cards(self) -> Mapping[str, ToolsetCard]: ...

    @property
    def problems(self) -> Mapping[str, str]: ...


class FileReader(Protocol):
    """Reads the files of the catalog."""

    def read(self) -> Files: ...


@dataclass(frozen=True, slots=True)
class PythonTool:
    """Implements `Tool` by a function."""

    card: ToolCard
    function: Function
    world: ToolWorld

    async def call(self, call: ToolCall) -> ToolResult:
        """See `Tool.call`."""
        return await self.function(call, self.world)


class CatalogTools:
    """Implements `ToolSource` and `KnownTools`: every workspace has the same files."""

    kind = CATALOG

    def __init__(self, files: FileReader, world: ToolWorld, environment: Mapping[str, str]) -> None:
        self._files = files
        self._world = world
        self._environment = environment
        self._made_of: Files | None = None
        self._toolsets: dict[str, Toolset] = {}
        self._named: dict[tuple[str, str], NamedTool] = {}

    async def toolsets(self, scope: Scope) -> Sequence[Toolset]:
        """See `ToolSource.toolsets`."""
        return list(self._now().values())

    async def toolset(self, scope: Scope, toolset_id: str) -> Toolset | None:
        """See `ToolSource.toolset`."""
        return self._now().get(toolset_id)

    def named(self, provider: str, tool: str) -> NamedTool | None:
        """See `KnownTools.named`."""
        self._now()
        return self._named.get((provider.strip().casefold(), tool.strip()))

    def _now(self) -> Mapping[str, Toolset]:
        files = self._files.read()
        if files is not self._made_of:
            self._toolsets = {name: self._toolset(card) for name, card in files.cards.items()}
            self._toolsets |= {
                name: Toolset(name, name, {}, problems=[sentence]) for name, sentence in files.problems.items()
            }
            self._named = dict(each for card in files.cards.values() for each in _names(card))
            self._made_of = files
        return self._toolsets

    def _toolset(self, card: ToolsetCard) -> Toolset:
        tools: dict[str, Tool] = {}
        problems: list[str] = []
        for said in card.tools:
            try:
                tools[said.name] = self._tool(card, said)
            except LookupError as problem:
                problems.append(str(problem.args[0]))
        fields = {name: _field(each.model_dump(exclude={"env"})) for name, each in card.credentials.items()}
        given = {name: self._environment.get(each.env, "") for name, each in card.credentials.items() if each.env}
        return Toolset(
            card.id,
            card.label,
            tools,
            description=card.description,
            credentials=fields,
            aliases=tuple(known_as(card)),
            problems=problems,
            links={name: url for name, url in card.links.model_dump().items() if url},
            given={name: value for name, value in given.items() if value},
        )

    def _tool(self, card: ToolsetCard, said: ToolFileCard) -> Tool:
        if said.request is not None:
            return HttpTool(card_of(said), card, said, said.request, self._world)
        return PythonTool(card_of(said), function_of(said.entry or ""), self._world)


def function_of(entry: str) -> Function:
    """The function that `module:function` names. Raises `LookupError` for one that is not there to be named."""
    module_name, _, name = entry.partition(":")
    try:
        module = importlib.import_module(f"{BUILTIN}.{module_name}")
    except ImportError:
        raise LookupError(f"There is no entry {entry!r}.") from None
    if name not in getattr(module, "__all__", ()):
        raise LookupError(f"There is no entry {entry!r}.")
    function: Function = getattr(module, name)
    return function


def card_of(said: ToolFileCard) -> ToolCard:
    """What a tool of a file says of itself."""
    return ToolCard(
        name=said.name,
        label=said.label,
        description=said.description,
        input_schema=said.input_schema,
        output_schema=said.output,
        effect=said.effect,
        repeatable=said.repeatable,
        timeout=said.timeout,
        settings=frozenset(name for name, each in said.parameters.items() if each.set_by == "builder"),
        aliases=said.aliases,
        parameter_aliases=_parameter_aliases(said),
    )


def known_as(card: ToolsetCard) -> Iterator[str]:
    """Every id of another product that stands for the toolset."""
    for alias in card.aliases:
        yield alias
        if "/" not in alias:
            yield f"langgenius/{alias}/{alias}"


def _names(card: ToolsetCard) -> Iterator[tuple[tuple[str, str], NamedTool]]:
    for said in card.tools:
        title = f"{card.label}: {said.label or said.name}"
        named = NamedTool(f"{card.id}/{said.name}", title, said.input_schema, _parameter_aliases(said))
        for provider in (card.id, *known_as(card)):
            for name in (said.name, *said.aliases):
                yield (provider.casefold(), name), named


def _parameter_aliases(said: ToolFileCard) -> dict[str, str]:
    return {alias: name for name, each in said.parameters.items() for alias in each.aliases}


def _field(said: Mapping[str, object]) -> CredentialField:
    return CredentialField(**said)  # type: ignore[arg-type]  # the card has the same fields, checked when it was read
