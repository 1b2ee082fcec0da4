"""The tools of plugins, as the registry sees them."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from loomwork.adapters.tools.asking import clean
from loomwork.adapters.tools.world import ToolWorld
from loomwork.engine.variables import File
from loomwork.kernel.scope import Scope
from loomwork.nodes.ports import (
    EgressFailed,
    EgressLimits,
    EgressRefused,
    EgressRequest,
    EgressTimeout,
    EgressTooLarge,
    FileUnreadable,
)
from loomwork.plugins.domain.errors import PluginBroken, PluginRaised, PluginsRefused
from loomwork.plugins.domain.hosts import is_declared
from loomwork.plugins.domain.manifest import Manifest, PluginTool
from loomwork.plugins.ports import (
    Fetched,
    InstalledPlugin,
    PluginBook,
    PluginRunner,
    PluginShelf,
    PluginTask,
    WorldRequest,
)
from loomwork.tools.api import Link, ToolFailed, ToolOutputInvalid, ToolRefused, ToolResult, ToolUnavailable
from loomwork.tools.domain.call import ToolCall, file_of
from loomwork.tools.domain.errors import ToolOutputTooLarge
from loomwork.tools.domain.tool import ToolCard
from loomwork.tools.ports import Tool, Toolset

KIND = "plugin"
LARGEST_FILE = 10_000_000
"""Bytes of a file that is handed to a plugin."""

LARGEST_ANSWER = 10_000_000
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"})


class PluginTools:
    """Implements `ToolSource`: of every plugin that the workspace has switched on, as it is installed now."""

    kind = KIND

    def __init__(self, shelf: PluginShelf, book: PluginBook, runner: PluginRunner, world: ToolWorld) -> None:
        self._shelf = shelf
        self._book = book
        self._runner = runner
        self._world = world

    async def toolsets(self, scope: Scope) -> Sequence[Toolset]:
        """See `ToolSource.toolsets`."""
        installed = self._shelf.all()
        if not installed:
            return ()
        on = await self._book.on(scope)
        return [self._toolset(each) for each in installed if on.get(each.id) == each.grant]

    async def toolset(self, scope: Scope, toolset_id: str) -> Toolset | None:
        """See `ToolSource.toolset`."""
        found = self._shelf.find(toolset_id.removeprefix(f"{KIND}."))
        if found is None or (await self._book.on(scope)).get(found.id) != found.grant:
            return None
        return self._toolset(found)

    def _toolset(self, plugin: InstalledPlugin) -> Toolset:
        manifest = plugin.manifest
        tools: dict[str, Tool] = {
            each.name: PluginToolCall(card_of(each, manifest), plugin, self._runner, self._world)
            for each in manifest.tools
        }
        fields = {name: each.field for name, each in manifest.credentials.items()}
        return Toolset(f"{KIND}.{manifest.id}", manifest.title, tools, manifest.description, fields)


def card_of(tool: PluginTool, manifest: Manifest) -> ToolCard:
    """What the manifest says of a tool."""
    permitted = manifest.permissions.seconds
    return ToolCard(
        name=tool.name,
        description=tool.description,
        input_schema={"additionalProperties": False, **tool.input},
        output_schema=tool.output,
        effect=tool.effect,
        label=tool.label,
        repeatable=tool.repeatable,
        timeout=min(tool.seconds or permitted, permitted),
        settings=frozenset(tool.settings),
    )


@dataclass(frozen=True, slots=True)
class PluginToolCall:
    """Implements `Tool`."""

    card: ToolCard
    plugin: InstalledPlugin
    runner: PluginRunner
    world: ToolWorld

    async def call(self, call: ToolCall) -> ToolResult:
        """See `Tool.call`."""
        label, secrets = self.plugin.manifest.title, list(call.credentials.values())
        arguments = await self._told(call.scope, dict(call.arguments))
        workspace = str(call.scope.workspace_id)
        task = PluginTask(workspace, self.card.name, arguments, call.key, dict(call.credentials))
        try:
            left = await self.runner.call(self.plugin, task, tell=call.tell, fetch=self._fetch)
        except PluginRaised as error:
            raise ToolFailed(f"{label}: {clean(error.message, secrets)}") from None
        except PluginsRefused as error:
            raise ToolRefused(error.message) from None
        except PluginBroken as error:
            raise _failure(label, error) from None
        return result_of(left, label)

    async def _told(self, scope: Scope, value: Any) -> Any:
        """The arguments as JSON, with the bytes of files. Raises `ToolFailed`."""
        if isinstance(value, File):
            try:
                content = await self.world.files.read(scope, value, limit=LARGEST_FILE)
            except FileUnreadable as error:
                raise ToolFailed(error.message) from None
            said = {"name": value.name or "file", "mime_type": value.mime_type or ""}
            return {"$file": {**said, "content": base64.b64encode(content).decode("ascii")}}
        if isinstance(value, Mapping):
            return {name: await self._told(scope, each) for name, each in value.items()}
        if isinstance(value, list | tuple):
            return [await self._told(scope, each) for each in value]
        return value

    async def _fetch(self, asked: WorldRequest) -> Fetched:
        """Send a request, where the manifest names its host, through the gate. Redirects could lead anywhere."""
        if asked.method.upper() not in METHODS:
            return Fetched(code="method_not_allowed", message="Requests are GET, HEAD, POST, PUT, PATCH or DELETE.")
        if not is_declared(asked.url, self.plugin.manifest.permissions.network):
            return Fetched(code="host_not_declared", message="The manifest of the plugin does not name this host.")
        seconds = self.card.timeout
        limits = EgressLimits(first_byte=seconds, total=seconds, size=LARGEST_ANSWER, redirects=0)
        headers = list(asked.headers.items())
        try:
            request = EgressRequest(asked.method.upper(), asked.url, headers, asked.body or None)
            response = await self.world.egress.fetch(request, limits)
        except (EgressRefused, EgressFailed) as error:
            return Fetched(code=_code(error), message=error.message)
        return Fetched(response.status, response.url, dict(response.headers), response.body)


def _code(error: EgressRefused | EgressFailed) -> str:
    match error:
        case EgressTimeout():
            return "timeout"
        case EgressTooLarge():
            return "too_large"
        case EgressRefused():
            return "refused"
    return "failed"


def _failure(label: str, error: PluginBroken) -> ToolFailed:
    said = f"The plugin {label} cannot be used: {error.message}"
    match error.reason:
        case "flood":
            return ToolOutputTooLarge(said)
        case "forged":
            return ToolOutputInvalid(said)
        case "memory":
            return ToolFailed(said)
    return ToolUnavailable(said, unsent=error.unsent, retry_after=error.retry_after)


class _Left(BaseModel):
    """What a tool leaves, in the words of a stranger."""

    model_config = ConfigDict(extra="forbid", strict=True)


class _LeftFile(_Left):
    name: Annotated[str, Field(min_length=1, max_length=255)]
    mime_type: Annotated[str, Field(max_length=200)] = ""
    content: str


class _LeftLink(_Left):
    url: Annotated[str, Field(max_length=2000, pattern=r"^https?://")]
    title: Annotated[str, Field(max_length=500)] = ""


class _LeftResult(_Left):
    text: str = ""
    json_values: Annotated[list[Any], Field(alias="json")] = []
    files: Annotated[list[_LeftFile], Field(max_length=50)] = []
    links: Annotated[list[_LeftLink], Field(max_length=1000)] = []
    variables: dict[str, Any] = {}


def result_of(left: Mapping[str, Any], label: str) -> ToolResult:
    """Raises `ToolOutputInvalid`."""
    try:
        result = _LeftResult.model_validate(dict(left))
        files = [
            file_of(base64.b64decode(each.content, validate=True), name=each.name, mime_type=each.mime_type)
            for each in result.files
        ]
    except (ValidationError, ValueError, RecursionError):
        raise ToolOutputInvalid(f"What the plugin {label} left is no result of a tool.") from None
    links = [Link(each.url, each.title) for each in result.links]
    return ToolResult(result.text, result.json_values, files, links, result.variables)
