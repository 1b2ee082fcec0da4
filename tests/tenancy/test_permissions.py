"""Whoever may not do something is refused it on every route, and changes nothing by asking."""

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import pytest

from loomwork.interface.http.needs import declared
from loomwork.tenancy.api import PERMISSIONS, Identity, Permission
from loomwork.tenancy.application.gatekeeper import StoredGatekeeper
from tests.tenancy.matrix import REFUSED, ask
from tests.tenancy.meanings import key_of
from tests.tenancy.operations import Operation
from tests.tenancy.tenants import Installation


@contextmanager
def allowed(permissions: frozenset[Permission]) -> Iterator[None]:
    """Every key is one that may do no more than this."""
    by_key = StoredGatekeeper.by_key

    async def narrowed(gatekeeper: StoredGatekeeper, secret: str) -> Identity | None:
        identity = await by_key(gatekeeper, secret)
        if identity is None:
            return None
        return dataclasses.replace(identity, standing=identity.standing.only(permissions))

    with patch.object(StoredGatekeeper, "by_key", narrowed):
        yield


def needed_by(operation: Operation) -> frozenset[Permission]:
    """Any one of these is enough for it; none where it serves whoever is let in."""
    need = declared(operation.route)
    return frozenset(need.permissions if need is not None else ())


async def test_without_its_permission_no_operation_does_anything(embedded: Installation) -> None:
    tenant, done = embedded.theirs, []
    for operation in embedded.operations:
        needed = needed_by(operation)
        if operation.surface != "/api/v1" or not needed:
            continue
        before = await embedded.rows.hash(tenant.owners)
        with allowed(PERMISSIONS - needed):
            answer = await ask(embedded, operation, tenant, tenant.keys[key_of(operation)])
        if answer.status_code not in REFUSED or await embedded.rows.hash(tenant.owners) != before:
            done.append(f"{operation} without {sorted(needed)}: {answer.status_code} {answer.text[:200]}")
    assert "\n".join(done) == ""


async def test_with_its_permission_alone_an_operation_is_not_refused(embedded: Installation) -> None:
    tenant, refused = embedded.theirs, []
    for operation in sorted(embedded.operations, key=lambda each: each.method == "DELETE"):
        needed = needed_by(operation)
        if operation.surface != "/api/v1" or not needed or "installation.manage" in needed:
            continue
        with allowed(needed):
            answer = await ask(embedded, operation, tenant, tenant.keys[key_of(operation)])
        # Nobody gives or takes more than they have: that is another refusal, and names no permission of the route.
        if answer.status_code == 403 and "permission" in answer.json()["error"]["details"]:
            refused.append(f"{operation} with {sorted(needed)}: {answer.text[:200]}")
    assert "\n".join(refused) == ""


@pytest.mark.parametrize("other", ["chat", "app"])
async def test_the_key_of_an_app_opens_nothing_of_another_app_of_its_workspace(
    embedded: Installation, other: str
) -> None:
    tenant, opened = embedded.theirs, []
    own = {"chat": "app", "app": "chat"}[other]
    things = {"chat": ("run", "conversation"), "app": ("asking", "form")}[other]
    places = {
        "run": "GET /v1/workflows/run/{}",
        "conversation": "GET /v1/messages?user=visitor&conversation_id={}",
        "asking": "GET /v1/workflow/{}/events?user=visitor",
        "form": "GET /v1/form/human_input/{}",
    }
    for thing in things:
        method, url = places[thing].format(tenant.ids[thing]).split(" ")
        answer = await embedded.ask(method, url, tenant.keys[own])
        if answer.is_success or tenant.marker in answer.text:
            opened.append(f"{thing}: {answer.status_code} {answer.text[:200]}")
    assert opened == []


async def test_a_session_reaches_no_workspace_that_its_person_is_no_member_of(embedded: Installation) -> None:
    token = await embedded.workspace.gatekeeper.create_sign_in_token(embedded.ours.scope)
    signed_in = await embedded.http.get(f"/sign-in?token={token}", follow_redirects=False)
    cookie = {"Cookie": f"loomwork_session={signed_in.cookies['loomwork_session']}"}
    embedded.http.cookies.clear()
    theirs, ours = embedded.theirs.scope.workspace_id, embedded.ours.scope.workspace_id
    told = [
        await embedded.http.get("/api/v1/apps", headers={**cookie, "X-Loomwork-Workspace": workspace})
        for workspace in (theirs, f"{theirs[:-4]}0000", "theirs", "nobodys", ours)
    ]
    assert [answer.status_code for answer in told] == [404, 404, 404, 404, 200]
    assert len({answer.text for answer in told[:4]}) == 1
