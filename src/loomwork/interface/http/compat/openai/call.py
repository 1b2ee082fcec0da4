"""What every handler of OpenAI's API works with."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request

from loomwork.apps.api import Apps
from loomwork.interface.http.services import HttpOptions, Services
from loomwork.kernel.errors import InvalidInput, NotAllowed
from loomwork.kernel.ids import AppId
from loomwork.kernel.scope import Scope
from loomwork.model_gateway.api import Models, Spender
from loomwork.tenancy.api import Identity

APP_PREFIX = "app:"
"""`app:<id>` as a model is the published version of an app."""


ModelNamed = Callable[["Call", str], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Call:
    """The doors, and who asks."""

    services: Services
    options: HttpOptions
    identity: Identity
    path: str = field(default="")
    model_named: "ModelNamed | None" = None
    """How models are named on this surface, where not by their own names."""

    @property
    def scope(self) -> Scope:
        return self.identity.scope

    @property
    def apps(self) -> Apps:
        return self.services.apps

    @property
    def models(self) -> Models:
        return self.services.models

    @property
    def own_app(self) -> AppId | None:
        """The app whose key this is; None for a key of the workspace."""
        return AppId(self.identity.subject_id or "") if self.identity.kind == "app" else None

    @property
    def now(self) -> int:
        """Whole seconds since 1970."""
        return int(self.options.clock.now().timestamp())

    async def named(self, model: str) -> str:
        """The model's own name, whatever this surface calls it. Raises `ModelNotFound`."""
        return await self.model_named(self, model) if self.model_named is not None else model

    def app_of(self, model: str) -> AppId | None:
        """The app that a model's name means, None where it means a model. Raises `NotAllowed` for what the key does
        not open.
        """
        app_id = AppId(model.removeprefix(APP_PREFIX)) if model.startswith(APP_PREFIX) else None
        if self.own_app is not None and app_id != self.own_app:
            raise NotAllowed(
                f"This is the key of one app and opens `{APP_PREFIX}{self.own_app}` only; use a workspace key "
                "(`lw-...`) for other models.",
                field="model",
            )
        if app_id is not None and not self.identity.may("apps.run", app_id):
            raise NotAllowed("This key may not run this app: it needs the permission apps.run.", field="model")
        return app_id

    def model(self, name: str) -> str:
        """A model that is no app. Raises `NotAllowed`, and `InvalidInput` for an app."""
        if self.app_of(name) is not None:
            raise InvalidInput("An app answers chat completions only.", field="model")
        return name

    def spender(self, user: str | None = None) -> Spender:
        """Who a call is counted for."""
        actor = self.scope.actor
        return Spender(key_id=actor.id if actor.kind == "key" else None, app_id=self.own_app, end_user=user)


def call_of(request: Request) -> Call:
    """What the handler of a request works with."""
    state = request.app.state
    named = getattr(state, "model_named", None)
    return Call(state.services, state.options, request.state.identity, request.scope["path"], named)


async def _call(request: Request) -> Call:
    return call_of(request)


TheCall = Annotated[Call, Depends(_call)]
