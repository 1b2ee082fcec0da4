"""End users, from the faces that they come by: counted, stopped, taken out, and taken away."""

import io
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from loomwork.apps.domain import UploadedFile
from loomwork.kernel.errors import NotFound
from loomwork.kernel.ids import AppId, RunId, new_id
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


async def test_a_budget_for_each_end_user_stops_each_by_themselves(embedded: Installation) -> None:
    tenant = embedded.ours
    budget = {"subject": "end_user", "subject_id": "*", "measure": "calls", "limit": "1"}
    made = await embedded.ask("POST", "/api/v1/budgets", tenant.keys["workspace"], json=budget)
    assert made.status_code == 201
    for user in ("cid", "dan"):
        assert (await talk(embedded, tenant, user)).status_code == 200
        refused = await talk(embedded, tenant, user)
        assert refused.status_code >= 400
        assert "each end user" in refused.text
    listed = await embedded.ask("GET", f"/api/v1/budgets/{made.json()['id']}", tenant.keys["workspace"])
    assert listed.json()["left"] == "0"
    await embedded.ask("DELETE", f"/api/v1/budgets/{made.json()['id']}", tenant.keys["workspace"])


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


async def test_no_byte_of_an_erased_end_user_is_left_in_the_data_folder(embedded: Installation, tmp_path: Path) -> None:
    opened, tenant, user = embedded, embedded.theirs, "zelda-4711"
    key, words = tenant.keys["workspace"], [f"{user}-{place}" for place in ("said", "gave", "felt", "found", "wrote")]
    said = {"query": words[0], "inputs": {}, "user": user, "response_mode": "blocking"}
    told = (await opened.ask("POST", "/v1/chat-messages", tenant.keys["chat"], json=said)).json()
    given = {"inputs": {"message": words[1]}, "user": user, "response_mode": "blocking"}
    await opened.ask("POST", "/v1/workflows/run", tenant.keys["app"], json=given)
    rating = {"rating": "dislike", "content": words[2], "user": user}
    rated = await opened.ask("POST", f"/v1/messages/{told['message_id']}/feedbacks", tenant.keys["chat"], json=rating)
    storage, app_id = opened.workspace.storage, AppId(tenant.ids["chat"])
    file = UploadedFile(new_id(), app_id, f"{words[4]}.txt", "document", "text/plain", 5, user, datetime.now(UTC))
    await storage.files.add(tenant.scope, file, words[4].encode())
    outputs = storage.tool_outputs
    kept = await outputs.keep(tenant.scope, words[3].encode() * 5000, RunId(told["task_id"]))
    budget = {"subject": "end_user", "subject_id": "*", "measure": "calls", "limit": "100"}
    await opened.ask("POST", "/api/v1/budgets", key, json=budget)
    document = f"/api/v1/knowledge/{tenant.ids['knowledge']}/documents/{tenant.ids['document']}"
    named = await opened.ask("PATCH", document, key, json={"readers": [user, "ben"]})
    assert rated.is_success, rated.text
    assert named.is_success, named.text
    await storage.accounts.close()
    assert [word for word in words if _found_in(tmp_path, word) == []] == []
    form = await opened.ask("DELETE", "/api/v1/end-users", key, params={"end_user": user})
    assert form.is_success, form.text
    assert _found_in(tmp_path, user) == []
    assert (await opened.ask("GET", document, key)).json()["readers"] == ["ben"]
    with pytest.raises(NotFound):
        await outputs.read(tenant.scope, kept)


def _found_in(folder: Path, word: str) -> list[str]:
    """The files that hold these bytes."""
    return sorted(each.name for each in folder.rglob("*") if each.is_file() and word.encode() in each.read_bytes())


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
