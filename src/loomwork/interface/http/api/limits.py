"""Limits: how often may be asked, how many runs may go at once, how much may be kept."""

from typing import Literal

from fastapi import APIRouter, Response
from pydantic import Field

from loomwork.interface.http.api.call import Call, TheCall
from loomwork.interface.http.api.edits import TheEdit, TheTagged
from loomwork.interface.http.api.shapes import ListOf, RequestShape, Shape
from loomwork.interface.http.bodies import StrictRoute
from loomwork.interface.http.idempotency import CreatingRoute
from loomwork.interface.http.needs import needs
from loomwork.kernel.errors import NotFound
from loomwork.kernel.ids import new_id
from loomwork.tenancy.api import Limit, LimitState

router = APIRouter(route_class=StrictRoute, tags=["limits"])
creating = APIRouter(route_class=CreatingRoute, tags=["limits"])

SubjectName = Literal["workspace", "app", "key", "end_user"]
MeasureName = Literal["requests", "runs", "storage"]


class LimitBody(RequestShape):
    """The most of a measure that somebody may have."""

    subject: SubjectName = "workspace"
    subject_id: str = Field(
        default="", max_length=200, description="An id, or * for each; empty for the workspace.", examples=[""]
    )
    measure: MeasureName = Field(description="Requests in a minute, runs at once, or bytes kept.", examples=["runs"])
    most: int = Field(ge=1, le=10**15, examples=[20])

    def limit(self, limit_id: str) -> Limit:
        return Limit(limit_id, self.subject, self.subject_id, self.measure, self.most)


class LimitShape(Shape):
    """A limit, and how much of it is used."""

    volatile = frozenset({"used"})

    id: str
    subject: SubjectName
    subject_id: str
    measure: MeasureName
    most: int = Field(examples=[20])
    used: int | None = Field(description="Now; null where it is not counted, or counted for each apart.", examples=[3])

    @classmethod
    def of(cls, state: LimitState) -> "LimitShape":
        limit = state.limit
        return cls(
            id=limit.id,
            subject=limit.subject,
            subject_id=limit.subject_id,
            measure=limit.measure,
            most=limit.most,
            used=state.used,
        )


@router.get("/limits", dependencies=[needs("workspace.read")])
async def list_limits(call: TheCall) -> ListOf[LimitShape]:
    """List the limits, those included that the installation sets for everyone."""
    return ListOf(data=[LimitShape.of(state) for state in await call.limits.list_limits(call.scope)])


@creating.post("/limits", status_code=201, dependencies=[needs("limits.manage")])
async def create_limit(call: TheCall, body: LimitBody) -> LimitShape:
    """Set a limit; of several that somebody comes under, each holds."""
    return LimitShape.of(await call.limits.put_limit(call.scope, body.limit(new_id())))


@router.get("/limits/{limit_id}", dependencies=[needs("workspace.read")])
async def read_limit(call: TheCall, tagged: TheTagged, limit_id: str) -> LimitShape:
    """Describe a limit, and how much of it is used now."""
    return tagged.on(await _limit(call, limit_id))


async def _limit(call: Call, limit_id: str) -> LimitShape:
    for state in await call.limits.list_limits(call.scope):
        if state.limit.id == limit_id:
            return LimitShape.of(state)
    raise NotFound("There is no limit with this id in this workspace.")


@router.put("/limits/{limit_id}", dependencies=[needs("limits.manage")])
async def replace_limit(call: TheCall, edit: TheEdit, limit_id: str, body: LimitBody) -> LimitShape:
    """Replace a limit."""
    await _limit(call, limit_id)
    async with edit.unless_changed(lambda: _limit(call, limit_id)):
        return edit.on(LimitShape.of(await call.limits.put_limit(call.scope, body.limit(limit_id))))


@router.delete("/limits/{limit_id}", status_code=204, dependencies=[needs("limits.manage")])
async def remove_limit(call: TheCall, limit_id: str) -> Response:
    """Remove a limit."""
    await call.limits.remove_limit(call.scope, limit_id)
    return Response(status_code=204)
