"""Tools: what the workspace can call, what lets it in, and what it has switched off."""

from fastapi import APIRouter, Response

from loomwork.interface.http.api.call import Call, TheCall
from loomwork.interface.http.api.edits import TheEdit, TheTagged
from loomwork.interface.http.api.shapes import ListOf
from loomwork.interface.http.api.tool_shapes import (
    NewToolCredentialBody,
    SwitchBody,
    ToolCallBody,
    ToolCredentialShape,
    ToolOutputShape,
    ToolResultShape,
    ToolsetShape,
    ToolShape,
)
from loomwork.interface.http.bodies import StrictRoute
from loomwork.interface.http.idempotency import CreatingRoute
from loomwork.interface.http.needs import needs
from loomwork.kernel.ids import new_id

router = APIRouter(route_class=StrictRoute, tags=["tools"])
creating = APIRouter(route_class=CreatingRoute, tags=["tools"])


@router.get("/tools", dependencies=[needs("tools.read")])
async def list_tools(call: TheCall) -> ListOf[ToolsetShape]:
    """List the tools of the workspace, those that belong together as one."""
    return ListOf(data=[ToolsetShape.of(each) for each in await call.tools.toolsets(call.scope)])


@router.get("/tools/{toolset}", dependencies=[needs("tools.read")])
async def read_toolset(call: TheCall, tagged: TheTagged, toolset: str) -> ToolsetShape:
    """Describe tools that belong together: what they take, what lets them in, and what is switched off."""
    return tagged.on(await _toolset(call, toolset))


async def _toolset(call: Call, toolset: str) -> ToolsetShape:
    return ToolsetShape.of(await call.tools.toolset(call.scope, toolset))


@router.get("/tools/{toolset}/{tool}", dependencies=[needs("tools.read")])
async def read_tool(call: TheCall, tagged: TheTagged, toolset: str, tool: str) -> ToolShape:
    """Describe one tool: what it takes, and whether it is switched on."""
    return tagged.on(await _tool(call, toolset, tool))


async def _tool(call: Call, toolset: str, tool: str) -> ToolShape:
    return ToolShape.of(await call.tools.find(call.scope, f"{toolset}/{tool}"))


@router.patch("/tools/{toolset}", dependencies=[needs("tools.manage")])
async def switch_toolset(call: TheCall, edit: TheEdit, toolset: str, body: SwitchBody) -> ToolsetShape:
    """Enable or disable tools that belong together; the next call feels it."""
    found = await call.tools.toolset(call.scope, toolset)
    async with edit.unless_changed(lambda: _toolset(call, toolset)):
        await call.tools.switch(call.scope, found.id, on=body.enabled)
        return edit.on(await _toolset(call, found.id))


@router.patch("/tools/{toolset}/{tool}", dependencies=[needs("tools.manage")])
async def switch_tool(call: TheCall, edit: TheEdit, toolset: str, tool: str, body: SwitchBody) -> ToolShape:
    """Enable or disable one tool."""
    found = await call.tools.find(call.scope, f"{toolset}/{tool}")
    async with edit.unless_changed(lambda: _tool(call, toolset, tool)):
        await call.tools.switch(call.scope, found.name, on=body.enabled)
        return edit.on(ToolShape.of(await call.tools.find(call.scope, found.name)))


@creating.post("/tools/{toolset}/{tool}/call", dependencies=[needs("tools.call")])
async def call_tool(call: TheCall, toolset: str, tool: str, body: ToolCallBody) -> ToolResultShape:
    """Call a tool, as an app would."""
    result = await call.tools.call(
        call.scope,
        f"{toolset}/{tool}",
        body.arguments,
        key=new_id(),
        credential=body.credential,
        seconds=body.seconds,
    )
    return ToolResultShape.of(result)


@creating.post("/tools/{toolset}/credentials", status_code=201, dependencies=[needs("tools.manage")])
async def save_tool_credential(call: TheCall, toolset: str, body: NewToolCredentialBody) -> ToolCredentialShape:
    """Store a credential, encrypted. It can be replaced, and never be read."""
    made = await call.tools.save_credential(call.scope, toolset, body.values, name=body.name)
    return ToolCredentialShape.of(made)


@router.delete(
    "/tools/{toolset}/credentials/{tool_credential_id}", status_code=204, dependencies=[needs("tools.manage")]
)
async def remove_tool_credential(call: TheCall, toolset: str, tool_credential_id: str) -> Response:
    """Remove a credential; calls that are under way end with the one they began with."""
    await call.tools.remove_credential(call.scope, toolset, tool_credential_id)
    return Response(status_code=204)


@router.get("/tool-outputs/{output_id}", dependencies=[needs("tools.call")])
async def read_tool_output(call: TheCall, output_id: str) -> ToolOutputShape:
    """Read in full what a tool has said, where it was too much to hand on."""
    return ToolOutputShape.of(await call.tools.output(call.scope, output_id))
