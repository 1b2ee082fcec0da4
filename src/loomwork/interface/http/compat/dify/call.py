"""What every handler of `/v1` works with."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Query, Request

from loomwork.apps.api import Apps, Run
from loomwork.interface.http.services import HttpOptions, Services
from loomwork.kernel.errors import NotFound
from loomwork.kernel.ids import AppId, RunId
from loomwork.kernel.scope import Scope
from loomwork.tenancy.api import Identity


@dataclass(frozen=True, slots=True)
class Call:
    """The doors, and which app is asked for by its key."""

    services: Services
    options: HttpOptions
    identity: Identity

    @property
    def scope(self) -> Scope:
        return self.identity.scope

    @property
    def apps(self) -> Apps:
        return self.services.apps

    @property
    def app_id(self) -> AppId:
        return AppId(self.identity.subject_id or "")

    async def own_run(self, run_id: str, *, user: str | None = None) -> Run:
        """A run of this app, and of this user where one is given; `NotFound` for any other."""
        run = await self.apps.get_run(self.scope, RunId(run_id))
        if run.app_id != self.app_id or (user is not None and run.end_user != user):
            raise NotFound("This app has no such run of this user.")
        return run

    async def stop_own_run(self, run_id: str, *, user: str) -> None:
        """Ask a run of this app and this user to stop. Any other id is passed over in silence, as Dify does: clients
        stop what may have ended long ago, and learn nothing about other people's runs.
        """
        try:
            run = await self.own_run(run_id, user=user)
        except NotFound:
            return
        await self.apps.stop_run(self.scope, run.id)


async def _call(request: Request) -> Call:
    state = request.app.state
    return Call(state.services, state.options, request.state.identity)


TheCall = Annotated[Call, Depends(_call)]
TheUser = Annotated[str, Query(alias="user", min_length=1, max_length=255)]
