"""All that a workspace holds, taken out; all that tells of one end user, taken out or away."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import StreamingResponse

from loomwork.interface.http.api.call import TheCall
from loomwork.interface.http.api.shapes import Shape
from loomwork.interface.http.bodies import StrictRoute
from loomwork.interface.http.needs import needs
from loomwork.tenancy.api import Erasure, file_name

router = APIRouter(route_class=StrictRoute, tags=["workspaces"])

_ZIP = "application/zip"
_ARCHIVE: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {_ZIP: {"schema": {"type": "string", "format": "binary"}}},
        "description": "A ZIP file: a line of JSON for each record, app files, and a manifest with checksums.",
    }
}
EndUser = Annotated[
    str, Query(min_length=1, max_length=255, description="What apps call the person: the `user` of their requests.")
]


class ErasureShape(Shape):
    """What was taken away of an end user."""

    id: str = Field(description="Stands in the audit trail in the place of the person.")
    rows: dict[str, int] = Field(
        description="How many of each kind; of `usage`, those that lost the name and stay counted.",
        examples=[{"runs": 3, "messages": 3, "conversations": 1, "usage": 4}],
    )

    @classmethod
    def of(cls, erasure: Erasure) -> "ErasureShape":
        return cls(id=erasure.id, rows=dict(erasure.rows))


@router.get(
    "/workspace/export",
    dependencies=[needs("workspace.export")],
    response_class=StreamingResponse,
    responses=_ARCHIVE,
)
async def export_workspace(call: TheCall) -> StreamingResponse:
    """Take out all that the workspace holds, but for secrets."""
    slug = (await call.workspaces.get(call.scope)).slug
    return _archive(await call.takeout.export_workspace(call.scope), slug)


@router.get(
    "/end-users/export",
    dependencies=[needs("workspace.export")],
    response_class=StreamingResponse,
    responses=_ARCHIVE,
)
async def export_end_user(call: TheCall, end_user: EndUser) -> StreamingResponse:
    """Take out all that tells of one end user: runs, conversations, messages, feedback, and what was used of models."""
    return _archive(await call.takeout.export_end_user(call.scope, end_user), "end-user")


@router.delete("/end-users", dependencies=[needs("workspace.export")])
async def erase_end_user(call: TheCall, end_user: EndUser) -> ErasureShape:
    """Take away all that tells of one end user, for good. What was used of models stays counted, without the name."""
    return ErasureShape.of(await call.takeout.erase_end_user(call.scope, end_user))


def _archive(pieces: AsyncIterator[bytes], name: str) -> StreamingResponse:
    disposition = f'attachment; filename="loomwork-{file_name(name)}.zip"'
    headers = {"Content-Disposition": disposition, "Cache-Control": "no-store"}
    return StreamingResponse(pieces, media_type=_ZIP, headers=headers)
