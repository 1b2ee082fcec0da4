"""APIs that become tools: looked at first, imported, changed, removed."""

from fastapi import APIRouter, Response

from loomwork.interface.http.api.call import Call, TheCall
from loomwork.interface.http.api.edits import TheEdit, TheTagged
from loomwork.interface.http.api.shapes import ListOf
from loomwork.interface.http.api.tool_api_shapes import ApiBody, ApiChangeBody, ApiShape
from loomwork.interface.http.bodies import StrictRoute
from loomwork.interface.http.idempotency import CreatingRoute
from loomwork.interface.http.needs import needs

router = APIRouter(route_class=StrictRoute, tags=["tools"])
creating = APIRouter(route_class=CreatingRoute, tags=["tools"])


@router.get("/tools/apis", dependencies=[needs("tools.read")])
async def list_tool_apis(call: TheCall) -> ListOf[ApiShape]:
    """List the APIs that were imported."""
    return ListOf(data=[ApiShape.of(each) for each in await call.apis.all(call.scope)])


@creating.post("/tools/apis", status_code=201, dependencies=[needs("tools.manage")])
async def import_tool_api(call: TheCall, body: ApiBody) -> ApiShape:
    """Import an API, in the place of the one of its name: each operation becomes a tool."""
    return ApiShape.of(await call.apis.save(call.scope, body.given(body.name)))


@creating.post("/tools/apis/preview", dependencies=[needs("tools.manage")])
async def preview_tool_api(call: TheCall, body: ApiBody) -> ApiShape:
    """See what importing an API would make; nothing is kept."""
    return ApiShape.of(await call.apis.preview(call.scope, body.given(body.name)))


@router.get("/tools/apis/{api}", dependencies=[needs("tools.read")])
async def read_tool_api(call: TheCall, tagged: TheTagged, api: str) -> ApiShape:
    """Read what is said of an imported API."""
    return tagged.on(await _api(call, api))


async def _api(call: Call, api: str) -> ApiShape:
    return ApiShape.of(await call.apis.get(call.scope, api))


@router.patch("/tools/apis/{api}", dependencies=[needs("tools.manage")])
async def change_tool_api(call: TheCall, edit: TheEdit, api: str, body: ApiChangeBody) -> ApiShape:
    """Say something else of an imported API, or give it a new document; the next call of its tools feels it."""
    async with edit.unless_changed(lambda: _api(call, api)):
        return edit.on(ApiShape.of(await call.apis.change(call.scope, api, body.given())))


@router.delete("/tools/apis/{api}", status_code=204, dependencies=[needs("tools.manage")])
async def remove_tool_api(call: TheCall, api: str) -> Response:
    """Remove an imported API with its tools, and what was stored to be let in."""
    await call.apis.remove(call.scope, api)
    return Response(status_code=204)
