"""The audit trail: searched, taken out whole, and proved."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime
from starlette.responses import StreamingResponse

from loomwork.interface.http.api.audit_shapes import AuditCheckShape, AuditEntryShape
from loomwork.interface.http.api.call import Call, TheCall, ThePage
from loomwork.interface.http.api.shapes import PageOf
from loomwork.interface.http.bodies import StrictRoute
from loomwork.interface.http.moments import in_utc
from loomwork.interface.http.needs import needs
from loomwork.kernel.errors import InvalidInput
from loomwork.kernel.scope import ActorKind
from loomwork.tenancy.api import AuditFilter, Link

router = APIRouter(route_class=StrictRoute, tags=["audit"])

_LINES = "application/x-ndjson"
_MOST_NUMBER = 2**63 - 1


async def _filter(
    actor_kind: Annotated[ActorKind | None, Query()] = None,
    actor_id: Annotated[str | None, Query(max_length=200, description="Whoever did it.")] = None,
    action: Annotated[
        str | None, Query(max_length=100, description="`app.published`, or `app` for all that befalls apps.")
    ] = None,
    object_kind: Annotated[str | None, Query(max_length=100, description="`app`, `key`, `credential`, ...")] = None,
    object_id: Annotated[str | None, Query(max_length=200, description="What it was done to.")] = None,
    since: Annotated[AwareDatetime | None, Query(description="The first moment.")] = None,
    until: Annotated[AwareDatetime | None, Query(description="The first moment after.")] = None,
    text: Annotated[
        str, Query(max_length=200, description="Looked for in actions, ids and details, whatever its case.")
    ] = "",
) -> AuditFilter:
    first, end = in_utc(since, "since"), in_utc(until, "until")
    return AuditFilter(actor_kind, actor_id, action or None, object_kind, object_id, first, end, text)


TheFilter = Annotated[AuditFilter, Depends(_filter)]


@router.get("/audit", dependencies=[needs("audit.read")])
async def list_audit(call: TheCall, wanted: TheFilter, page: ThePage) -> PageOf[AuditEntryShape]:
    """List what was done in the workspace, newest first."""
    found = await call.audit.search(call.scope, wanted, page)
    return PageOf(data=[AuditEntryShape.of(entry) for entry in found.items], next=found.next)


@router.get(
    "/audit/export",
    dependencies=[needs("audit.read")],
    response_class=StreamingResponse,
    responses={200: {"content": {_LINES: {}}, "description": "An entry a line, as lists show it, oldest first."}},
)
async def export_audit(call: TheCall, wanted: TheFilter) -> StreamingResponse:
    """Take the trail out, as JSON lines."""
    return StreamingResponse(_lines(call, wanted), media_type=_LINES, headers={"Cache-Control": "no-store"})


async def _lines(call: Call, wanted: AuditFilter) -> AsyncIterator[bytes]:
    async for entry in call.audit.entries(call.scope, wanted):
        yield AuditEntryShape.of(entry).model_dump_json().encode() + b"\n"


@router.get("/audit/check", dependencies=[needs("audit.read")])
async def check_audit(
    call: TheCall,
    number: Annotated[int | None, Query(ge=1, le=_MOST_NUMBER, description="An entry that was noted before.")] = None,
    seal: Annotated[str | None, Query(pattern="^[0-9a-f]{64}$", description="The seal that it had then.")] = None,
) -> AuditCheckShape:
    """Look through the whole trail: is each entry sealed, unchanged, to the one before it? With `number` and `seal`,
    it is held against what was noted before, which nobody can forge who has only the database.
    """
    if (number is None) != (seal is None):
        raise InvalidInput("An entry that was noted has a `number` and a `seal`; send both.", field="seal")
    noted = Link(number, seal) if number is not None and seal is not None else None
    return AuditCheckShape.of(await call.audit.verify(call.scope, noted))
