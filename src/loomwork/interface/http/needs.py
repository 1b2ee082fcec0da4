"""What each route of `/api/v1` asks of whoever calls it. A route that does not say refuses to be served.

Refused is refused whether or not the thing is there: who may not know of a thing is told what is told of an id that
never was; who may know of it, that they may not do this.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import Depends, Request
from fastapi.params import Depends as Dependency
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.routing import BaseRoute

from loomwork.interface.http.services import Services
from loomwork.kernel.errors import NotAllowed, NotFound
from loomwork.kernel.ids import AppId, ConversationId, MessageId, RunId
from loomwork.tenancy.api import Identity, Permission

KNOWLEDGE = "knowledge base"


class Undeclared(RuntimeError):
    """A route does not say what it asks of its callers: a mistake of ours, found when the server starts."""


@dataclass(frozen=True)
class Need:
    """Lets a request pass that may do one of these. The app that it is about is found from the path (`app_id`,
    `run_id`, `message_id`, `conversation_id`) or from the query (`app_id`), the knowledge base from the path
    (`knowledge_id`). With `somewhere`, it is enough that it may be done with any: the handler then shows, or asks for,
    no other.
    """

    permissions: tuple[Permission, ...]
    somewhere: bool = False

    async def __call__(self, request: Request) -> None:
        identity: Identity = request.state.identity
        if any(identity.may(permission) for permission in self.permissions):
            return
        if self.somewhere and any(identity.standing.may_somewhere(permission) for permission in self.permissions):
            return
        # Only who has something of single apps is worth the look at what this is about.
        app_id = await _app_of(request, identity) if identity.standing.granted else None
        if not any(identity.may(permission, app_id) for permission in self.permissions):
            raise refused(identity, self.permissions, app_id, _named(request))


@dataclass(frozen=True)
class Anyone:
    """Lets every request pass that the guard has let in: each asks for what is its own."""

    permissions: tuple[Permission, ...] = ()

    async def __call__(self) -> None:
        return


@dataclass(frozen=True)
class OpenToAll(Anyone):
    """Lets every request pass, whoever sends it: the ways in. The guard looks only at where it was sent from."""

    async def __call__(self) -> None:
        return


@dataclass(frozen=True)
class OnesOwn(Anyone):
    """Lets every session pass, whatever the workspace, with what is its person's own: the guard asks for one."""

    async def __call__(self) -> None:
        return


def open_to_all() -> Any:
    """The dependency of a route that anybody may ask."""
    return Depends(OpenToAll())


def of_ones_own() -> Any:
    """The dependency of a route that serves a person, in no workspace."""
    return Depends(OnesOwn())


def needs(*permissions: Permission, somewhere: bool = False) -> Any:
    """The dependency of a route that asks for one of these permissions."""
    return Depends(Need(permissions, somewhere))


def needs_nothing() -> Any:
    """The dependency of a route that serves whoever the guard lets in, each with what is their own."""
    return Depends(Anyone())


def require(identity: Identity, permission: Permission, app_id: str | None = None) -> None:
    """For handlers that learn from the body what a request is about. Raises `NotAllowed` or `NotFound`."""
    if not identity.may(permission, app_id):
        raise refused(identity, (permission,), app_id, ("app", app_id) if app_id is not None else None)


def refused(
    identity: Identity, permissions: Sequence[Permission], app_id: str | None, named: tuple[str, str] | None
) -> NotAllowed | NotFound:
    """The same for an id that never was, wherever that must not be told from one that is hidden."""
    sees: Permission = "knowledge.read" if named is not None and named[0] == KNOWLEDGE else "apps.read"
    if named is not None and not identity.may(sees, app_id):
        return NotFound.of(*named)
    wanted = " or ".join(permissions)
    return NotAllowed(
        f"This needs the permission {wanted}, which you do not have here. Ask an owner of the workspace for a role "
        "that has it.",
        permission=permissions[0],
    )


def declared(route: Any) -> Need | Anyone | None:
    """What a route asks for; None where it does not say."""
    dependencies: Iterable[Dependency] = getattr(route, "dependencies", ())
    said = [each.dependency for each in dependencies if isinstance(each.dependency, Need | Anyone)]
    return said[0] if len(said) == 1 else None


def api_routes(routes: Sequence[BaseRoute]) -> list[Any]:
    """Every route of an application that a handler answers, those of its routers included."""
    return [each for each in iter_route_contexts(routes) if isinstance(each.original_route, APIRoute)]


def require_declared(routes: Sequence[BaseRoute]) -> None:
    """Raises `Undeclared` for the first route that does not say, once, what it asks for."""
    for route in api_routes(routes):
        if declared(route) is None:
            raise Undeclared(f"{sorted(route.methods or ())} {route.path} must say once what it `needs`.")


def _named(request: Request) -> tuple[str, str] | None:
    """What the address names, of which somebody may not be allowed to know."""
    given = {**request.query_params, **request.path_params}
    if "knowledge_id" in request.path_params:
        return KNOWLEDGE, str(request.path_params["knowledge_id"])
    for noun in ("run", "message", "conversation", "app"):
        if f"{noun}_id" in given:
            return noun, str(given[f"{noun}_id"])
    return None


async def _app_of(request: Request, identity: Identity) -> str | None:
    """The app, or the knowledge base, that a request is about; None where it is about none. Raises `NotFound`."""
    named = _named(request)
    if named is None:
        return None
    services: Services = request.app.state.services
    match named:
        case ("run", run_id):
            return (await services.apps.get_run(identity.scope, RunId(run_id))).app_id
        case ("conversation", conversation_id):
            found = await services.conversations.get_conversation(identity.scope, ConversationId(conversation_id))
            return found.app_id
        case ("message", message_id) if services.message_log is not None:
            return (await services.message_log.get_message(identity.scope, MessageId(message_id))).app_id
        case ("message", _):
            return None
        case (_, app_id):
            return AppId(app_id)
