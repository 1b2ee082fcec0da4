"""`/api/v1` as an application of its own: its guard, its routes, its error shape, its OpenAPI."""

from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.responses import Response

from loomwork.interface.http.api import (
    accounts,
    apps,
    audit,
    conversations,
    files,
    invitations,
    keys,
    knowledge,
    knowledge_documents,
    limits,
    logs,
    members,
    models,
    people,
    plugins,
    providers,
    runs,
    session,
    sign_in,
    single_sign_on,
    takeout,
    tool_apis,
    tool_servers,
    tools,
    versions,
    workspaces,
)
from loomwork.interface.http.api.document import PREFIX, openapi_document
from loomwork.interface.http.api.edits import Turns
from loomwork.interface.http.api.guard import SessionGuard, Ways
from loomwork.interface.http.api.shapes import ErrorShape
from loomwork.interface.http.errors import CatchUnexpected, handle_our_way, json_response, loomwork_error_response
from loomwork.interface.http.idempotency import FreshSecrets
from loomwork.interface.http.needs import (
    OnesOwn,
    OpenToAll,
    Undeclared,
    api_routes,
    declared,
    needs_nothing,
    require_declared,
)
from loomwork.interface.http.request_limits import RequestLimits
from loomwork.interface.http.services import HttpOptions, Services
from loomwork.interface.http.surface import Surface

__all__ = ["PREFIX", "create_api_app", "openapi_document"]

_ERRORS: dict[int | str, dict[str, Any]] = {
    401: {"model": ErrorShape, "description": "No valid session or workspace key."},
    "default": {"model": ErrorShape, "description": "Any other error: a stable code, and a sentence."},
}

_ROUTERS = (
    session.router,
    apps.router,
    apps.creating,
    versions.router,
    versions.creating,
    keys.router,
    keys.creating,
    files.creating,
    runs.router,
    runs.creating,
    conversations.router,
    logs.router,
    logs.creating,
    models.router,
    providers.router,
    providers.creating,
    accounts.router,
    accounts.creating,
    audit.router,
    limits.router,
    limits.creating,
    members.router,
    members.creating,
    workspaces.router,
    workspaces.creating,
    takeout.router,
    knowledge.router,
    knowledge.creating,
    knowledge.secrets,
    knowledge_documents.router,
    knowledge_documents.creating,
    tool_apis.router,
    tool_apis.creating,
    tool_servers.router,
    tool_servers.creating,
    tools.router,
    tools.creating,
    plugins.router,
    plugins.creating,
    sign_in.router,
    single_sign_on.router,
    people.router,
    invitations.router,
    invitations.creating,
)


def create_api_app(services: Services, options: HttpOptions) -> FastAPI:
    """Build the application that is mounted at `/api/v1`. Raises `Undeclared` for a route that asks for nothing."""
    app = Surface("Loomwork", version=options.version or "0", generate_unique_id_function=_operation_id)
    app.state.services = services
    app.state.options = options
    app.state.fresh_secrets = FreshSecrets()
    app.state.turns = Turns(services.alone)
    for router in _ROUTERS:
        app.include_router(router, responses=_ERRORS)
    app.add_api_route("/openapi.json", _describe(app), include_in_schema=False, dependencies=[needs_nothing()])
    require_declared(app.routes)
    handle_our_way(app)
    app.add_middleware(RequestLimits, limits=services.limits, refuse=loomwork_error_response)
    app.add_middleware(
        SessionGuard,
        gatekeeper=services.gatekeeper,
        people=services.people,
        allowed_origins=options.allowed_origins,
        ways=_ways(app),
    )
    app.add_middleware(CatchUnexpected)
    return app


def _ways(app: FastAPI) -> Ways:
    """What is asked of callers, as the guard is to know it. Raises `Undeclared` for a route that is one's own and lies
    where the guard does not look for it.
    """
    routes = [(route, declared(route)) for route in api_routes(app.routes)]
    for route, need in routes:
        if isinstance(need, OnesOwn) != route.path.startswith(people.PREFIX):
            raise Undeclared(f"{route.path} is one's own or lies below {people.PREFIX}, and not both.")
    open_to_all = [route for route, need in routes if isinstance(need, OpenToAll)]
    return Ways(frozenset((method, route.path) for route in open_to_all for method in route.methods), people.PREFIX)


def _operation_id(route: APIRoute) -> str:
    """A handler's own name, which generated clients then call their functions by."""
    return route.name


def _describe(app: FastAPI) -> Any:
    schema: dict[str, Any] = {}

    async def read_openapi() -> Response:
        """Describe this API as an OpenAPI 3.1 document."""
        if not schema:
            schema.update(openapi_document(app))
        return json_response(schema)

    return read_openapi
