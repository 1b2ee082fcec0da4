"""Servers of MCP, whose tools become tools of the workspace: looked at first, added, approved anew, removed."""

from fastapi import APIRouter, Response

from loomwork.interface.http.api.call import Call, TheCall
from loomwork.interface.http.api.edits import TheEdit, TheTagged
from loomwork.interface.http.api.shapes import ListOf
from loomwork.interface.http.api.tool_server_shapes import (
    ApprovalBody,
    SignedInBody,
    SignInBody,
    SignInShape,
    ToolServerBody,
    ToolServerChangeBody,
    ToolServerShape,
)
from loomwork.interface.http.bodies import StrictRoute
from loomwork.interface.http.idempotency import CreatingRoute
from loomwork.interface.http.needs import needs

router = APIRouter(route_class=StrictRoute, tags=["tools"])
creating = APIRouter(route_class=CreatingRoute, tags=["tools"])


@router.get("/tools/servers", dependencies=[needs("tools.read")])
async def list_tool_servers(call: TheCall) -> ListOf[ToolServerShape]:
    """List the servers of MCP that were added, each with what it offered last."""
    return ListOf(data=[ToolServerShape.of(each) for each in await call.servers.all(call.scope)])


@creating.post("/tools/servers", status_code=201, dependencies=[needs("tools.manage")])
async def add_tool_server(call: TheCall, body: ToolServerBody) -> ToolServerShape:
    """Add a server of MCP: each of its tools becomes a tool of the workspace."""
    return ToolServerShape.of(await call.servers.add(call.scope, body.given(body.name)))


@creating.post("/tools/servers/preview", dependencies=[needs("tools.manage")])
async def preview_tool_server(call: TheCall, body: ToolServerBody) -> ToolServerShape:
    """See what a server of MCP offers; nothing is kept."""
    return ToolServerShape.of(await call.servers.preview(call.scope, body.given(body.name)))


@router.get("/tools/servers/{server}", dependencies=[needs("tools.read")])
async def read_tool_server(call: TheCall, tagged: TheTagged, server: str) -> ToolServerShape:
    """Read what is said of a server of MCP, and what it offered last."""
    return tagged.on(await _server(call, server))


async def _server(call: Call, server: str) -> ToolServerShape:
    return ToolServerShape.of(await call.servers.get(call.scope, server))


@router.patch("/tools/servers/{server}", dependencies=[needs("tools.manage")])
async def change_tool_server(call: TheCall, edit: TheEdit, server: str, body: ToolServerChangeBody) -> ToolServerShape:
    """Say something else of a server of MCP. Of what another address offers nothing is approved."""
    async with edit.unless_changed(lambda: _server(call, server)):
        return edit.on(ToolServerShape.of(await call.servers.change(call.scope, server, body.given())))


@creating.post("/tools/servers/{server}/refresh", dependencies=[needs("tools.manage")])
async def refresh_tool_server(call: TheCall, server: str) -> ToolServerShape:
    """Ask a server of MCP again what it offers; what is new or changed waits to be approved."""
    return ToolServerShape.of(await call.servers.refresh(call.scope, server))


@creating.post("/tools/servers/{server}/approve", dependencies=[needs("tools.manage")])
async def approve_tool_server(call: TheCall, server: str, body: ApprovalBody) -> ToolServerShape:
    """Approve what a server of MCP offered last; the next call feels it."""
    return ToolServerShape.of(await call.servers.approve(call.scope, server, body.tools))


@creating.post("/tools/servers/{server}/authorize", dependencies=[needs("tools.manage")])
async def authorize_tool_server(call: TheCall, server: str, body: SignInBody) -> SignInShape:
    """Begin to sign in to a server of MCP that lets in by OAuth."""
    return SignInShape(url=await call.servers.authorize(call.scope, server, body.redirect_url))


@creating.post("/tools/servers/{server}/authorize/finish", dependencies=[needs("tools.manage")])
async def finish_authorizing_tool_server(call: TheCall, server: str, body: SignedInBody) -> ToolServerShape:
    """Finish signing in; what the server offers then waits to be approved."""
    return ToolServerShape.of(await call.servers.finish(call.scope, server, body.answer))


@router.delete("/tools/servers/{server}", status_code=204, dependencies=[needs("tools.manage")])
async def remove_tool_server(call: TheCall, server: str) -> Response:
    """Remove a server of MCP with its tools, and what was stored to be let in."""
    await call.servers.remove(call.scope, server)
    return Response(status_code=204)
