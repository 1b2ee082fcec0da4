"""A place that tools come from, as small as one can be, and a registry over it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from loomwork.adapters.storage.memory import MemoryOutputStore, MemorySwitchStore, MemoryToolCredentialStore
from loomwork.kernel.clock import SystemClock
from loomwork.kernel.scope import Scope
from loomwork.tools.application.calling import Calling
from loomwork.tools.application.registry import WorkspaceTools
from loomwork.tools.domain.call import ToolCall, ToolResult
from loomwork.tools.domain.tool import CredentialField, ToolCard
from loomwork.tools.ports import CallRecord, Tool, Toolset, ToolSource

Does = Callable[[ToolCall], Awaitable[ToolResult]]


@dataclass
class SmallTool:
    """Does what it is given to do, and remembers what it was given."""

    card: ToolCard
    does: Does
    calls: list[ToolCall] = field(default_factory=list)

    async def call(self, call: ToolCall) -> ToolResult:
        self.calls.append(call)
        return await self.does(call)


async def echoed(call: ToolCall) -> ToolResult:
    return ToolResult(text=str(call.arguments.get("text", "")), json=[dict(call.arguments)])


def tool(name: str = "echo", does: Does = echoed, **card: object) -> SmallTool:
    schema = {"type": "object", "properties": {"text": {"type": "string"}}}
    given = {"description": "Says it again.", "input_schema": schema, "effect": "read", **card}
    return SmallTool(ToolCard(name, **given), does)  # type: ignore[arg-type]  # a test names what it cares about


@dataclass
class Shelf:
    """Implements `ToolSource` with what lies on it."""

    kind: str = "catalog"
    sets: dict[str, Toolset] = field(default_factory=dict)

    def put(
        self, *tools: Tool, toolset: str = "words", credentials: Mapping[str, CredentialField] | None = None
    ) -> None:
        named = {each.card.name: each for each in tools}
        self.sets[toolset] = Toolset(
            toolset, toolset.title(), named, credentials=credentials or {}, aliases=(f"acme/{toolset}/{toolset}",)
        )

    async def toolsets(self, scope: Scope) -> Sequence[Toolset]:
        return list(self.sets.values())

    async def toolset(self, scope: Scope, toolset_id: str) -> Toolset | None:
        return self.sets.get(toolset_id)


class Diary:
    """Implements `CallTrail`."""

    def __init__(self) -> None:
        self.entries: list[CallRecord] = []

    async def called(self, scope: Scope, record: CallRecord) -> None:
        self.entries.append(record)


class Naps:
    """Sleeps that take no time."""

    def __init__(self) -> None:
        self.taken: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.taken.append(seconds)


@dataclass
class Box:
    """A registry with all around it."""

    tools: WorkspaceTools
    shelf: Shelf
    diary: Diary
    naps: Naps


def boxed(*more: ToolSource) -> Box:
    shelf, diary, naps, outputs = Shelf(), Diary(), Naps(), MemoryOutputStore()
    tools = WorkspaceTools(
        [shelf, *more],
        switches=MemorySwitchStore(),
        credentials=MemoryToolCredentialStore(),
        calling=Calling(SystemClock(), trail=diary, outputs=outputs, sleep=naps),
        clock=SystemClock(),
        outputs=outputs,
    )
    return Box(tools, shelf, diary, naps)
