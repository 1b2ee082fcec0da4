"""Every route of `/api/v1` says what it asks of its callers, and lets nobody past who has not got it."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from loomwork.interface.http.api.app import create_api_app
from loomwork.interface.http.needs import (
    Anyone,
    Need,
    OnesOwn,
    OpenToAll,
    Undeclared,
    api_routes,
    declared,
    needs,
    needs_nothing,
    require_declared,
)
from loomwork.interface.http.services import HttpOptions
from loomwork.tenancy.api import BUILT_IN, PERMISSIONS, Permission, Standing

from .world import World


def asking() -> Iterator[tuple[str, str, tuple[Permission, ...]]]:
    """Method, path and permissions of every route that asks for something."""
    app = create_api_app(World().services, HttpOptions())
    for route in api_routes(app.routes):
        need = declared(route)
        if isinstance(need, Need):
            yield next(iter(route.methods)), route.path, need.permissions


ASKING = sorted(asking())


def standing(*without: Permission) -> Standing:
    return Standing("custom", PERMISSIONS - set(without))


def filled(path: str, given: dict[str, str]) -> str:
    return "/api/v1" + path.replace("{model:path}", "{model}").format_map({**NAMES, **given})


NAMES = {
    "invitation_id": "never",
    "member_id": "m",
    "role_id": "r",
    "key_id": "k",
    "provider": "p",
    "toolset": "time",
    "knowledge_id": "b",
    "document_id": "d",
    "chunk_id": "c",
    "api": "crm",
    "server": "far",
    "plugin": "greeting",
    "tool": "current_time",
    "tool_credential_id": "c",
    "output_id": "o",
    "credential_id": "c",
    "budget_id": "b",
    "limit_id": "l",
    "name": "n",
    "model": "m",
    "number": "1",
    "message_id": "m",
    "annotation_id": "a",
    "environment": "dev",
    "app_id": "",
}


async def things(api: httpx.AsyncClient, world: World) -> dict[str, str]:
    """The ids of things that are there, so that nothing is refused because it is missing."""
    app = world.apps.add(world.home, mode="advanced-chat")
    run = (await api.post("/api/v1/runs", json={"app_id": app.id, "query": "Hi"})).json()
    return {"app_id": app.id, "run_id": run["id"], "conversation_id": run["conversation_id"]}


async def asked(
    api: httpx.AsyncClient, method: str, path: str, given: dict[str, str], params: dict[str, str] | None = None
) -> tuple[int, str]:
    answer = await api.request(method, filled(path, given), params=params, json={})
    return answer.status_code, answer.json()["error"]["code"]


async def test_a_route_is_closed_to_who_lacks_what_it_needs_and_has_all_else(
    api: httpx.AsyncClient, world: World
) -> None:
    given = await things(api, world)
    for method, path, permissions in ASKING:
        world.gatekeeper.standing = standing(*permissions)
        params = {"app_id": given["app_id"]} if path == "/conversations" else {}
        hidden = permissions == ("apps.read",) and "app_id" in path
        hidden |= permissions == ("knowledge.read",) and "knowledge_id" in path
        refusal = (404, "not_found") if hidden else (403, "not_allowed")
        assert await asked(api, method, path, given, params) == refusal, f"{method} {path}"


async def test_no_route_that_asks_for_something_is_open_to_who_has_nothing(
    api: httpx.AsyncClient, world: World
) -> None:
    given = await things(api, world)
    world.gatekeeper.standing = Standing("nobody", frozenset())
    for method, path, _ in ASKING:
        params = {"app_id": given["app_id"]} if path == "/conversations" else {}
        assert (await asked(api, method, path, given, params))[0] in (403, 404), f"{method} {path}"


async def test_a_viewer_changes_nothing_by_any_route(api: httpx.AsyncClient, world: World) -> None:
    given = await things(api, world)
    world.gatekeeper.standing = Standing("viewer", BUILT_IN["viewer"])
    for method, path, _ in ASKING:
        if method != "GET" and path != "/check":
            assert await asked(api, method, path, given) == (403, "not_allowed"), f"{method} {path}"


async def test_what_is_hidden_is_told_as_what_never_was(api: httpx.AsyncClient, world: World) -> None:
    world.gatekeeper.standing = standing("apps.read", "apps.delete")
    there, never = world.apps.add(world.home).id, "0198c2a4-7d10-7c33-9a5e-2f1f6f6f0a11"
    answers = [await api.request(verb, f"/api/v1/apps/{name}") for verb in ("GET", "DELETE") for name in (there, never)]
    assert {(each.status_code, each.text.replace(there, "ID").replace(never, "ID")) for each in answers} == {
        (404, answers[0].text.replace(there, "ID"))
    }


async def test_a_grant_opens_its_app_its_runs_and_conversations_and_no_other(
    api: httpx.AsyncClient, world: World
) -> None:
    mine, other = await things(api, world), await things(api, world)
    world.gatekeeper.standing = Standing("viewer", frozenset(), {mine["app_id"]: frozenset({"apps.read", "runs.read"})})
    for path in ("apps/{app_id}", "runs/{run_id}", "conversations/{conversation_id}/messages"):
        assert (await api.get(f"/api/v1/{path.format(**mine)}")).status_code == 200
        assert (await api.get(f"/api/v1/{path.format(**other)}")).status_code == 404
    assert (await api.get("/api/v1/conversations", params={"app_id": mine["app_id"]})).status_code == 200
    assert (await api.get("/api/v1/conversations", params={"app_id": other["app_id"]})).status_code == 404
    assert (await api.delete(f"/api/v1/apps/{mine['app_id']}")).status_code == 403


async def test_who_is_granted_one_app_is_shown_no_other_in_lists(api: httpx.AsyncClient, world: World) -> None:
    mine, _ = await things(api, world), await things(api, world)
    world.gatekeeper.standing = Standing("none", frozenset(), {mine["app_id"]: frozenset({"apps.read", "runs.read"})})
    assert [app["id"] for app in (await api.get("/api/v1/apps")).json()["data"]] == [mine["app_id"]]
    assert (await api.get("/api/v1/apps", params={"search": "nothing"})).json()["data"] == []
    shown = await api.get("/api/v1/runs", params={"app_id": mine["app_id"]})
    assert [run["id"] for run in shown.json()["data"]] == [mine["run_id"]]
    assert (await api.get("/api/v1/runs")).status_code == 403


async def test_a_grant_to_run_is_for_the_app_that_the_body_names(api: httpx.AsyncClient, world: World) -> None:
    mine, other = world.apps.add(world.home).id, world.apps.add(world.home).id
    world.gatekeeper.standing = Standing("", BUILT_IN["viewer"], {mine: frozenset({"apps.run"})})
    assert (await api.post("/api/v1/runs", json={"app_id": mine})).status_code == 202
    assert (await api.post("/api/v1/runs", json={"app_id": other})).status_code == 403


async def test_an_answer_that_was_kept_is_not_for_who_may_not_ask_any_more(
    api: httpx.AsyncClient, world: World
) -> None:
    headers = {"Idempotency-Key": "one"}
    assert (await api.post("/api/v1/keys", headers=headers)).status_code == 201
    assert (await api.post("/api/v1/keys", headers=headers)).headers["idempotency-replayed"] == "true"
    world.gatekeeper.standing = standing("keys.manage")
    assert (await api.post("/api/v1/keys", headers=headers)).status_code == 403


@pytest.mark.parametrize("dependencies", [[], [needs("apps.read"), needs_nothing()]])
def test_a_route_that_does_not_say_once_what_it_needs_is_not_served(dependencies: list[Any]) -> None:
    app = FastAPI(openapi_url=None)

    async def handler() -> None: ...

    app.add_api_route("/quiet", handler, dependencies=dependencies)
    with pytest.raises(Undeclared, match="/quiet"):
        require_declared(app.routes)


def test_few_routes_ask_for_nothing() -> None:
    app = create_api_app(World().services, HttpOptions())
    assert len(ASKING) > 40
    said = [(route.path, declared(route)) for route in api_routes(app.routes)]
    assert {path for path, need in said if isinstance(need, OpenToAll)} == {
        "/sign-in",
        "/password/reset",
        "/invitations/read",
        "/invitations/accept",
    }
    assert {path for path, need in said if isinstance(need, OnesOwn)} == {
        path for path, _ in said if path.startswith("/people/me")
    }
    assert {path for path, need in said if type(need) is Anyone} == {
        "/session",
        "/session/sign-out",
        "/openapi.json",
        "/me/keys",
        "/keys/{key_id}",
        "/workspaces",
        "/workspace/leave",
    }


async def test_a_key_without_the_permission_calls_no_model_and_runs_no_app(
    api: httpx.AsyncClient, world: World
) -> None:
    body = {"model": "debug/echo", "messages": [{"role": "user", "content": "Hi"}]}
    world.gatekeeper.standing = Standing("viewer", BUILT_IN["viewer"])
    for face in ("/openai/v1", "/taskingai/v1"):
        assert (await api.post(f"{face}/chat/completions", json=body)).status_code == 403
    world.gatekeeper.standing = standing("apps.run")
    app = world.apps.add(world.home, mode="advanced-chat")
    refused = await api.post("/openai/v1/chat/completions", json={**body, "model": f"app:{app.id}"})
    assert refused.status_code == 403
    assert (await api.post("/openai/v1/chat/completions", json=body)).status_code == 200
