"""All that was there before a restart is there after it, and what a crash cut off says so."""

import signal
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.journeys.conftest import APPS, StartServer
from tests.journeys.model_server import ModelServer
from tests.journeys.server_process import ServerProcess
from tests.journeys.sse_reader import events_in, streamed


@dataclass(frozen=True)
class Lived:
    """A server that has been used, and what is known of it."""

    server: ServerProcess
    owner: httpx.Client
    app_id: str
    app_key: str
    revoked_key: str
    workspace_key: str


@pytest.fixture
def lived(start_server: StartServer, model_server: ModelServer) -> Iterator[Lived]:
    """A server with a chat app: published, changed after that, talked to, with keys of every kind."""
    server = start_server(LOOMWORK_OPENAI_COMPATIBLE_URL=model_server.url)
    with server.sign_in() as owner:
        text = (APPS / "hosted-chat.yml").read_text(encoding="utf-8")
        app_id = owner.post("/api/v1/apps", json={"document": text, "publish": True}).json()["id"]
        changed = text.replace("name: Hosted chat", "name: Changed since")
        owner.put(f"/api/v1/apps/{app_id}/document", json={"document": changed}).raise_for_status()
        kept = owner.post(f"/api/v1/apps/{app_id}/keys").json()
        revoked = owner.post(f"/api/v1/apps/{app_id}/keys").json()
        workspace = owner.post("/api/v1/keys").json()
        owner.delete(f"/api/v1/keys/{revoked['id']}").raise_for_status()
        yield Lived(server, owner, app_id, kept["secret"], revoked["secret"], workspace["secret"])


def say(client: httpx.Client, query: str, conversation_id: str = "") -> dict[str, Any]:
    body = {"inputs": {}, "query": query, "user": "ada", "conversation_id": conversation_id}
    answer = client.post("/v1/chat-messages", json=body)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def everything(lived: Lived, conversation_id: str) -> Mapping[str, Any]:
    """What the owner can see of the workspace."""
    owner, app = lived.owner, lived.app_id
    runs = owner.get("/api/v1/runs").json()["data"]
    paths = [
        "/api/v1/session",
        "/api/v1/apps",
        f"/api/v1/apps/{app}",
        f"/api/v1/apps/{app}/keys",
        "/api/v1/keys",
        f"/api/v1/conversations?app_id={app}",
        f"/api/v1/conversations/{conversation_id}/messages",
        *(f"/api/v1/runs/{run['id']}" for run in runs),
        *(f"/api/v1/runs/{run['id']}/graph" for run in runs),
    ]
    seen = {path: owner.get(path).json() for path in paths}
    events = {run["id"]: owner.get(f"/api/v1/runs/{run['id']}/events").text for run in runs}
    return seen | {"runs": runs, "events": events, "document": owner.get(f"/api/v1/apps/{app}/document").text}


def test_everything_is_there_after_a_restart(lived: Lived, model_server: ModelServer) -> None:
    with lived.server.anyone(lived.app_key) as program:
        model_server.says("I am ", "here.")
        conversation = say(program, "Are you there?")["conversation_id"]
        before = everything(lived, conversation)
        assert len(before["runs"]) == 1
        assert before[f"/api/v1/apps/{lived.app_id}"]["name"] == "Changed since"

        lived.server.restart()

        assert everything(lived, conversation) == before
        model_server.says("Still.")
        assert say(program, "And now?", conversation)["answer"] == "Still."
        said = [message["content"] for message in model_server.bodies[-1]["messages"]]
        assert said == ["Be brief.", "Are you there?", "I am here.", "And now?"]


def test_a_session_and_keys_stay_valid_and_a_revoked_key_stays_refused(lived: Lived) -> None:
    lived.server.restart()
    assert lived.owner.get("/api/v1/session").status_code == 200
    with lived.server.anyone(lived.workspace_key) as program:
        assert program.get("/api/v1/apps").status_code == 200
    with lived.server.anyone(lived.app_key) as program:
        assert program.get("/v1/info").status_code == 200
        assert program.get("/api/v1/apps").status_code == 403
    with lived.server.anyone(lived.revoked_key) as program:
        assert program.get("/v1/info").status_code == 401


def test_a_new_link_is_printed_at_each_start_and_the_old_one_is_spent(lived: Lived) -> None:
    old = lived.server.link
    lived.server.restart()
    assert lived.server.link != old
    assert httpx.get(old, trust_env=False).status_code == 401
    with lived.server.sign_in() as again:
        assert again.get("/api/v1/apps").json()["data"][0]["id"] == lived.app_id


def test_a_run_cut_off_by_a_crash_is_ended_as_interrupted(lived: Lived, model_server: ModelServer) -> None:
    model_server.says("Once ", "upon ", "a time", hold_after=2)
    run = lived.owner.post(
        "/api/v1/runs", json={"app_id": lived.app_id, "inputs": {}, "query": "Tell me.", "published": True}
    ).json()
    path = f"/api/v1/runs/{run['id']}"
    with lived.owner.stream("GET", f"{path}/events") as response:
        for event in streamed(response):
            if event["type"] == "text_chunk" and "upon" in event["data"]["text"]:
                break
    assert lived.owner.get(path).json()["status"] == "running"

    lived.server.kill()
    assert model_server.client_left.wait(60)
    lived.server.start()

    ended = lived.owner.get(path).json()
    assert ended["status"] == "failed"
    assert ended["error"]["code"] == "interrupted"
    log = events_in(lived.owner.get(f"{path}/events").content)
    assert [event.id for event in log] == list(range(1, len(log) + 1))
    assert log[-1].data["type"] == "run_failed"
    assert log[-1].data["data"]["error"]["code"] == "interrupted"
    messages = lived.owner.get(f"/api/v1/conversations/{run['conversation_id']}/messages").json()["data"]
    assert [message["status"] for message in messages] == ["failed"]

    model_server.says("I can ", "go on.")
    with lived.server.anyone(lived.app_key) as program:
        assert say(program, "Can you go on?")["answer"] == "I can go on."


def test_what_was_told_before_a_crash_is_what_is_kept(lived: Lived, model_server: ModelServer) -> None:
    model_server.says("kept ", "word ", "by word", hold_after=2)
    run = lived.owner.post("/api/v1/runs", json={"app_id": lived.app_id, "inputs": {}, "query": "Talk."}).json()
    told: list[Any] = []
    with lived.owner.stream("GET", f"/api/v1/runs/{run['id']}/events") as response:
        for event in streamed(response):
            told.append(event)
            if event["type"] == "text_chunk" and "word" in event["data"]["text"]:
                break
    lived.server.kill()
    lived.server.start()
    log = [event.data for event in events_in(lived.owner.get(f"/api/v1/runs/{run['id']}/events").content)]
    assert log[: len(told)] == told


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM], ids=lambda how: how.name)
def test_stopping_the_server_stops_its_runs(lived: Lived, model_server: ModelServer, how: signal.Signals) -> None:
    model_server.says("Wait ", "for me", hold_after=1)
    run = lived.owner.post("/api/v1/runs", json={"app_id": lived.app_id, "inputs": {}, "query": "Wait."}).json()
    with lived.owner.stream("GET", f"/api/v1/runs/{run['id']}/events") as response:
        next(event for event in streamed(response) if event["type"] == "text_chunk")
    lived.server.stop(how)
    assert model_server.client_left.wait(60)
    lived.server.start()
    ended = lived.owner.get(f"/api/v1/runs/{run['id']}").json()
    assert (ended["status"], ended["error"]) == ("stopped", None)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM], ids=lambda how: how.name)
def test_who_follows_a_run_sees_it_end_when_the_server_stops(
    lived: Lived, model_server: ModelServer, how: signal.Signals
) -> None:
    model_server.says("Wait ", "for me", hold_after=1)
    run = lived.owner.post("/api/v1/runs", json={"app_id": lived.app_id, "inputs": {}, "query": "Wait."}).json()
    with lived.owner.stream("GET", f"/api/v1/runs/{run['id']}/events") as response:
        events = streamed(response)
        next(event for event in events if event["type"] == "text_chunk")
        stopping = threading.Thread(target=lived.server.stop, args=(how,))
        stopping.start()
        assert list(events)[-1]["type"] == "run_stopped"
    stopping.join()


def test_a_second_server_on_the_same_data_folder_is_refused(lived: Lived) -> None:
    refused = lived.server.command("up", "--port", "0", "--data", lived.server.data)
    assert refused.status != 0
    refused = lived.server.command("up", "--port", str(lived.server.port + 1), "--data", lived.server.data)
    assert refused.status != 0
    assert f"A server at {lived.server.url} uses the data folder" in refused.err
    assert "Traceback" not in refused.err
