"""What is read can be held against what is there when it is changed, for everything that can be edited."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.tenancy.tenants import Installation, another_server
from tests.unit.interface.http.api.test_edits import DRAFTS, UNCONDITIONAL

Change = Mapping[str, Any]

A_SESSIONS = {"change_me"}
"""Of whoever is signed in, which no key is."""

APP, CHAT = "/apps/{app}", "/apps/{chat}"
BASE = "/knowledge/{knowledge}"
DOCUMENT = f"{BASE}/documents/{{document}}"
CHUNK = f"{DOCUMENT}/chunks/{{chunk}}"

THINGS: Mapping[str, tuple[str, str, Change, Change]] = {
    "change_workspace": ("/workspace", "/workspace", {"name": "One"}, {"name": "Two"}),
    "set_retention": ("/retention", "/retention", {"days": 20}, {"days": 30}),
    "set_app_retention": (f"{APP}/retention", f"{APP}/retention", {"days": 20}, {"days": 30}),
    "replace_role": (
        "/roles/{role}", "/roles/{role}",
        {"name": "One", "permissions": ["apps.read"]}, {"name": "Two", "permissions": ["apps.read"]},
    ),
    "change_member_role": ("/members/{member}", "/members/{member}/role", {"role": "operator"}, {"role": "viewer"}),
    "put_grant": (
        "/members/{member}/grants/{app}", "/members/{member}/grants/{app}", {"role": "operator"}, {"role": "viewer"},
    ),
    "replace_limit": (
        "/limits/{limit}", "/limits/{limit}", {"measure": "runs", "most": 99}, {"measure": "runs", "most": 98},
    ),
    "replace_budget": ("/budgets/{budget}", "/budgets/{budget}", {"limit": "3"}, {"limit": "4"}),
    "tag_app": (f"{APP}/tags", f"{APP}/tags", {"tags": ["one"]}, {"tags": ["two"]}),
    "bind_model": (
        f"{APP}/bindings", f"{APP}/bindings",
        {"reference": "a/b", "model": "debug/echo"}, {"reference": "a/b", "model": None},
    ),
    "note_version": (f"{APP}/versions/1", f"{APP}/versions/1", {"notes": "One."}, {"notes": "Two."}),
    "edit_annotation": (
        f"{CHAT}/annotations/{{annotation}}", f"{CHAT}/annotations/{{annotation}}",
        {"question": "One?", "answer": "1"}, {"question": "Two?", "answer": "2"},
    ),
    "switch_toolset": ("/tools/calculator", "/tools/calculator", {"enabled": True}, {"enabled": False}),
    "switch_tool": (
        "/tools/{tool}", "/tools/{tool}", {"enabled": False}, {"enabled": True},
    ),
    "change_tool_api": ("/tools/apis/{api}", "/tools/apis/{api}", {"seconds": 20}, {"seconds": 25}),
    "change_tool_server": ("/tools/servers/{server}", "/tools/servers/{server}", {"seconds": 20}, {"seconds": 25}),
    "change_knowledge": (BASE, BASE, {"description": "One."}, {"description": "Two."}),
    "change_document": (DOCUMENT, DOCUMENT, {"name": "one.txt"}, {"name": "two.txt"}),
    "change_chunk": (CHUNK, CHUNK, {"text": "One."}, {"text": "Two."}),
    "put_knowledge_grant": (
        f"{BASE}/grants/{{member}}", f"{BASE}/grants/{{member}}", {"role": "operator"}, {"role": "viewer"},
    ),
    "switch_plugin": ("/plugins/greeting", "/plugins/greeting", {"enabled": False}, {"enabled": True}),
    "put_model_route": (
        "/model-routes/{route}", "/model-routes/{route}",
        {"targets": [{"model": "debug/echo"}], "hedge_after": 5}, {"targets": [{"model": "debug/echo"}]},
    ),
    "change_credential": (
        "/providers/openai/credentials/{credential}", "/providers/openai/credentials/{credential}",
        {"weight": 3}, {"weight": 4},
    ),
}  # fmt: skip
"""By operation: where the thing is read, where it is changed, and two changes of it."""


async def _names(opened: Installation) -> Mapping[str, tuple[str, str]]:
    """Method and path of each operation of ours, by its id."""
    key = opened.ours.keys["workspace"]
    paths = (await opened.ask("GET", "/api/v1/openapi.json", key)).json()["paths"]
    return {
        operation["operationId"]: (method.upper(), path)
        for path, item in paths.items()
        for method, operation in item.items()
    }


async def test_of_two_who_have_read_the_same_thing_the_second_to_change_it_is_told(opened: Installation) -> None:
    names = await _names(opened)
    edits = {name for name, (method, _) in names.items() if method in ("PUT", "PATCH")}
    assert edits == {*THINGS, *UNCONDITIONAL, *DRAFTS, *A_SESSIONS}
    ids = opened.ours.ids | {"tool": await _one_tool(opened)}
    for name, (shown, changed, first, second) in THINGS.items():
        places = shown.format(**ids), changed.format(**ids)
        told = await _told(opened, names[name][0], *places, first, second)
        assert told == [200, True, 200, 412, "changed_meanwhile", 200, 422], name


async def _one_tool(opened: Installation) -> str:
    sets = (await opened.ask("GET", "/api/v1/tools", opened.ours.keys["workspace"])).json()["data"]
    tavily = next(each for each in sets if each["id"] == "tavily")
    return f"tavily/{tavily['tools'][0]['name'].rpartition('/')[2]}"


async def _told(
    opened: Installation, method: str, shown: str, changed: str, first: Change, second: Change
) -> list[Any]:
    """What comes of reading, of two changes to what was read, of one to what it then is, and of a tag that is none."""
    key = opened.ours.keys["workspace"]

    async def change(body: Change, tag: str) -> Any:
        return await opened.ask(method, f"/api/v1{changed}", key, json=body, headers={"If-Match": tag})

    read = await opened.ask("GET", f"/api/v1{shown}", key)
    done = await change(first, read.headers["ETag"])
    refused = await change(second, read.headers["ETag"])
    again = await opened.ask("GET", f"/api/v1{shown}", key)
    same = again.headers["ETag"] == done.headers.get("ETag")
    after = await change(second, again.headers["ETag"])
    broken = await change(first, "not a tag")
    code = refused.json().get("error", {}).get("code")
    return [read.status_code, same, done.status_code, refused.status_code, code, after.status_code, broken.status_code]


async def test_of_many_who_change_what_they_have_read_over_several_servers_one_does(
    opened: Installation, tmp_path: Path
) -> None:
    names, key = await _names(opened), opened.ours.keys["workspace"]
    ids = opened.ours.ids | {"tool": await _one_tool(opened)}
    async with another_server(opened, tmp_path) as other:
        for name, (shown, changed, first, second) in THINGS.items():
            method, url = names[name][0], f"/api/v1{changed.format(**ids)}"
            (await opened.ask(method, url, key, json=second)).raise_for_status()
            read = await opened.ask("GET", f"/api/v1{shown.format(**ids)}", key)
            tag = {"If-Match": read.headers["ETag"]}
            asked = [each.ask(method, url, key, json=first, headers=tag) for each in (opened, other, opened, other)]
            told = sorted([each.status_code for each in await asyncio.gather(*asked)])
            assert told == [200, 412, 412, 412], name
