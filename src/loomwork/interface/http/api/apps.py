"""Apps: list, import, open, edit, publish, delete; and the starters to begin from."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from loomwork.interface.http.api.call import Call, TheCall, ThePage
from loomwork.interface.http.api.edits import TheEdit, TheTagged
from loomwork.interface.http.api.life_shapes import PublishBody, VersionShape
from loomwork.interface.http.api.shapes import (
    AppShape,
    BindingBody,
    BindingsShape,
    CheckShape,
    DocumentBody,
    ListOf,
    NewAppBody,
    OpenAppShape,
    PageOf,
    StarterShape,
    page_of,
)
from loomwork.interface.http.bodies import StrictRoute
from loomwork.interface.http.etags import IfMatch, etag, wanted_revision
from loomwork.interface.http.idempotency import CreatingRoute
from loomwork.interface.http.needs import needs
from loomwork.kernel.ids import AppId

router = APIRouter(route_class=StrictRoute, tags=["apps"])
creating = APIRouter(route_class=CreatingRoute, tags=["apps"])


@router.get("/apps", dependencies=[needs("apps.read", somewhere=True)])
async def list_apps(
    call: TheCall,
    page: ThePage,
    search: Annotated[str, Query(max_length=200, description="Part of a name.")] = "",
    tag: Annotated[str, Query(max_length=50, description="A whole tag.")] = "",
) -> PageOf[AppShape]:
    """List the apps of the workspace, newest first: those that you may see."""
    granted = call.identity.standing.apps_with("apps.read")
    if granted is not None:
        return await _list_granted(call, granted, search, tag)
    return page_of(AppShape, await call.services.apps.list_apps(call.scope, page, search=search, tag=tag))


async def _list_granted(call: Call, granted: frozenset[str], search: str, tag: str) -> PageOf[AppShape]:
    """Single apps are granted one by one, so they are few: they are one page."""
    apps = [await call.services.apps.get_app(call.scope, AppId(app_id)) for app_id in sorted(granted, reverse=True)]
    found = [app for app in apps if search.lower() in app.name.lower() and (not tag or tag in app.tags)]
    return PageOf[AppShape](data=[AppShape.model_validate(app) for app in found], next=None)


@creating.post("/apps", status_code=201, dependencies=[needs("apps.edit")])
async def create_app(call: TheCall, body: NewAppBody) -> AppShape:
    """Import a document as a new app, or copy a starter into the workspace."""
    if body.starter is not None:
        return AppShape.model_validate(await call.services.apps.add_starter(call.scope, body.starter))
    app = await call.services.apps.import_app(call.scope, body.document or "", publish=body.publish)
    return AppShape.model_validate(app)


@router.get("/apps/{app_id}", dependencies=[needs("apps.read")])
async def open_app(call: TheCall, response: Response, app_id: str) -> OpenAppShape:
    """Open an app: its graph, its form, its problems, and the models that would answer."""
    overview = await call.services.apps.open_app(call.scope, AppId(app_id))
    response.headers["ETag"] = etag(overview.app.revision)
    return OpenAppShape.of(overview)


@router.delete("/apps/{app_id}", status_code=204, dependencies=[needs("apps.delete")])
async def delete_app(call: TheCall, app_id: str) -> Response:
    """Delete an app with its versions, keys, conversations and runs."""
    await call.services.apps.delete_app(call.scope, AppId(app_id))
    return Response(status_code=204)


@router.put("/apps/{app_id}/document", dependencies=[needs("apps.edit")])
async def replace_document(
    call: TheCall, response: Response, app_id: str, body: DocumentBody, if_match: IfMatch = None
) -> AppShape:
    """Put another document in the place of the draft."""
    revision = wanted_revision(if_match)
    app = await call.services.apps.replace_document(call.scope, AppId(app_id), body.document, revision=revision)
    response.headers["ETag"] = etag(app.revision)
    return AppShape.model_validate(app)


@router.get(
    "/apps/{app_id}/document",
    response_class=Response,
    responses={200: {"content": {"application/yaml": {"schema": {"type": "string"}}}}},
    dependencies=[needs("apps.read")],
)
async def export_document(call: TheCall, app_id: str) -> Response:
    """Export the draft as YAML, equal to what was imported."""
    app = await call.services.apps.get_app(call.scope, AppId(app_id))
    return Response(app.document, headers={"ETag": etag(app.revision)}, media_type="application/yaml")


@creating.post("/apps/{app_id}/publish", dependencies=[needs("apps.publish")])
async def publish_app(call: TheCall, app_id: str, body: PublishBody | None = None) -> VersionShape:
    """Freeze the draft as a version: that which visitors get, or one that stands in another environment first. The
    same draft twice is the same version.
    """
    asked = body or PublishBody()
    version = await call.services.apps.publish_app(
        call.scope, AppId(app_id), notes=asked.notes, environment=asked.environment
    )
    return VersionShape.of(version)


@router.get("/apps/{app_id}/bindings", dependencies=[needs("apps.read")])
async def read_bindings(call: TheCall, tagged: TheTagged, app_id: str) -> BindingsShape:
    """Say which models of this installation answer for references of the document."""
    return tagged.on(await _bindings(call, app_id))


async def _bindings(call: Call, app_id: str) -> BindingsShape:
    return BindingsShape(bindings=dict((await call.services.apps.get_app(call.scope, AppId(app_id))).bindings))


@router.put("/apps/{app_id}/bindings", dependencies=[needs("apps.edit")])
async def bind_model(call: TheCall, edit: TheEdit, app_id: str, body: BindingBody) -> AppShape:
    """Say which model of this installation answers for a reference of the document."""
    async with edit.unless_changed(lambda: _bindings(call, app_id)):
        app = await call.services.apps.bind_model(call.scope, AppId(app_id), body.reference, body.model)
        edit.on(BindingsShape(bindings=dict(app.bindings)))
        return AppShape.model_validate(app)


@router.post("/check", dependencies=[needs("apps.read", somewhere=True)])
async def check_document(call: TheCall, body: DocumentBody) -> CheckShape:
    """Say whether a document would import and run; nothing is stored."""
    return CheckShape.of(await call.services.apps.check(body.document))


@router.get("/starters", dependencies=[needs("apps.read", somewhere=True)])
async def list_starters(call: TheCall) -> ListOf[StarterShape]:
    """List the starter apps of the catalog."""
    return ListOf(data=[StarterShape.of(starter) for starter in await call.services.apps.list_starters()])
