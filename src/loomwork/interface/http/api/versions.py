"""Versions of apps: list, compare, restore, promote; copies and tags."""

from collections.abc import Mapping
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Response

from loomwork.apps.api import Environment, Promotion, Version
from loomwork.interface.http.api.call import Call, TheCall, ThePage
from loomwork.interface.http.api.edits import TheEdit, TheTagged
from loomwork.interface.http.api.life_shapes import (
    MOST_NUMBER,
    AppTagsShape,
    CopyBody,
    DifferenceShape,
    NotesBody,
    PromoteBody,
    PromotionShape,
    StandingVersionShape,
    TagsBody,
    TagShape,
)
from loomwork.interface.http.api.shapes import AppShape, ListOf, PageOf
from loomwork.interface.http.bodies import StrictRoute
from loomwork.interface.http.etags import IfMatch, etag, wanted_revision
from loomwork.interface.http.idempotency import CreatingRoute
from loomwork.interface.http.needs import needs
from loomwork.kernel.ids import AppId

router = APIRouter(route_class=StrictRoute, tags=["versions"])
creating = APIRouter(route_class=CreatingRoute, tags=["versions"])

Number = Annotated[int, Path(ge=1, le=MOST_NUMBER)]
NumberOrDraft = Annotated[int, Query(ge=1, le=MOST_NUMBER)] | Literal["draft"]


@router.get("/apps/{app_id}/versions", dependencies=[needs("apps.read")])
async def list_versions(call: TheCall, page: ThePage, app_id: str) -> PageOf[StandingVersionShape]:
    """List the versions of an app, newest first."""
    found = await call.life.list_versions(call.scope, AppId(app_id), page)
    standing = await call.life.environments(call.scope, AppId(app_id))
    shapes = [_standing(version, standing) for version in found.items]
    return PageOf[StandingVersionShape](data=shapes, next=found.next)


async def _shown(call: Call, version: Version) -> StandingVersionShape:
    return _standing(version, await call.life.environments(call.scope, version.app_id))


def _standing(version: Version, standing: Mapping[Environment, Promotion]) -> StandingVersionShape:
    """A version, and where it stands."""
    where = [each for each, kept in standing.items() if kept.number == version.number]
    return StandingVersionShape.standing(version, where)


@router.get("/apps/{app_id}/versions/{number}", dependencies=[needs("apps.read")])
async def read_version(call: TheCall, tagged: TheTagged, app_id: str, number: Number) -> StandingVersionShape:
    """Say when a version was published, by whom, what was noted about it, and where it stands."""
    return tagged.on(await _version(call, app_id, number))


async def _version(call: Call, app_id: str, number: int) -> StandingVersionShape:
    return await _shown(call, await call.life.get_version(call.scope, AppId(app_id), number))


@router.patch("/apps/{app_id}/versions/{number}", dependencies=[needs("apps.publish")])
async def note_version(
    call: TheCall, edit: TheEdit, app_id: str, number: Number, body: NotesBody
) -> StandingVersionShape:
    """Write other notes about a version; nothing else of it ever changes."""
    async with edit.unless_changed(lambda: _version(call, app_id, number)):
        noted = await call.life.note_version(call.scope, AppId(app_id), number, body.notes)
        return edit.on(await _shown(call, noted))


@router.get(
    "/apps/{app_id}/versions/{number}/document",
    dependencies=[needs("apps.read")],
    response_class=Response,
    responses={200: {"content": {"application/yaml": {"schema": {"type": "string"}}}}},
)
async def export_version(call: TheCall, app_id: str, number: Number) -> Response:
    """Export a version as YAML."""
    version = await call.life.get_version(call.scope, AppId(app_id), number)
    return Response(version.document, media_type="application/yaml")


@router.post("/apps/{app_id}/versions/{number}/restore", dependencies=[needs("apps.edit")])
async def restore_version(
    call: TheCall, response: Response, app_id: str, number: Number, if_match: IfMatch = None
) -> AppShape:
    """Put a version in the place of the draft."""
    revision = wanted_revision(if_match)
    app = await call.life.restore(call.scope, AppId(app_id), number, revision=revision)
    response.headers["ETag"] = etag(app.revision)
    return AppShape.model_validate(app)


@router.get("/apps/{app_id}/difference", dependencies=[needs("apps.read")])
async def compare_versions(
    call: TheCall,
    app_id: str,
    old: Annotated[NumberOrDraft, Query(description="A version's number, or `draft`.")],
    new: Annotated[NumberOrDraft, Query(description="A version's number, or `draft`.")] = "draft",
) -> DifferenceShape:
    """Say what changes from one version to another: nodes and their fields, edges, settings."""
    found = await call.life.compare(call.scope, AppId(app_id), _number(old), _number(new))
    return DifferenceShape.of(found)


def _number(chosen: int | Literal["draft"]) -> int | None:
    return None if chosen == "draft" else chosen


@router.get("/apps/{app_id}/environments", dependencies=[needs("apps.read")])
async def list_environments(call: TheCall, app_id: str) -> ListOf[PromotionShape]:
    """Say which version stands in which environment; those where none does are left out."""
    standing = await call.life.environments(call.scope, AppId(app_id))
    return ListOf(data=[PromotionShape.of(promotion) for promotion in standing.values()])


@creating.post("/apps/{app_id}/environments/{environment}", dependencies=[needs("apps.publish")])
async def promote_version(
    call: TheCall, app_id: str, environment: Environment, body: PromoteBody | None = None
) -> PromotionShape:
    """Have a version stand in an environment; it has to have stood in the one before."""
    number = body.number if body is not None else None
    return PromotionShape.of(await call.life.promote(call.scope, AppId(app_id), environment, number))


@router.get("/apps/{app_id}/promotions", dependencies=[needs("apps.read")])
async def list_promotions(
    call: TheCall, page: ThePage, app_id: str, environment: Environment | None = None
) -> PageOf[PromotionShape]:
    """List what was put into which environment, newest first."""
    found = await call.life.list_promotions(call.scope, AppId(app_id), page, environment=environment)
    return PageOf[PromotionShape](data=[PromotionShape.of(each) for each in found.items], next=found.next)


@creating.post("/apps/{app_id}/copies", status_code=201, dependencies=[needs("apps.edit")])
async def duplicate_app(call: TheCall, app_id: str, body: CopyBody | None = None) -> AppShape:
    """Make an app with the draft, the bindings and the tags of this one."""
    name = body.name if body is not None else None
    return AppShape.model_validate(await call.life.duplicate(call.scope, AppId(app_id), name=name))


@router.get("/apps/{app_id}/tags", dependencies=[needs("apps.read")])
async def read_app_tags(call: TheCall, tagged: TheTagged, app_id: str) -> AppTagsShape:
    """List the tags of an app."""
    return tagged.on(await _tags(call, app_id))


async def _tags(call: Call, app_id: str) -> AppTagsShape:
    return AppTagsShape(tags=list((await call.services.apps.get_app(call.scope, AppId(app_id))).tags))


@router.put("/apps/{app_id}/tags", dependencies=[needs("apps.edit")])
async def tag_app(call: TheCall, edit: TheEdit, app_id: str, body: TagsBody) -> AppShape:
    """Put these tags in the place of those that the app had."""
    async with edit.unless_changed(lambda: _tags(call, app_id)):
        app = await call.life.tag(call.scope, AppId(app_id), body.tags)
        edit.on(AppTagsShape(tags=list(app.tags)))
        return AppShape.model_validate(app)


@router.get("/tags", dependencies=[needs("apps.read")])
async def list_tags(call: TheCall) -> ListOf[TagShape]:
    """List the tags of the workspace, and how many apps have each."""
    counts = await call.life.list_tags(call.scope)
    return ListOf(data=[TagShape(tag=tag, apps=apps) for tag, apps in counts.items()])
