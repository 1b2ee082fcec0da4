"""Apps, keys, models and conversations over `/api/v1`."""

import httpx
import pytest

from tests.unit.interface.http.world import World

pytestmark = pytest.mark.anyio


async def test_an_app_is_imported_listed_opened_changed_published_and_deleted(api: httpx.AsyncClient) -> None:
    made = (await api.post("/api/v1/apps", json={"document": "app: {}"})).json()
    assert made["published_version"] is None
    assert set(made) == {
        "id", "name", "description", "mode", "icon", "icon_background", "node_count", "warnings", "created_at",
        "updated_at", "published_version", "revision", "runnable", "tags",
    }  # fmt: skip
    address = f"/api/v1/apps/{made['id']}"
    assert (await api.get("/api/v1/apps")).json() == {"data": [made], "next": None}
    assert (await api.put(f"{address}/document", json={"document": "app:\n  name: x\n"})).json()["id"] == made["id"]
    exported = await api.get(f"{address}/document")
    assert exported.headers["content-type"].startswith("application/yaml")
    assert exported.text == "app:\n  name: x\n"
    published = (await api.post(f"{address}/publish", json={"notes": "The first."})).json()
    assert published.pop("published_by")
    assert published == {"number": 1, "published_at": "2026-11-22T12:00:00Z", "notes": "The first."}
    assert (await api.post(f"{address}/publish")).status_code == 200
    assert (await api.get(address)).json()["published_version"] == 1
    assert (await api.delete(address)).status_code == 204
    assert (await api.get(address)).status_code == 404


async def test_a_change_is_made_to_the_draft_that_its_author_has_read_or_refused(
    api: httpx.AsyncClient, world: World
) -> None:
    address = f"/api/v1/apps/{world.apps.add(world.home).id}/document"
    read = (await api.get(address)).headers["etag"]
    body = {"document": "app:\n  name: mine\n"}
    mine = await api.put(address, json=body, headers={"If-Match": read})
    assert (mine.status_code, mine.headers["etag"] == read) == (200, False)
    late = await api.put(address, json={"document": "app:\n  name: late\n"}, headers={"If-Match": read})
    assert late.status_code == 412
    assert late.json()["error"]["code"] == "draft_changed"
    assert late.json()["error"]["details"] == {"revision": mine.json()["revision"]}
    for any_draft in ({}, {"If-Match": "*"}):
        assert (await api.put(address, json=body, headers=any_draft)).status_code == 200


@pytest.mark.parametrize("tag", ['W/"1"', "1", '"x"', '"1", "2"', '""', '"', '"' + "9" * 50 + '"', '"\u0661"'])
async def test_a_tag_that_is_none_of_ours_is_refused(api: httpx.AsyncClient, world: World, tag: str) -> None:
    address = f"/api/v1/apps/{world.apps.add(world.home).id}/document"
    refused = await api.put(address, json={"document": "app: {}"}, headers={b"If-Match": tag.encode()})
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "invalid_input")
    assert refused.json()["error"]["details"]["field"] == "If-Match"


async def test_an_open_app_shows_its_graph_form_problems_and_models(api: httpx.AsyncClient, world: World) -> None:
    app = (await api.get(f"/api/v1/apps/{world.apps.add(world.home).id}")).json()
    assert app["nodes"] == [
        {"id": "start", "type": "start", "title": "Start", "description": "", "x": 1.0, "y": 2.0, "width": None,
         "height": None, "parent_id": None, "handles": [["source", ""]], "config": {"type": "start"}}
    ]  # fmt: skip
    assert app["edges"] == [{"id": "e1", "source": "start", "target": "llm", "handle": "source"}]
    assert app["form"] == [
        {"variable": "text", "label": "Text", "type": "paragraph", "required": True, "default": None, "options": [],
         "max_length": 9, "description": "", "hide": False, "file_types": [], "file_extensions": [], "file_methods": []}
    ]  # fmt: skip
    assert app["problems"][0]["code"] == "unreachable_node"
    assert app["models"] == [
        {
            "reference": "openai/gpt-4o",
            "name": "gpt-4o",
            "model": "debug/echo",
            "notice": "openai is not configured.",
            "provider": "openai",
            "blind": "debug/echo cannot see images.",
        }
    ]
    assert app["features"]["opening_statement"] == "Hi!"
    assert app["runnable"] is True


async def test_a_refused_document_says_why_and_where(api: httpx.AsyncClient) -> None:
    answer = await api.post("/api/v1/apps", json={"document": "refuse"})
    assert answer.status_code == 422
    error = answer.json()["error"]
    assert error["code"] == "document_refused"
    assert error["details"]["problems"] == [
        {"level": "error", "code": "not_a_document", "message": "No.", "node_id": None, "place": "line 1"}
    ]


async def test_checking_a_document_stores_nothing(api: httpx.AsyncClient, world: World) -> None:
    assert (await api.post("/api/v1/check", json={"document": "app: {}"})).json() == {
        "ok": True, "mode": "workflow", "dsl_version": "0.7.0", "nodes": 2, "problems": [],
    }  # fmt: skip
    assert (await api.post("/api/v1/check", json={"document": "refuse"})).json()["ok"] is False
    assert world.apps.apps == {}


async def test_a_list_is_read_page_by_page(api: httpx.AsyncClient, world: World) -> None:
    made = [world.apps.add(world.home, name=f"App {number}").id for number in range(5)]
    seen: list[str] = []
    after: str | None = ""
    while after is not None:
        answer = (await api.get("/api/v1/apps", params={"limit": 2, "after": after})).json()
        seen += [app["id"] for app in answer["data"]]
        after = answer["next"]
    assert seen == made[::-1]
    found = (await api.get("/api/v1/apps", params={"search": "App 3"})).json()["data"]
    assert [app["id"] for app in found] == [made[3]]


async def test_starters_are_listed_and_copied(api: httpx.AsyncClient) -> None:
    starters = (await api.get("/api/v1/starters")).json()["data"]
    assert starters[0]["sample_inputs"] == [{"text": "long"}]
    assert (await api.post("/api/v1/apps", json={"starter": starters[0]["id"]})).status_code == 201
    assert (await api.post("/api/v1/apps", json={"starter": "none"})).status_code == 404


async def test_a_model_is_bound_and_unbound(api: httpx.AsyncClient, world: World) -> None:
    app = world.apps.add(world.home)
    for model, bindings in (("debug/echo", {"openai/gpt-4o": "debug/echo"}), (None, {})):
        body = {"reference": "openai/gpt-4o", "model": model}
        assert (await api.put(f"/api/v1/apps/{app.id}/bindings", json=body)).status_code == 200
        assert (await world.apps.get_app(world.home, app.id)).bindings == bindings


async def test_an_app_key_is_made_listed_without_its_secret_and_revoked(api: httpx.AsyncClient, world: World) -> None:
    address = f"/api/v1/apps/{world.apps.add(world.home).id}/keys"
    made = await api.post(address)
    assert made.status_code == 201
    new = made.json()
    bearer = {"Authorization": f"Bearer {new['secret']}"}
    assert (await api.get("/v1/info", headers=bearer)).status_code == 200
    listed = (await api.get(address)).json()["data"]
    [shown] = listed
    assert "secret" not in shown
    assert (shown["id"], shown["last_four"], shown["created_at"]) == (
        new["id"],
        new["last_four"],
        "2026-11-22T12:00:00Z",
    )
    assert (shown["kind"], shown["revoked_at"], shown["expires_at"]) == ("app", None, None)
    assert (await api.delete(f"/api/v1/keys/{new['id']}")).status_code == 204
    assert (await api.get("/v1/info", headers=bearer)).status_code == 401
    assert (await api.get(address)).json()["data"][0]["revoked_at"] is not None
    assert (await api.delete("/api/v1/keys/unknown")).status_code == 404


async def test_workspace_keys_are_listed_apart_from_app_keys(api: httpx.AsyncClient, world: World) -> None:
    await world.app_key(world.apps.add(world.home))
    made = (await api.post("/api/v1/keys")).json()
    ids = [key["id"] for key in (await api.get("/api/v1/keys")).json()["data"]]
    assert made["id"] in ids
    assert len(ids) == 2
    assert (await api.get("/api/v1/apps", headers={"Authorization": f"Bearer {made['secret']}"})).status_code == 200


async def test_models_say_what_keeps_them_from_answering(api: httpx.AsyncClient) -> None:
    models = {model["id"]: model for model in (await api.get("/api/v1/models")).json()["data"]}
    assert models["debug/echo"]["ready"] is True
    assert models["x/y"]["problem"] == "No key."


async def test_weights_are_fetched_on_demand(api: httpx.AsyncClient) -> None:
    assert (await api.get("/api/v1/models/local")).json()["data"][0]["state"] == "absent"
    answer = await api.post("/api/v1/models/local/fetch", json={"model": "local/small"})
    assert (answer.status_code, answer.json()["state"]) == (202, "fetching")
    answer = await api.post("/api/v1/models/local/fetch", json={"model": "local/none"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "model_not_found")


async def test_conversations_and_their_messages_are_read(api: httpx.AsyncClient, world: World) -> None:
    app = world.apps.add(world.home, mode="advanced-chat")
    for query in ("one", "two"):
        await api.post("/api/v1/runs", json={"app_id": app.id, "query": query})
    talks = (await api.get("/api/v1/conversations", params={"app_id": app.id})).json()["data"]
    assert len(talks) == 2
    messages = (await api.get(f"/api/v1/conversations/{talks[0]['id']}/messages")).json()["data"]
    assert [(message["query"], message["status"]) for message in messages] == [("two", "running")]
    assert (await api.get("/api/v1/conversations")).json()["error"]["details"]["field"] == "app_id"
    assert (await api.get("/api/v1/conversations/none/messages")).status_code == 404
