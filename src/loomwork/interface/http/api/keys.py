"""Keys: those of an app open `/v1`, those of the workspace open `/api/v1`, and a person's own act as that person."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response

from loomwork.interface.http.api.call import Call, TheCall, ThePage
from loomwork.interface.http.api.shapes import KeyShape, NewAppKeyBody, NewKeyBody, NewKeyShape, PageOf
from loomwork.interface.http.bodies import StrictRoute
from loomwork.interface.http.idempotency import SecretCreatingRoute
from loomwork.interface.http.needs import needs, needs_nothing, require
from loomwork.kernel.errors import NotFound
from loomwork.kernel.ids import AppId, KeyId
from loomwork.kernel.page import PageRequest
from loomwork.tenancy.api import (
    PERMISSIONS,
    ApiKey,
    KeyFilter,
    KeyKind,
    KeyState,
    KeyTerms,
    Permission,
    refuse_more_than,
    to_permissions,
)

router = APIRouter(route_class=StrictRoute, tags=["keys"])
creating = APIRouter(route_class=SecretCreatingRoute, tags=["keys"])

_REVOKING: Mapping[KeyKind, Permission] = {"app": "apps.keys", "dataset": "knowledge.keys"}

State = Annotated[KeyState | None, Query(description="Only those that are so now.")]
Name = Annotated[str, Query(max_length=200, description="Part of a name.")]


@router.get("/apps/{app_id}/keys", dependencies=[needs("keys.read")])
async def list_app_keys(
    call: TheCall, page: ThePage, app_id: str, state: State = None, search: Name = ""
) -> PageOf[KeyShape]:
    """List the keys of an app, newest first, the revoked ones included."""
    app = await call.services.apps.get_app(call.scope, AppId(app_id))
    return await _listed(call, KeyFilter("app", app.id, state=state, search=search), page)


@creating.post("/apps/{app_id}/keys", status_code=201, dependencies=[needs("apps.keys")])
async def create_app_key(call: TheCall, app_id: str, body: NewAppKeyBody | None = None) -> NewKeyShape:
    """Make a key that opens this app over `/v1`; its secret is shown now and never again."""
    app = await call.services.apps.get_app(call.scope, AppId(app_id))
    return await created_for(call, "app", app.id, body)


@router.get("/keys", dependencies=[needs("keys.read")])
async def list_workspace_keys(call: TheCall, page: ThePage, state: State = None, search: Name = "") -> PageOf[KeyShape]:
    """List the workspace keys, newest first, the revoked ones included."""
    return await _listed(call, KeyFilter("workspace", state=state, search=search), page)


@creating.post("/keys", status_code=201, dependencies=[needs("keys.manage")])
async def create_workspace_key(call: TheCall, body: NewKeyBody | None = None) -> NewKeyShape:
    """Make a key that opens this API, for no more than you may do; its secret is shown now and never again."""
    body = body or NewKeyBody()
    terms = KeyTerms(body.name, _scopes(call, body), _in_utc(body.expires_at))
    return NewKeyShape.of(await call.services.gatekeeper.create_key(call.scope, "workspace", terms=terms))


@router.get("/me/keys", dependencies=[needs_nothing()])
async def list_own_keys(call: TheCall, page: ThePage, state: State = None, search: Name = "") -> PageOf[KeyShape]:
    """List your own keys in this workspace, newest first, the revoked ones included."""
    wanted = KeyFilter("personal", member_id=call.own_member_id, state=state, search=search)
    return await _listed(call, wanted, page)


@creating.post("/me/keys", status_code=201, dependencies=[needs_nothing()])
async def create_own_key(call: TheCall, body: NewKeyBody | None = None) -> NewKeyShape:
    """Make a key that acts as you do in this workspace, for as long as you may; its secret is shown now and never
    again.
    """
    body = body or NewKeyBody()
    scopes = _scopes(call, body) if body.scopes is not None or call.identity.kind == "personal" else None
    terms = KeyTerms(body.name, scopes, _in_utc(body.expires_at), call.own_member_id)
    return NewKeyShape.of(await call.services.gatekeeper.create_key(call.scope, "personal", terms=terms))


@router.delete("/keys/{key_id}", status_code=204, dependencies=[needs_nothing()])
async def revoke_key(call: TheCall, key_id: str) -> Response:
    """Revoke a key of any kind, from the next request on: your own, or one that you may manage."""
    key = await call.services.gatekeeper.get_key(call.scope, KeyId(key_id))
    if call.identity.member_id is None or key.terms.member_id != call.identity.member_id:
        _may_revoke(call, key)
    await call.services.gatekeeper.revoke_key(call.scope, key.id)
    return Response(status_code=204)


async def _listed(call: Call, wanted: KeyFilter, page: PageRequest) -> PageOf[KeyShape]:
    found = await call.services.gatekeeper.list_keys(call.scope, wanted, page)
    return PageOf[KeyShape](data=[KeyShape.of(key) for key in found.items], next=found.next)


async def listed_for(call: Call, kind: KeyKind, subject_id: str, page: PageRequest) -> PageOf[KeyShape]:
    """The keys of one thing, newest first."""
    return await _listed(call, KeyFilter(kind, subject_id), page)


async def created_for(call: Call, kind: KeyKind, subject_id: str, body: NewAppKeyBody | None) -> NewKeyShape:
    """A key of one thing."""
    body = body or NewAppKeyBody()
    terms = KeyTerms(body.name, expires_at=_in_utc(body.expires_at))
    return NewKeyShape.of(await call.services.gatekeeper.create_key(call.scope, kind, subject_id, terms=terms))


def _may_revoke(call: Call, key: ApiKey) -> None:
    """Who may not know of a key is told what is told of one that never was."""
    sees: Permission = "knowledge.keys" if key.kind == "dataset" else "keys.read"
    if not call.identity.may(sees, key.subject_id):
        raise NotFound.of("key", key.id)
    require(call.identity, _REVOKING.get(key.kind, "keys.manage"), key.subject_id)


def _scopes(call: Call, body: NewKeyBody) -> frozenset[Permission] | None:
    """What the key may do: nothing that whoever makes it may not. None is all there is, and all that there will be."""
    own = call.identity.permissions
    if body.scopes is None:
        return None if own == PERMISSIONS else own
    wanted = to_permissions(body.scopes)
    refuse_more_than(own, wanted)
    return wanted


def _in_utc(moment: datetime | None) -> datetime | None:
    if moment is None:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
