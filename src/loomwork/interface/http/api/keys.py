"""Keys: those of an app open `/v1`, those of the workspace open `/api/v1`."""

from fastapi import APIRouter, Response

from loomwork.interface.http.api.call import TheCall
from loomwork.interface.http.api.shapes import KeyShape, ListOf, NewKeyShape
from loomwork.interface.http.bodies import StrictRoute
from loomwork.interface.http.idempotency import SecretCreatingRoute
from loomwork.interface.http.needs import needs
from loomwork.kernel.ids import AppId, KeyId

router = APIRouter(route_class=StrictRoute, tags=["keys"])
creating = APIRouter(route_class=SecretCreatingRoute, tags=["keys"])


@router.get("/apps/{app_id}/keys", dependencies=[needs("keys.read")])
async def list_app_keys(call: TheCall, app_id: str) -> ListOf[KeyShape]:
    """List the keys of an app, the revoked ones included."""
    app = await call.services.apps.get_app(call.scope, AppId(app_id))
    keys = await call.services.gatekeeper.list_keys(call.scope, subject_id=app.id)
    return ListOf(data=[KeyShape.of(key) for key in keys if key.kind == "app"])


@creating.post("/apps/{app_id}/keys", status_code=201, dependencies=[needs("apps.keys")])
async def create_app_key(call: TheCall, app_id: str) -> NewKeyShape:
    """Make a key that opens this app over `/v1`; its secret is shown now and never again."""
    app = await call.services.apps.get_app(call.scope, AppId(app_id))
    return NewKeyShape.of(await call.services.gatekeeper.create_key(call.scope, "app", app.id))


@router.get("/keys", dependencies=[needs("keys.read")])
async def list_workspace_keys(call: TheCall) -> ListOf[KeyShape]:
    """List the workspace keys, the revoked ones included."""
    keys = await call.services.gatekeeper.list_keys(call.scope)
    return ListOf(data=[KeyShape.of(key) for key in keys if key.kind == "workspace"])


@creating.post("/keys", status_code=201, dependencies=[needs("keys.manage")])
async def create_workspace_key(call: TheCall) -> NewKeyShape:
    """Make a key that opens this API; its secret is shown now and never again."""
    return NewKeyShape.of(await call.services.gatekeeper.create_key(call.scope, "workspace"))


@router.delete("/keys/{key_id}", status_code=204, dependencies=[needs("apps.keys", "keys.manage", somewhere=True)])
async def revoke_key(call: TheCall, key_id: str) -> Response:
    """Revoke a key of any kind, from the next request on."""
    await call.services.gatekeeper.revoke_key(call.scope, KeyId(key_id))
    return Response(status_code=204)
