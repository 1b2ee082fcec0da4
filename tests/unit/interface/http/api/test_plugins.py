"""`/api/v1/plugins`: who may install, enable and remove, and what is never read for a request."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from loomwork.adapters.plugins.environments import Environments
from loomwork.adapters.plugins.shelf import FolderShelf
from loomwork.adapters.storage.memory import MemoryPluginBook
from loomwork.interface.cli.plugin_desk import packed
from loomwork.interface.http.app import create_http_app
from loomwork.interface.http.services import HttpOptions
from loomwork.kernel.clock import SystemClock
from loomwork.plugins.application.manage_plugins import InstalledPlugins
from loomwork.plugins.ports import InstalledPlugin, PluginTask
from tests.contracts.plugins.packages import helpful
from tests.unit.interface.http.world import World


class Untried:
    """A runner for plugins that nobody calls here."""

    async def describe(self, plugin: InstalledPlugin) -> dict[str, str | None]:
        return {tool.name: None for tool in plugin.manifest.tools}

    async def call(self, plugin: InstalledPlugin, task: PluginTask, **_: object) -> dict[str, object]:
        raise AssertionError("nothing is called here")

    async def end(self, plugin_id: str) -> None:
        return None


@dataclass
class Face:
    world: World
    http: httpx.AsyncClient
    home: dict[str, str]
    away: dict[str, str]


@pytest.fixture
async def face(world: World, tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Face]:
    shelf = FolderShelf(tmp_path / "plugins", Environments({}), SystemClock())
    plugins = InstalledPlugins(shelf, MemoryPluginBook(), Untried())
    options = HttpOptions(plugin_uploads=getattr(request, "param", True))
    app = create_http_app(replace(world.services, plugins=plugins, home=world.home.workspace_id), options)
    keys = [await world.workspace_key(world.home), await world.workspace_key(world.away)]
    home, away = ({"Authorization": f"Bearer {key}"} for key in keys)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8700") as client:
        yield Face(world, client, home, away)


async def installed(face: Face, tmp_path: Path, **said: Any) -> httpx.Response:
    content = packed(helpful(tmp_path / "given", **said))
    return await face.http.post("/api/v1/plugins", content=content, headers=face.home)


async def test_a_zipped_folder_is_installed_for_all_and_enabled_by_each(face: Face, tmp_path: Path) -> None:
    made = await installed(face, tmp_path, permissions={"network": ["api.example.com"]})
    assert made.status_code == 201
    assert (made.json()["id"], made.json()["enabled"], made.json()["source"]) == ("helpful", False, "upload")
    assert made.json()["permissions"]["network"] == ["api.example.com"]
    theirs = await face.http.patch("/api/v1/plugins/helpful", json={"enabled": True}, headers=face.away)
    assert theirs.json()["enabled"] is True
    assert (await face.http.get("/api/v1/plugins/helpful", headers=face.home)).json()["enabled"] is False
    listed = (await face.http.get("/api/v1/plugins?limit=1", headers=face.home)).json()
    assert ([each["id"] for each in listed["data"]], listed["next"]) == (["helpful"], None)
    removed = await face.http.delete("/api/v1/plugins/helpful", headers=face.home)
    gone = await face.http.get("/api/v1/plugins/helpful", headers=face.away)
    assert (removed.status_code, gone.status_code, gone.json()["error"]["code"]) == (204, 404, "plugin_not_found")


async def test_only_the_workspace_of_who_runs_the_installation_installs_and_removes(face: Face, tmp_path: Path) -> None:
    await installed(face, tmp_path)
    content = packed(helpful(tmp_path / "given"))
    answers = [
        await face.http.post("/api/v1/plugins", content=content, headers=face.away),
        await face.http.post("/api/v1/plugins/requirements", json={"requirement": "a==1"}, headers=face.away),
        await face.http.delete("/api/v1/plugins/helpful", headers=face.away),
    ]
    assert [(each.status_code, each.json()["error"]["code"]) for each in answers] == [(403, "not_allowed")] * 3


@pytest.mark.parametrize("face", [False], indirect=True)
async def test_where_the_settings_say_so_no_request_installs(face: Face, tmp_path: Path) -> None:
    refused = await installed(face, tmp_path)
    assert refused.status_code == 403
    assert "LOOMWORK_PLUGIN_UPLOADS" in refused.json()["error"]["message"]


@pytest.mark.parametrize("body", [b"", b"PK\x03\x04nonsense", b"/etc/passwd", b"\x00" * 100])
async def test_what_is_no_package_is_refused_with_a_sentence(face: Face, body: bytes) -> None:
    refused = await face.http.post("/api/v1/plugins", content=body, headers=face.home)
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "plugin_invalid")


@pytest.mark.parametrize(
    "requirement", ["/etc/passwd", "greeting", "greeting==1.0", "-e .", "greeting @ https://example.com/a.whl"]
)
async def test_a_path_an_address_or_a_package_without_its_hash_is_no_requirement(face: Face, requirement: str) -> None:
    body = {"requirement": requirement}
    refused = await face.http.post("/api/v1/plugins/requirements", json=body, headers=face.home)
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "plugin_invalid")
