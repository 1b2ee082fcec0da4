"""Providers: who offers models, the credentials that let us in, and the routes that calls take."""

from fastapi import APIRouter, Response

from loomwork.interface.http.api.call import Call, TheCall
from loomwork.interface.http.api.edits import TheEdit, TheTagged
from loomwork.interface.http.api.model_shapes import (
    CredentialChangeBody,
    CredentialShape,
    NewCredentialBody,
    NewProviderBody,
    ProviderShape,
    RouteBody,
    RouteShape,
)
from loomwork.interface.http.api.shapes import ListOf
from loomwork.interface.http.bodies import StrictRoute
from loomwork.interface.http.idempotency import CreatingRoute
from loomwork.interface.http.needs import needs
from loomwork.kernel.errors import NotFound
from loomwork.model_gateway.api import ProviderInfo

router = APIRouter(route_class=StrictRoute, tags=["providers"])
creating = APIRouter(route_class=CreatingRoute, tags=["providers"])

# They say where the credentials of every workspace are sent.
_FILES = "The files of providers"


@router.get("/providers", dependencies=[needs("models.read")])
async def list_providers(call: TheCall) -> ListOf[ProviderShape]:
    """List the providers of the catalog, the configured ones first."""
    return ListOf(data=[ProviderShape.of(each) for each in await call.providers.list_providers(call.scope)])


@router.get("/providers/{provider}", dependencies=[needs("models.read")])
async def read_provider(call: TheCall, provider: str) -> ProviderShape:
    """Describe a provider: the fields of its credentials, those that are stored, and what keeps it from answering."""
    return ProviderShape.of(await _provider(call, provider))


@creating.post("/providers", status_code=201, dependencies=[needs("installation.manage")])
async def add_provider(call: TheCall, body: NewProviderBody) -> ProviderShape:
    """Add a provider by its files, or lay them over a shipped one; its models can be called at once."""
    call.require_home(_FILES)
    return ProviderShape.of(await call.providers.add_provider(call.scope, body.files))


@router.delete("/providers/{provider}", status_code=204, dependencies=[needs("installation.manage")])
async def remove_provider(call: TheCall, provider: str) -> Response:
    """Remove a provider that was added, or what was laid over a shipped one."""
    call.require_home(_FILES)
    await call.providers.remove_provider(call.scope, provider)
    return Response(status_code=204)


@creating.post("/providers/{provider}/credentials", status_code=201, dependencies=[needs("models.manage")])
async def add_credential(call: TheCall, provider: str, body: NewCredentialBody) -> CredentialShape:
    """Store a credential, encrypted, once a call has shown that it works. It can be replaced, and never be read."""
    made = await call.providers.add_credential(
        call.scope, provider, name=body.name, values=body.values, weight=body.weight, verify=body.verify
    )
    return CredentialShape.of(made)


@router.get("/providers/{provider}/credentials/{credential_id}", dependencies=[needs("models.read")])
async def read_credential(call: TheCall, tagged: TheTagged, provider: str, credential_id: str) -> CredentialShape:
    """Describe a stored credential; what it holds is never shown."""
    return tagged.on(await _credential(call, provider, credential_id))


@router.patch("/providers/{provider}/credentials/{credential_id}", dependencies=[needs("models.manage")])
async def change_credential(
    call: TheCall, edit: TheEdit, provider: str, credential_id: str, body: CredentialChangeBody
) -> CredentialShape:
    """Rename a credential, weigh it, switch it on or off, or replace what it holds."""
    await _credential(call, provider, credential_id)
    async with edit.unless_changed(lambda: _credential(call, provider, credential_id)):
        changed = await call.providers.change_credential(
            call.scope,
            credential_id,
            name=body.name,
            values=body.values,
            weight=body.weight,
            enabled=body.enabled,
            verify=body.verify,
        )
        return edit.on(CredentialShape.of(changed))


@router.delete(
    "/providers/{provider}/credentials/{credential_id}", status_code=204, dependencies=[needs("models.manage")]
)
async def remove_credential(call: TheCall, provider: str, credential_id: str) -> Response:
    """Remove a credential; calls that are under way end with the key they began with."""
    await _credential(call, provider, credential_id)
    await call.providers.remove_credential(call.scope, credential_id)
    return Response(status_code=204)


async def _provider(call: Call, provider: str) -> ProviderInfo:
    for each in await call.providers.list_providers(call.scope):
        if each.id == provider:
            return each
    raise NotFound(f"There is no provider {provider[:80]!r} in the catalog.")


async def _credential(call: Call, provider: str, credential_id: str) -> CredentialShape:
    for credential in (await _provider(call, provider)).credentials:
        if credential.id == credential_id:
            return CredentialShape.of(credential)
    raise NotFound("This provider has no credential with this id.")


@router.get("/model-routes", dependencies=[needs("models.read")])
async def list_model_routes(call: TheCall) -> ListOf[RouteShape]:
    """List the routes of the workspace: models of its own making, which others answer for."""
    return ListOf(data=[RouteShape.of(route) for route in await call.providers.list_routes(call.scope)])


@router.get("/model-routes/{name}", dependencies=[needs("models.read")])
async def read_model_route(call: TheCall, tagged: TheTagged, name: str) -> RouteShape:
    """Describe a route."""
    return tagged.on(await _route(call, name))


async def _route(call: Call, name: str) -> RouteShape:
    for route in await call.providers.list_routes(call.scope):
        if route.name == name:
            return RouteShape.of(route)
    raise NotFound(f"There is no route {name[:80]!r} in this workspace.")


@router.put("/model-routes/{name}", dependencies=[needs("models.manage")])
async def put_model_route(call: TheCall, edit: TheEdit, name: str, body: RouteBody) -> RouteShape:
    """Add a route, or replace the one of this name."""
    route = body.route(name)
    async with edit.unless_changed(lambda: _route(call, name)):
        await call.providers.put_route(call.scope, route)
        return edit.on(RouteShape.of(route))


@router.delete("/model-routes/{name}", status_code=204, dependencies=[needs("models.manage")])
async def remove_model_route(call: TheCall, name: str) -> Response:
    """Remove a route; apps that use it then fail with a clear error."""
    await call.providers.remove_route(call.scope, name)
    return Response(status_code=204)
