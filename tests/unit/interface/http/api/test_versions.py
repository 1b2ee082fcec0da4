"""Versions over `/api/v1`, on a workspace of its own."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from loomwork.bootstrap import monolith
from loomwork.bootstrap.settings import read_settings
from loomwork.bootstrap.workspace import open_workspace

pytestmark = pytest.mark.anyio


def document(text: str, name: str = "Told") -> str:
    nodes: list[dict[str, Any]] = [
        {"id": "s", "data": {"type": "start", "title": "Start", "variables": []}},
        {"id": "t", "data": {"type": "template-transform", "title": "Text", "template": text, "variables": []}},
        {
            "id": "e",
            "data": {"type": "end", "title": "End", "outputs": [{"variable": "o", "value_selector": ["t", "output"]}]},
        },
    ]
    graph = {"nodes": nodes, "edges": [{"source": "s", "target": "t"}, {"source": "t", "target": "e"}]}
    tree = {"app": {"name": name, "mode": "workflow"}, "kind": "app", "version": "0.6.0", "workflow": {"graph": graph}}
    return yaml.safe_dump(tree, sort_keys=False)


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A script with a key for the workspace of a data folder."""
    settings = read_settings({"LOOMWORK_DATA": str(tmp_path / "data"), "LOOMWORK_CACHE_DIR": str(tmp_path / "cache")})
    async with open_workspace(settings) as workspace:
        key = (await workspace.gatekeeper.create_key(workspace.owner, "workspace")).secret
        transport = httpx.ASGITransport(monolith.http_app(workspace, settings, "127.0.0.1"))
        headers = {"Authorization": f"Bearer {key}"}
        async with httpx.AsyncClient(
            transport=transport, base_url="http://127.0.0.1:8700/api/v1", headers=headers
        ) as client:
            yield client


@pytest.fixture
async def app(home: httpx.AsyncClient) -> str:
    made = await home.post("/apps", json={"document": document("one"), "publish": True})
    return f"/apps/{made.json()['id']}"


async def test_versions_are_published_listed_compared_promoted_and_restored(home: httpx.AsyncClient, app: str) -> None:
    await home.put(f"{app}/document", json={"document": document("two")})
    published = await home.post(f"{app}/publish", json={"notes": "Two.", "environment": "dev"})
    assert (published.json()["number"], published.json()["notes"]) == (2, "Two.")
    listed = (await home.get(f"{app}/versions")).json()["data"]
    assert [(each["number"], each["environments"]) for each in listed] == [(2, ["dev"]), (1, ["staging", "prod"])]
    found = (await home.get(f"{app}/difference", params={"old": 1, "new": 2})).json()
    [node] = found["nodes"]
    assert node["fields"] == [{"path": "template", "change": "changed", "before": "one", "after": "two"}]
    assert found["lines"] == ["~ node t 'Text' (template-transform)", '    ~ template: "one" -> "two"']
    assert (await home.post(f"{app}/environments/prod", json={"number": 2})).status_code == 409
    assert (await home.post(f"{app}/environments/staging")).json()["number"] == 2
    assert (await home.post(f"{app}/environments/prod")).json()["number"] == 2
    standing = (await home.get(f"{app}/environments")).json()["data"]
    assert [(each["environment"], each["number"]) for each in standing] == [("dev", 2), ("staging", 2), ("prod", 2)]
    history = (await home.get(f"{app}/promotions", params={"environment": "prod", "limit": 1})).json()
    assert ([each["number"] for each in history["data"]], history["next"] is not None) == ([2], True)
    read = (await home.get(app)).headers["etag"]
    restored = await home.post(f"{app}/versions/1/restore", headers={"If-Match": read})
    assert restored.headers["etag"] != read
    assert (await home.get(f"{app}/document")).text == (await home.get(f"{app}/versions/1/document")).text
    assert (await home.post(f"{app}/versions/1/restore", headers={"If-Match": read})).status_code == 412
    noted = await home.patch(f"{app}/versions/1", json={"notes": "Once."})
    assert (noted.json()["notes"], (await home.get(f"{app}/versions/1")).json()) == ("Once.", noted.json())


async def test_a_copy_is_made_once_and_apps_are_found_by_their_tags(home: httpx.AsyncClient, app: str) -> None:
    assert (await home.put(f"{app}/tags", json={"tags": ["b", "a"]})).json()["tags"] == ["a", "b"]
    once = {"Idempotency-Key": "k"}
    copies = [await home.post(f"{app}/copies", json={"name": "Mine"}, headers=once) for _ in range(2)]
    assert [copy.status_code for copy in copies] == [201, 201]
    assert copies[0].json() == copies[1].json()
    assert (await home.get("/apps", params={"tag": "a"})).json()["data"][0]["name"] == "Mine"
    assert (await home.get("/apps", params={"tag": "c"})).json()["data"] == []
    assert (await home.get("/tags")).json()["data"] == [{"tag": "a", "apps": 2}, {"tag": "b", "apps": 2}]
    assert (await home.post(f"{app}/copies")).json()["name"] == "Told 2"


async def test_a_run_says_in_which_environment_it_was_asked_for(home: httpx.AsyncClient, app: str) -> None:
    app_id = app.removeprefix("/apps/")
    for chosen, expected in (
        ({"environment": "staging"}, (1, "staging")),
        ({"published": True}, (1, "prod")),
        ({"version": 1}, (1, None)),
        ({}, (None, None)),
    ):
        run = (await home.post("/runs", json={"app_id": app_id, **chosen})).json()
        assert (run["version"], run["environment"]) == expected
    both = await home.post("/runs", json={"app_id": app_id, "version": 1, "environment": "dev"})
    assert both.status_code == 422


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/versions/2", 404),
        ("GET", "/versions/0", 422),
        ("GET", "/versions/99999999999999999999", 422),
        ("GET", "/versions/x/document", 422),
        ("POST", "/versions/2/restore", 404),
        ("GET", "/difference", 422),
        ("GET", "/difference?old=1&new=2", 404),
        ("GET", "/difference?old=first", 422),
        ("POST", "/environments/moon", 422),
        ("GET", "/promotions?environment=moon", 422),
    ],
)
async def test_what_is_not_there_or_no_version_is_refused(
    home: httpx.AsyncClient, app: str, method: str, path: str, status: int
) -> None:
    answer = await home.request(method, f"{app}{path}")
    assert answer.status_code == status
    assert answer.json()["error"]["code"] in ("not_found", "invalid_input")
