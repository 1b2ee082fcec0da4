"""Files from the request that hands them in to the node that reads them, in a server without a socket."""

import base64
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from loomwork.bootstrap.monolith import http_app
from loomwork.bootstrap.settings import read_settings
from loomwork.bootstrap.workspace import Workspace, open_workspace
from loomwork.kernel.ids import new_id
from tests.unit.interface.cli.conftest import document, end, start

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def field(variable: str, kind: str, *types: str, **more: Any) -> dict[str, Any]:
    about = {"variable": variable, "label": f"The {variable}", "type": kind, "required": False}
    return {**about, "allowed_file_types": list(types), "allowed_file_upload_methods": ["local_file"], **more}


READER = {"type": "document-extractor", "title": "Read", "variable_selector": ["start", "papers"]}
READS = document([start(field("papers", "file-list", "document", max_length=2)), READER, end(text=["read", "text"])])


@dataclass
class House:
    """A server with one app, and two who may run it."""

    http: httpx.AsyncClient
    workspace: Workspace
    keys: list[str]
    app_id: str = ""

    async def ask(self, method: str, path: str, *, key: int = 0, **given: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.keys[key]}", **given.pop("headers", {})}
        return await self.http.request(method, f"/api/v1{path}", headers=headers, **given)

    async def bring(self, text: str) -> str:
        made = await self.ask("POST", "/apps", json={"document": text})
        self.app_id = made.json()["id"]
        return self.app_id

    async def upload(self, name: str, content: bytes, **given: Any) -> httpx.Response:
        params = {"name": name, **given.pop("params", {})}
        return await self.ask("POST", f"/apps/{self.app_id}/files", params=params, content=content, **given)

    async def run(self, inputs: dict[str, Any], **given: Any) -> httpx.Response:
        return await self.ask("POST", "/runs", json={"app_id": self.app_id, "inputs": inputs}, **given)

    async def outcome(self, inputs: dict[str, Any]) -> dict[str, Any]:
        begun = await self.run(inputs)
        assert begun.status_code == 202, begun.text
        await self.ask("GET", f"/runs/{begun.json()['id']}/events")
        ended: dict[str, Any] = (await self.ask("GET", f"/runs/{begun.json()['id']}")).json()
        return ended


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    settings = read_settings({"LOOMWORK_DATA": str(tmp_path), "LOOMWORK_DEFAULT_MODEL": "debug/echo"})
    async with open_workspace(settings) as workspace:
        keys = [(await workspace.gatekeeper.create_key(workspace.owner, "workspace")).secret for _ in range(2)]
        transport = httpx.ASGITransport(http_app(workspace, settings, "127.0.0.1"))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8700") as http:
            yield House(http, workspace, keys)


def refused(answer: httpx.Response) -> tuple[int, str, str]:
    error = answer.json()["error"]
    return answer.status_code, error["code"], error["message"]


async def test_uploaded_files_reach_the_node_that_reads_them_and_the_run_says_what_they_are(house: House) -> None:
    await house.bring(READS)
    files = []
    for name, content in (("one.txt", b"First."), ("two.md", b"Second.")):
        made = await house.upload(name, content, params={"input": "papers"})
        assert made.status_code == 201, made.text
        assert (made.json()["name"], made.json()["type"], made.json()["size"]) == (name, "document", len(content))
        files.append(made.json()["file"])
    ended = await house.outcome({"papers": files})
    assert (ended["status"], ended["outputs"]) == ("succeeded", {"text": ["First.", "Second."]}), ended["error"]
    kept = ended["inputs"]["papers"]
    assert [(file["filename"], file["size"], file["transfer_method"]) for file in kept] == [
        ("one.txt", 6, "local_file"),
        ("two.md", 7, "local_file"),
    ]
    again = await house.ask("POST", f"/runs/{ended['id']}/replay", json={"inputs": {"papers": files[:1]}}, key=1)
    assert again.status_code == 202, again.text
    await house.ask("GET", f"/runs/{again.json()['id']}/events")
    repeated = (await house.ask("GET", f"/runs/{again.json()['id']}")).json()
    assert repeated["outputs"] == {"text": ["First."]}, "whoever repeats a run has the files that it had"


async def test_a_model_is_shown_an_uploaded_image_inside_its_address(house: House) -> None:
    model = {"provider": "debug", "name": "echo", "mode": "chat"}
    node = {
        "type": "llm",
        "title": "Look",
        "model": model,
        "prompt_template": [{"role": "user", "text": "What is this?"}],
        "vision": {"enabled": True, "configs": {"variable_selector": ["start", "photo"], "detail": "high"}},
    }
    await house.bring(document([start(field("photo", "file", "image")), node, end(text=["look", "text"])]))
    photo = (await house.upload("photo.png", PIXEL, headers={"Content-Type": "image/png"})).json()["file"]
    shown: list[Any] = []
    chat = house.workspace.room.models.chat

    def listening(scope: Any, request: Any) -> Any:
        shown.extend(url for message in request.messages for url in message.images)
        return chat(scope, request)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(house.workspace.room.models), "chat", lambda _, scope, request: listening(scope, request))
        ended = await house.outcome({"photo": photo})
    assert ended["status"] == "succeeded", ended["error"]
    assert shown == [f"data:image/png;base64,{base64.b64encode(PIXEL).decode()}"]


async def test_what_the_app_does_not_take_is_refused_before_it_is_kept(house: House) -> None:
    await house.bring(READS)
    told = await house.upload("photo.png", PIXEL, params={"input": "papers"})
    assert refused(told) == (
        422,
        "invalid_input",
        "'The papers' takes files of type document only, which 'photo.png' is not.",
    )
    assert told.json()["error"]["details"]["field"] == "papers"
    assert refused(await house.upload("a.txt", b"x", params={"input": "other"}))[:2] == (422, "invalid_input")
    assert refused(await house.upload("a.txt", b""))[2] == "'a.txt' is empty."
    large = await house.upload("a.txt", b"x" * 15_000_001)
    assert refused(large) == (413, "file_too_large", "'a.txt' is too large: a file of this kind may have 15 MB.")
    assert (await house.ask("POST", f"/apps/{new_id()}/files", params={"name": "a"}, content=b"x")).status_code == 404


async def test_a_size_that_the_app_itself_sets_is_kept_to(house: House) -> None:
    tree = yaml.safe_load(READS)
    tree["workflow"]["features"] = {"file_upload": {"fileUploadConfig": {"file_size_limit": 1}}}
    await house.bring(yaml.safe_dump(tree))
    assert refused(await house.upload("a.txt", b"x" * 1_000_001))[2].endswith("may have 1 MB.")


async def test_a_run_takes_only_files_that_whoever_starts_it_uploaded_for_this_app(house: House) -> None:
    first = await house.bring(READS)
    made = (await house.upload("one.txt", b"First.")).json()["file"]
    nobodys = {**made, "upload_file_id": new_id()}
    answers = [await house.run({"papers": [made]}, key=1), await house.run({"papers": [nobodys]})]
    second = await house.bring(READS)
    assert second != first
    answers.append(await house.run({"papers": [made]}))
    message = "There is no such uploaded file in this app; upload it again."
    assert [refused(answer) for answer in answers] == [(422, "invalid_input", message)] * 3
    assert {answer.json()["error"]["details"]["field"] for answer in answers} == {"papers"}


async def test_what_a_client_says_of_a_file_does_not_make_it_another(house: House) -> None:
    await house.bring(READS)
    photo = (await house.upload("photo.png", PIXEL)).json()["file"]
    told = await house.run({"papers": [{**photo, "type": "document", "filename": "a.txt"}]})
    assert refused(told)[2] == "'The papers' takes files of type document only, which 'photo.png' is not."


async def test_the_same_upload_sent_twice_with_one_key_is_one_file(house: House) -> None:
    await house.bring(READS)
    sent = [await house.upload("a.txt", b"x", headers={"Idempotency-Key": "once"}) for _ in range(2)]
    assert sent[0].json() == sent[1].json()
