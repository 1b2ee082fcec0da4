"""Tools as commands see them: of the data folder, or behind a server's API.

What is handed out is what `/api/v1` answers with, so that `--json` is the same for both.
"""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from loomwork.interface.cli.model_desk import Facts
from loomwork.kernel.errors import InvalidInput
from loomwork.kernel.ids import new_id
from loomwork.kernel.scope import Scope

if TYPE_CHECKING:
    from loomwork.interface.python.client import AsyncClient
    from loomwork.tools.api import Apis, McpInfo, McpServers, Tools


class ToolDesk(Protocol):
    """Each raises the `LoomworkError` that says why it could not."""

    async def list_tools(self) -> Sequence[Facts]:
        """All toolsets, each with its tools."""
        ...

    async def show_toolset(self, toolset: str) -> Facts: ...

    async def call(self, name: str, arguments: Mapping[str, Any], credential: str | None) -> Facts:
        """What the tool `toolset/tool` leaves."""
        ...

    async def switch(self, name: str, *, on: bool) -> None:
        """A toolset, or a tool of one (`toolset/tool`)."""
        ...

    async def save_credential(self, toolset: str, values: Mapping[str, str], name: str) -> Facts: ...

    async def remove_credential(self, toolset: str, credential_id: str) -> None: ...

    async def add_api(self, said: Mapping[str, Any], *, preview: bool) -> Facts:
        """Import an API, or see what that would make; `said` is the body of `POST /api/v1/tools/apis`."""
        ...

    async def remove_api(self, name: str) -> None: ...

    async def list_servers(self) -> Sequence[Facts]:
        """The servers of MCP."""
        ...

    async def show_server(self, name: str) -> Facts: ...

    async def add_server(self, said: Mapping[str, Any], *, preview: bool) -> Facts:
        """Add one, or see what it offers; `said` is the body of `POST /api/v1/tools/servers`."""
        ...

    async def refresh_server(self, name: str) -> Facts: ...

    async def approve_server(self, name: str, tools: Sequence[str] | None) -> Facts: ...

    async def authorize_server(self, name: str, redirect_url: str) -> str:
        """Where to sign in."""
        ...

    async def finish_authorizing(self, name: str, answer: Mapping[str, str]) -> Facts: ...

    async def remove_server(self, name: str) -> None: ...


@dataclass(frozen=True, slots=True)
class LocalToolDesk:
    """Fits `ToolDesk`."""

    scope: Scope
    tools: "Tools"
    apis: "Apis"
    servers: "McpServers"

    async def list_tools(self) -> Sequence[Facts]:
        # Here, as below, because a command on a server needs no shapes.
        from loomwork.interface.http.api.tool_shapes import ToolsetShape

        found = await self.tools.toolsets(self.scope)
        return [ToolsetShape.of(each).model_dump(mode="json", by_alias=True) for each in found]

    async def show_toolset(self, toolset: str) -> Facts:
        from loomwork.interface.http.api.tool_shapes import ToolsetShape

        found = await self.tools.toolset(self.scope, toolset)
        return ToolsetShape.of(found).model_dump(mode="json", by_alias=True)

    async def call(self, name: str, arguments: Mapping[str, Any], credential: str | None) -> Facts:
        from loomwork.interface.http.api.tool_shapes import ToolResultShape

        result = await self.tools.call(self.scope, name, arguments, key=new_id(), credential=credential)
        return ToolResultShape.of(result).model_dump(mode="json", by_alias=True)

    async def switch(self, name: str, *, on: bool) -> None:
        await self.tools.switch(self.scope, name, on=on)

    async def save_credential(self, toolset: str, values: Mapping[str, str], name: str) -> Facts:
        from loomwork.interface.http.api.tool_shapes import ToolCredentialShape

        made = await self.tools.save_credential(self.scope, toolset, values, name=name)
        return ToolCredentialShape.of(made).model_dump(mode="json")

    async def remove_credential(self, toolset: str, credential_id: str) -> None:
        await self.tools.remove_credential(self.scope, toolset, credential_id)

    async def add_api(self, said: Mapping[str, Any], *, preview: bool) -> Facts:
        from loomwork.interface.http.api.tool_api_shapes import ApiBody, ApiShape

        with _saying_what_is_wrong():
            body = ApiBody.model_validate(said)
        given = body.given(body.name)
        made = await (self.apis.preview if preview else self.apis.save)(self.scope, given)
        return ApiShape.of(made).model_dump(mode="json", by_alias=True)

    async def remove_api(self, name: str) -> None:
        await self.apis.remove(self.scope, name)

    async def list_servers(self) -> Sequence[Facts]:
        return [_server(each) for each in await self.servers.all(self.scope)]

    async def show_server(self, name: str) -> Facts:
        return _server(await self.servers.get(self.scope, name))

    async def add_server(self, said: Mapping[str, Any], *, preview: bool) -> Facts:
        from loomwork.interface.http.api.tool_server_shapes import ToolServerBody

        with _saying_what_is_wrong():
            body = ToolServerBody.model_validate(said)
        given = body.given(body.name)
        return _server(await (self.servers.preview if preview else self.servers.add)(self.scope, given))

    async def refresh_server(self, name: str) -> Facts:
        return _server(await self.servers.refresh(self.scope, name))

    async def approve_server(self, name: str, tools: Sequence[str] | None) -> Facts:
        return _server(await self.servers.approve(self.scope, name, tools))

    async def authorize_server(self, name: str, redirect_url: str) -> str:
        return await self.servers.authorize(self.scope, name, redirect_url)

    async def finish_authorizing(self, name: str, answer: Mapping[str, str]) -> Facts:
        return _server(await self.servers.finish(self.scope, name, answer))

    async def remove_server(self, name: str) -> None:
        await self.servers.remove(self.scope, name)


@dataclass(frozen=True, slots=True)
class RemoteToolDesk:
    """Fits `ToolDesk`."""

    client: "AsyncClient"

    async def list_tools(self) -> Sequence[Facts]:
        return (await self.client.list_tools())["data"]

    async def show_toolset(self, toolset: str) -> Facts:
        return await self.client.read_toolset(toolset)

    async def call(self, name: str, arguments: Mapping[str, Any], credential: str | None) -> Facts:
        toolset, _, tool = name.rpartition("/")
        return await self.client.call_tool(toolset, tool, arguments=dict(arguments), credential=credential)

    async def switch(self, name: str, *, on: bool) -> None:
        toolset, slash, tool = name.partition("/")
        if slash:
            await self.client.switch_tool(toolset, tool, enabled=on)
        else:
            await self.client.switch_toolset(toolset, enabled=on)

    async def save_credential(self, toolset: str, values: Mapping[str, str], name: str) -> Facts:
        return await self.client.save_tool_credential(toolset, values=dict(values), name=name)

    async def remove_credential(self, toolset: str, credential_id: str) -> None:
        await self.client.remove_tool_credential(toolset, credential_id)

    async def add_api(self, said: Mapping[str, Any], *, preview: bool) -> Facts:
        if preview:
            return await self.client.preview_tool_api(**said)
        return await self.client.import_tool_api(**said)

    async def remove_api(self, name: str) -> None:
        await self.client.remove_tool_api(name)

    async def list_servers(self) -> Sequence[Facts]:
        return (await self.client.list_tool_servers())["data"]

    async def show_server(self, name: str) -> Facts:
        return await self.client.read_tool_server(name)

    async def add_server(self, said: Mapping[str, Any], *, preview: bool) -> Facts:
        if preview:
            return await self.client.preview_tool_server(**said)
        return await self.client.add_tool_server(**said)

    async def refresh_server(self, name: str) -> Facts:
        return await self.client.refresh_tool_server(name)

    async def approve_server(self, name: str, tools: Sequence[str] | None) -> Facts:
        return await self.client.approve_tool_server(name, tools=None if tools is None else list(tools))

    async def authorize_server(self, name: str, redirect_url: str) -> str:
        return (await self.client.authorize_tool_server(name, redirect_url=redirect_url))["url"]

    async def finish_authorizing(self, name: str, answer: Mapping[str, str]) -> Facts:
        return await self.client.finish_authorizing_tool_server(name, answer=dict(answer))

    async def remove_server(self, name: str) -> None:
        await self.client.remove_tool_server(name)


def _server(server: "McpInfo") -> Facts:
    from loomwork.interface.http.api.tool_server_shapes import ToolServerShape

    return ToolServerShape.of(server).model_dump(mode="json", by_alias=True)


@contextlib.contextmanager
def _saying_what_is_wrong() -> Iterator[None]:
    from pydantic import ValidationError

    try:
        yield
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise InvalidInput(f"{'.'.join(str(step) for step in first['loc'])}: {first['msg']}.") from None
