"""End users, from the faces that they come by: counted, stopped, taken out, and taken away."""

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest

from loomwork.adapters.files.outputs import FolderOutputs
from loomwork.kernel.errors import NotFound
from tests.tenancy.tenants import VISITOR, Installation, Tenant


async def talk(opened: Installation, tenant: Tenant, user: str) -> Any:
    said = {"query": f"I am {user}", "inputs": {}, "user": user, "response_mode": "blocking"}
    return await opened.ask("POST", "/v1/chat-messages", tenant.keys["chat"], json=said)


async def test_a_budget_of_one_end_user_stops_their_runs_and_those_of_nobody_else(embedded: Installation) -> None:
    tenant = embedded.ours
    assert (await talk(embedded, tenant, "ann")).status_code == 200
    budget = {"subject": "end_user", "subject_id": "ann", "measure": "calls", "limit": "1"}
    made = await embedded.ask("POST", "/api/v1/budgets", tenant.keys["workspace"], json=budget)
    assert made.status_code == 201
    refused = await talk(embedded, tenant, "ann")
    assert refused.status_code >= 400
    assert "this end user" in refused.text
    assert (await talk(embedded, tenant, "ben")).status_code == 200
    ledger = (await embedded.ask("GET", "/api/v1/usage/entries", tenant.keys["workspace"])).json()["data"]
    assert {"ann", "ben"} <= {entry["spender"]["end_user"] for entry in ledger}
    trail = await embedded.ask("GET", "/api/v1/audit", tenant.keys["workspace"], params={"action": "budget.set"})
    assert "ann" not in trail.text


async def test_an_end_user_is_taken_out_and_away_in_one_workspace_only(opened: Installation) -> None:
    for tenant in (opened.ours, opened.theirs):
        assert (await talk(opened, tenant, "ann")).status_code == 200
    key = opened.ours.keys["workspace"]
    exported = await opened.ask("GET", "/api/v1/end-users/export", key, params={"end_user": "ann"})
    assert exported.headers["content-disposition"] == 'attachment; filename="loomwork-end-user.zip"'
    with zipfile.ZipFile(io.BytesIO(exported.content)) as packed:
        assert b"I am ann" in packed.read("records/messages.jsonl")
    before = await opened.rows.hash(opened.theirs.owners)
    erased = await opened.ask("DELETE", "/api/v1/end-users", key, params={"end_user": "ann"})
    assert erased.json()["rows"]["messages"] == 1
    assert await opened.rows.hash(opened.theirs.owners) == before
    whole = await opened.ask("GET", "/api/v1/workspace/export", key)
    with zipfile.ZipFile(io.BytesIO(whole.content)) as packed:
        told = b"".join(packed.read(name) for name in packed.namelist())
    assert b"I am ann" not in told
    assert VISITOR.encode() in told


async def test_files_beside_the_rows_are_taken_out_and_go_with_their_workspace(
    embedded: Installation, tmp_path: Path
) -> None:
    outputs = FolderOutputs(tmp_path / "outputs")
    kept = {tenant.marker: await outputs.keep(tenant.scope, tenant.marker.encode()) for tenant in _both(embedded)}
    whole = await embedded.ask("GET", "/api/v1/workspace/export", embedded.theirs.keys["workspace"])
    with zipfile.ZipFile(io.BytesIO(whole.content)) as packed:
        files = {name for name in packed.namelist() if name.startswith("outputs/")}
        theirs = f"outputs/{kept[embedded.theirs.marker]}"
        assert theirs in files
        assert f"outputs/{kept[embedded.ours.marker]}" not in files
        assert packed.read(theirs) == embedded.theirs.marker.encode()
    confirmed = {"confirm": "theirs"}
    await embedded.ask("DELETE", "/api/v1/workspace", embedded.theirs.keys["workspace"], params=confirmed)
    with pytest.raises(NotFound):
        await outputs.read(embedded.theirs.scope, kept[embedded.theirs.marker])
    ours = embedded.ours
    assert await outputs.read(ours.scope, kept[ours.marker]) == ours.marker.encode()


def _both(opened: Installation) -> list[Tenant]:
    return [opened.ours, opened.theirs]


async def test_a_key_that_was_remembered_opens_nothing_of_a_deleted_workspace(embedded: Installation) -> None:
    theirs = embedded.theirs
    places = [("/api/v1/apps", theirs.keys["workspace"]), ("/v1/parameters", theirs.keys["chat"])]
    assert [(await embedded.ask("GET", *place)).status_code for place in places] == [200, 200]
    confirmed = {"confirm": "theirs"}
    gone = await embedded.ask("DELETE", "/api/v1/workspace", theirs.keys["workspace"], params=confirmed)
    assert gone.status_code == 204
    assert [(await embedded.ask("GET", *place)).status_code for place in places] == [401, 401]
    home = await embedded.ask("GET", "/api/v1/audit", embedded.ours.keys["workspace"])
    assert home.json()["data"][0]["action"] == "workspace.deleted"
