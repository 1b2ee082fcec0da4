"""Models, providers, routes, budgets and usage over `/api/v1`."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from loomwork.model_gateway.api import ModelInfo, TooManyCalls
from tests.unit.interface.http.world import World

pytestmark = pytest.mark.anyio

SECRET = "sk-a-secret-that-nobody-may-see"


async def test_models_are_listed_by_type_provider_and_page(api: httpx.AsyncClient, world: World) -> None:
    price = {"input": "2.50", "per": 1_000_000}
    world.models.infos.append(
        ModelInfo(
            "openai/e",
            "openai",
            "E",
            "embedding",
            dimensions=3,
            abilities=("tools",),
            price=price,
            retires="2027-01-06",
        )
    )

    async def ids(query: str) -> list[str]:
        return [model["id"] for model in (await api.get(f"/api/v1/models?{query}")).json()["data"]]

    assert await ids("") == ["debug/echo", "openai/e", "x/y"]
    assert await ids("type=embedding") == ["openai/e"]
    assert await ids("provider=x") == ["x/y"]
    assert await ids("ready=true") == ["debug/echo", "openai/e"]
    first = (await api.get("/api/v1/models?limit=2")).json()
    assert first["next"] == "openai/e"
    assert await ids("limit=2&after=openai/e") == ["x/y"]
    shown = first["data"][1]
    assert (shown["dimensions"], shown["abilities"], shown["price"]) == (3, ["tools"], price)
    assert shown["retires"] == "2027-01-06"
    assert (await api.get("/api/v1/models?type=poem")).status_code == 422


async def test_a_model_is_tried_by_its_name_with_slashes(api: httpx.AsyncClient) -> None:
    answer = await api.post("/api/v1/models/hub/org/model:free/test")
    assert answer.json() == {"model": "hub/org/model:free", "message": "hub/org/model:free answered."}
    answer = await api.post("/api/v1/models/x/y/test")
    assert (answer.status_code, answer.json()["error"]["details"]["cause"]) == (503, "not_configured")


async def test_a_credential_is_written_and_never_shown(api: httpx.AsyncClient, world: World) -> None:
    address = "/api/v1/providers/openai/credentials"
    told: list[httpx.Response] = []

    async def send(method: str, path: str, **body: Any) -> httpx.Response:
        told.append(await api.request(method, path, json=body or None))
        return told[-1]

    made = await send("POST", address, name="main", values={"api_key": SECRET}, weight=2)
    assert made.status_code == 201
    assert (made.json()["hint"], made.json()["weight"], made.json()["endpoint"]) == (
        SECRET[-4:], 2, "https://api.example.org/v1",
    )  # fmt: skip
    one = f"{address}/{made.json()['id']}"
    changed = await send("PATCH", one, enabled=False, values={"api_key": f"{SECRET}-new"})
    assert (changed.json()["enabled"], changed.json()["name"]) == (False, "main")
    assert world.providers.values[made.json()["id"]] == {"api_key": f"{SECRET}-new"}
    assert (await send("PATCH", one, values={"api_key": f"{SECRET}-wrong"})).status_code == 503
    assert (await send("POST", address, values={"api_key": SECRET, "else": SECRET})).status_code == 422
    assert (await send("POST", address, values=SECRET)).status_code == 422
    assert (await send("POST", address, values={"api_key": SECRET}, weight=0)).status_code == 422
    [listed, _] = (await send("GET", "/api/v1/providers")).json()["data"]
    assert (listed["ready"], listed["credentials"][0]["id"]) == (True, made.json()["id"])
    assert (await send("GET", "/api/v1/providers/openai")).json() == listed
    assert (await send("DELETE", one)).status_code == 204
    assert not any(SECRET in answer.text for answer in told)


async def test_a_credential_is_found_under_its_own_provider_only(api: httpx.AsyncClient) -> None:
    made = await api.post("/api/v1/providers/openai/credentials", json={"values": {"api_key": SECRET}})
    elsewhere = f"/api/v1/providers/debug/credentials/{made.json()['id']}"
    assert (await api.patch(elsewhere, json={"enabled": False})).status_code == 404
    assert (await api.delete(elsewhere)).status_code == 404
    assert (await api.delete("/api/v1/providers/nobody/credentials/x")).status_code == 404


async def test_the_same_idempotency_key_stores_one_credential(api: httpx.AsyncClient, world: World) -> None:
    headers = {"Idempotency-Key": "once"}
    body = {"values": {"api_key": SECRET}}
    one, two = [await api.post("/api/v1/providers/openai/credentials", json=body, headers=headers) for _ in range(2)]
    assert one.json() == two.json()
    assert len(world.providers.credentials) == 1
    other = await api.post("/api/v1/providers/openai/credentials", json=body | {"weight": 9}, headers=headers)
    assert other.status_code == 409


async def test_a_provider_is_added_and_removed_by_its_files(api: httpx.AsyncClient) -> None:
    made = await api.post("/api/v1/providers", json={"files": {"provider.yml": "id: mine"}})
    assert (made.status_code, made.json()["removable"]) == (201, True)
    assert (await api.delete("/api/v1/providers/mine")).status_code == 204
    assert (await api.delete("/api/v1/providers/mine")).status_code == 404
    refused = await api.post("/api/v1/providers", json={"files": {"models/a.yml": "id: a"}})
    assert (refused.status_code, refused.json()["error"]["details"]["field"]) == (422, "files")


async def test_a_route_is_put_read_replaced_and_removed(api: httpx.AsyncClient, world: World) -> None:
    body = {
        "targets": [{"model": "openai/gpt", "weight": 3}, {"model": "groq/llama"}],
        "fallbacks": {"context_too_long": ["openai/long"], "any": ["debug/echo"]},
        "hedge_after": 2.5,
        "patience": {"idle": 5},
    }
    put = await api.put("/api/v1/model-routes/fast", json=body)
    assert (put.status_code, put.json()["model"]) == (200, "route/fast")
    assert put.json()["patience"] == {"connect": 10.0, "first_token": 300.0, "idle": 5.0, "total": 1800.0}
    assert (await api.get("/api/v1/model-routes")).json() == {"data": [put.json()]}
    assert (await api.get("/api/v1/model-routes/fast")).json() == put.json()
    stored = world.providers.routes["fast"]
    assert [(share.model, share.weight) for share in stored.targets] == [("openai/gpt", 3), ("groq/llama", 1)]
    itself = await api.put("/api/v1/model-routes/loop", json={"targets": [{"model": "route/loop"}]})
    assert (itself.status_code, itself.json()["error"]["code"]) == (422, "invalid_input")
    wrongs: list[dict[str, Any]] = [{"targets": []}, {"fallbacks": {"boredom": ["a/b"]}}, {"retries": 99}, {"x": 1}]
    for wrong in wrongs:
        assert (await api.put("/api/v1/model-routes/fast", json={**body, **wrong})).status_code == 422
    assert (await api.delete("/api/v1/model-routes/fast")).status_code == 204
    assert (await api.get("/api/v1/model-routes/fast")).status_code == 404


async def test_a_budget_is_set_shown_replaced_and_removed(api: httpx.AsyncClient, world: World) -> None:
    made = await api.post("/api/v1/budgets", json={"limit": "20.10", "period": "day"})
    assert made.status_code == 201
    budget = made.json()
    assert (budget["subject"], budget["subject_id"]) == ("workspace", world.home.workspace_id)
    assert (budget["limit"], budget["spent"], budget["left"]) == ("20.10", "4.02", "15.58")
    address = f"/api/v1/budgets/{budget['id']}"
    put = await api.put(address, json={"subject": "key", "subject_id": "k1", "measure": "calls", "limit": 5})
    assert (put.json()["subject_id"], put.json()["limit"]) == ("k1", "5")
    assert (await api.get("/api/v1/budgets")).json()["data"] == [put.json()]
    for wrong in ({"limit": -1}, {"limit": "lots"}, {"limit": 1, "subject": "app"}, {"limit": 1, "currency": "euro"}):
        assert (await api.post("/api/v1/budgets", json=wrong)).status_code == 422
    assert (await api.delete(address)).status_code == 204
    assert (await api.put(address, json={"limit": 1})).status_code == 404


async def test_calls_are_listed_page_by_page_with_what_they_cost(api: httpx.AsyncClient) -> None:
    first = (await api.get("/api/v1/usage/entries?limit=2&run_id=r1")).json()
    assert ([entry["id"] for entry in first["data"]], first["next"]) == (["e0", "e1"], "e1")
    assert [entry["cost"]["amount"] for entry in first["data"]] == [None, "0.0012"]
    assert first["data"][0]["usage"]["total_tokens"] == 12
    assert first["data"][0]["spender"]["key_id"] == "k1"
    last = (await api.get("/api/v1/usage/entries?limit=2&after=e1")).json()
    assert ([entry["id"] for entry in last["data"]], last["next"]) == (["e2"], None)


async def test_usage_is_added_up_over_a_span_of_time(api: httpx.AsyncClient, world: World) -> None:
    answer = await api.get("/api/v1/usage/totals?by=day&since=2026-11-01&until=2026-11-02T00:00:00%2B02:00")
    assert answer.json()["data"][0]["group"] == "day one"
    assert answer.json()["data"][0]["cost"] == {"amount": "0.0024", "currency": "USD"}
    since, until = world.accounts.asked_for[-1]
    assert (since.isoformat(), until.isoformat()) == ("2026-11-01T00:00:00+00:00", "2026-11-01T22:00:00+00:00")
    await api.get("/api/v1/usage/totals")
    since, until = world.accounts.asked_for[-1]
    assert until - since == timedelta(days=30)
    for wrong in ("by=weather", "since=2026-11-02&until=2026-11-01", "since=yesterday"):
        assert (await api.get(f"/api/v1/usage/totals?{wrong}")).status_code == 422


async def test_our_own_limit_says_when_to_come_again(api: httpx.AsyncClient, world: World) -> None:
    world.providers.fails_with = TooManyCalls("Slower.", retry_after=1.2)
    answer = await api.post("/api/v1/models/debug/echo/test")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "2")
