"""A server whose disk is full says so, on every face, and goes on once there is room."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import pytest

from loomwork.adapters.storage.sql import StorageFailed
from loomwork.bootstrap.monolith import http_app
from loomwork.bootstrap.settings import read_settings
from loomwork.bootstrap.workspace import Workspace, open_workspace
from loomwork.kernel.ids import AppId
from tests.unit.bootstrap.conftest import SmallDisk

pytestmark = pytest.mark.anyio

FULL = "The disk that holds the database is full. Make room on it, then try again."

APP = """
app: {mode: workflow, name: Echo}
kind: app
version: 0.5.0
workflow:
  graph:
    nodes:
      - {id: start, data: {type: start, variables: [{variable: text, type: paragraph}]}}
      - {id: end, data: {type: end, outputs: [{variable: out, value_selector: [start, text]}]}}
    edges: [{id: e, source: start, target: end}]
"""


@dataclass
class Faces:
    """The HTTP faces of a workspace with one published app, and keys for them."""

    workspace: Workspace
    client: httpx.AsyncClient
    own: dict[str, str]
    dify: dict[str, str]
    app_id: str

    async def run(self) -> httpx.Response:
        body = {"app_id": self.app_id, "inputs": {"text": "x" * 100_000}}
        return await self.client.post("/api/v1/runs", json=body, headers=self.own)

    async def run_their_way(self) -> httpx.Response:
        body = {"inputs": {"text": "x" * 100_000}, "user": "u", "response_mode": "blocking"}
        return await self.client.post("/v1/workflows/run", json=body, headers=self.dify)


@pytest.fixture
async def faces(small_disk: SmallDisk) -> AsyncIterator[Faces]:
    settings = read_settings({"LOOMWORK_DATA": str(small_disk.folder)})
    async with open_workspace(settings) as workspace:
        app = await workspace.apps.import_app(workspace.owner, APP, publish=True)
        own = await workspace.gatekeeper.create_key(workspace.owner, "workspace")
        dify = await workspace.gatekeeper.create_key(workspace.owner, "app", AppId(app.id))
        transport = httpx.ASGITransport(http_app(workspace, settings, "127.0.0.1"))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            headers = [{"Authorization": f"Bearer {key.secret}"} for key in (own, dify)]
            yield Faces(workspace, client, headers[0], headers[1], app.id)


async def test_a_full_disk_is_said_on_every_face_and_is_over_once_there_is_room(
    faces: Faces, small_disk: SmallDisk
) -> None:
    small_disk.fill()
    own, dify = await faces.run(), await faces.run_their_way()
    assert own.status_code == 503
    assert own.json()["error"]["code"] == "storage_failed"
    assert own.json()["error"]["message"] == FULL
    assert dify.status_code == 503
    assert dify.json() == {"code": "service_unavailable", "message": FULL, "status": 503}
    small_disk.make_room()
    assert (await faces.run()).status_code == 202
    assert (await faces.run_their_way()).json()["data"]["status"] == "succeeded"


async def test_readiness_says_that_the_disk_is_full(faces: Faces, small_disk: SmallDisk) -> None:
    small_disk.fill()
    answer = await faces.client.get("/ready")
    assert answer.status_code == 503
    assert answer.json()["parts"] == {"database": False}
    assert answer.json()["problems"] == {"database": FULL}


async def test_a_server_with_room_is_ready(faces: Faces) -> None:
    answer = await faces.client.get("/ready")
    assert (answer.status_code, answer.json()["parts"]) == (200, {"database": True})


async def test_a_workspace_on_a_full_disk_is_not_opened_and_says_what_to_do(small_disk: SmallDisk) -> None:
    settings = read_settings({"LOOMWORK_DATA": str(small_disk.folder)})
    async with open_workspace(settings):
        pass
    small_disk.fill()
    with pytest.raises(StorageFailed, match=r"The disk that holds .* is full. Make room on it, then try again."):
        async with open_workspace(settings):
            pass
    small_disk.make_room()
    async with open_workspace(settings) as workspace:
        assert await workspace.probe.problem() is None
