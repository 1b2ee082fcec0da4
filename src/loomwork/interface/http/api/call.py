"""What every handler of `/api/v1` works with."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Query, Request

from loomwork.interface.http.services import HttpOptions, Services
from loomwork.kernel.page import PageRequest
from loomwork.kernel.scope import Scope
from loomwork.tenancy.api import Identity


@dataclass(frozen=True, slots=True)
class Call:
    """The doors, and who asks."""

    services: Services
    options: HttpOptions
    identity: Identity

    @property
    def scope(self) -> Scope:
        return self.identity.scope


async def _call(request: Request) -> Call:
    state = request.app.state
    return Call(state.services, state.options, request.state.identity)


async def _page(
    limit: Annotated[int, Query(ge=1, le=100, description="How many items, 1 to 100.")] = 20,
    after: Annotated[
        str | None, Query(max_length=200, description="The `next` of the page before; absent for the first.")
    ] = None,
) -> PageRequest:
    return PageRequest(limit, after or None)


TheCall = Annotated[Call, Depends(_call)]
ThePage = Annotated[PageRequest, Depends(_page)]
