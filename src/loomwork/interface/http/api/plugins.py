"""Plugins: installed and removed by whoever owns the installation, enabled by each workspace.

Nothing here reads a path that a request names: what is installed comes with the request, or from the index of packages
by its hash.
"""

from typing import Any

from fastapi import APIRouter, Request, Response

from loomwork.interface.http.api.call import Call, TheCall, ThePage
from loomwork.interface.http.api.edits import TheEdit, TheTagged
from loomwork.interface.http.api.plugin_shapes import PluginRequirementBody, PluginShape, PluginSwitchBody
from loomwork.interface.http.api.shapes import PageOf
from loomwork.interface.http.bodies import StrictRoute
from loomwork.interface.http.idempotency import CreatingRoute
from loomwork.interface.http.needs import needs
from loomwork.kernel.errors import NotAllowed
from loomwork.kernel.page import page_within

router = APIRouter(route_class=StrictRoute, tags=["plugins"])
creating = APIRouter(route_class=CreatingRoute, tags=["plugins"])

_PLUGINS = "Plugins"
BYTES: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "A wheel, or the ZIP file of a plugin's folder.",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.get("/plugins", dependencies=[needs("tools.read")])
async def list_plugins(call: TheCall, page: ThePage) -> PageOf[PluginShape]:
    """List the installed plugins, and which of them this workspace has."""
    found = page_within(await call.plugins.all(call.scope), page, lambda each: each.manifest.id)
    return PageOf(data=[PluginShape.of(each) for each in found.items], next=found.next)


@creating.post("/plugins", status_code=201, dependencies=[needs("installation.manage")], openapi_extra=BYTES)
async def install_plugin(call: TheCall, request: Request) -> PluginShape:
    """Install a plugin, in the place of the one of its id. It is run in a jail, and enabled by each workspace."""
    _check_may_install(call)
    return PluginShape.of(await call.plugins.install(call.scope, await request.body()))


@creating.post("/plugins/requirements", status_code=201, dependencies=[needs("installation.manage")])
async def install_plugin_requirement(call: TheCall, body: PluginRequirementBody) -> PluginShape:
    """Install a plugin from the index of packages that the server uses, by its version and its hashes."""
    _check_may_install(call)
    return PluginShape.of(await call.plugins.install(call.scope, body.requirement))


@router.get("/plugins/{plugin}", dependencies=[needs("tools.read")])
async def read_plugin(call: TheCall, tagged: TheTagged, plugin: str) -> PluginShape:
    """Read what a plugin adds, and what it may have."""
    return tagged.on(await _plugin(call, plugin))


async def _plugin(call: Call, plugin: str) -> PluginShape:
    return PluginShape.of(await call.plugins.get(call.scope, plugin))


@router.patch("/plugins/{plugin}", dependencies=[needs("tools.manage")])
async def switch_plugin(call: TheCall, edit: TheEdit, plugin: str, body: PluginSwitchBody) -> PluginShape:
    """Enable or disable a plugin in this workspace; the next call of its tools feels it."""
    async with edit.unless_changed(lambda: _plugin(call, plugin)):
        return edit.on(PluginShape.of(await call.plugins.switch(call.scope, plugin, on=body.enabled)))


@router.delete("/plugins/{plugin}", status_code=204, dependencies=[needs("installation.manage")])
async def remove_plugin(call: TheCall, plugin: str) -> Response:
    """Remove a plugin from the installation; calls of its tools that are under way end with an error."""
    call.require_home(_PLUGINS)
    await call.plugins.remove(call.scope, plugin)
    return Response(status_code=204)


def _check_may_install(call: Call) -> None:
    """Raises `NotAllowed`."""
    call.require_home(_PLUGINS)
    if not call.options.plugin_uploads:
        raise NotAllowed(
            "This installation takes plugins from commands on its own machine alone (LOOMWORK_PLUGIN_UPLOADS)."
        )
