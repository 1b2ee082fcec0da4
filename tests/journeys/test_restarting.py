"""All that was there before a restart is there after it, and what was going on goes on."""

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


def begun(lived: Lived, *, app_id: str = "", **asked: Any) -> tuple[dict[str, Any], list[Any]]:
    """A run that has said something, and what its follower has heard by then."""
    body = {"app_id": app_id or lived.app_id, "inputs": {}, "query": "Tell me.", **asked}
    started = lived.owner.post("/api/v1/runs", json=body)
    run: dict[str, Any] = started.raise_for_status().json()
    heard: list[Any] = []
    with lived.owner.stream("GET", f"/api/v1/runs/{run['id']}/events") as response:
        for event in streamed(response):
            heard.append(event)
            if event["type"] == "text_chunk":
                return run, heard
    raise AssertionError(f"the run said nothing: {heard}")


def log_of(lived: Lived, run_id: str) -> list[Any]:
    """All events of a run, once it has ended; they are one sequence without a gap."""
    log = events_in(lived.owner.get(f"/api/v1/runs/{run_id}/events").content)
    assert [event.id for event in log] == list(range(1, len(log) + 1))
    assert [event.data["seq"] for event in log] == [event.id for event in log]
    return [event.data for event in log]


def told_once(log: list[Any]) -> str:
    """The answer as a reader has it who takes back what `node_retrying` says to take back."""
    pieces: list[tuple[int, str]] = []
    for event in log:
        if event["type"] == "text_chunk":
            pieces.append((event["seq"], event["data"]["text"]))
        elif event["type"] == "node_retrying" and event["data"].get("discard_from") is not None:
            pieces = [piece for piece in pieces if piece[0] < event["data"]["discard_from"]]
    return "".join(text for _, text in pieces)


def leave(server: ServerProcess, how: signal.Signals) -> None:
    """End the server's process in one of the ways in which it ends."""
    if how is signal.SIGKILL:
        server.kill()
    else:
        assert server.stop(how) in (0, -how, 128 + how)


ENDS = pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM], ids=lambda how: how.name)
STOPS = pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM], ids=lambda how: how.name)


@ENDS
def test_a_run_goes_on_where_its_server_left_it(lived: Lived, model_server: ModelServer, how: signal.Signals) -> None:
    model_server.says("Once ", "upon ", "a time", hold_after=2)
    run, heard = begun(lived, published=True)
    path = f"/api/v1/runs/{run['id']}"
    assert lived.owner.get(path).json()["status"] == "running"

    leave(lived.server, how)
    assert model_server.client_left.wait(60)
    model_server.says("Once ", "again")
    lived.server.start()

    log = log_of(lived, run["id"])
    assert log[: len(heard)] == heard
    assert [event["data"]["reason"] for event in log if event["type"] == "node_retrying"] == ["resumed"]
    assert log[-1]["type"] == "run_succeeded"
    assert told_once(log) == log[-1]["data"]["answer"] == "Once again"
    ended = lived.owner.get(path).json()
    assert (ended["status"], ended["answer"]) == ("succeeded", "Once again")
    assert len(model_server.bodies) == 2
    messages = lived.owner.get(f"/api/v1/conversations/{run['conversation_id']}/messages").json()["data"]
    assert [(message["status"], message["answer"]) for message in messages] == [("succeeded", "Once again")]

    model_server.says("On it ", "goes.")
    body = {"app_id": lived.app_id, "inputs": {}, "query": "And?", "conversation_id": run["conversation_id"]}
    turn = lived.owner.post("/api/v1/runs", json=body).json()
    assert log_of(lived, turn["id"])[-1]["data"]["answer"] == "On it goes."
    said = [message["content"] for message in model_server.bodies[-1]["messages"]]
    assert said == ["Be brief.", "Tell me.", "Once again", "And?"]


@STOPS
def test_who_follows_a_run_is_let_go_when_the_server_stops_and_hears_the_rest_from_the_next(
    lived: Lived, model_server: ModelServer, how: signal.Signals
) -> None:
    model_server.says("Wait ", "for me", hold_after=1)
    run, _ = begun(lived)
    with lived.owner.stream("GET", f"/api/v1/runs/{run['id']}/events") as response:
        events = streamed(response)
        heard = [next(events)]
        while heard[-1]["type"] != "text_chunk":
            heard.append(next(events))
        stopping = threading.Thread(target=leave, args=(lived.server, how))
        stopping.start()
        heard += events
    stopping.join()
    assert not heard[-1]["type"].startswith("run_")
    model_server.says("Wait ", "no more")
    lived.server.start()
    rest = lived.owner.get(f"/api/v1/runs/{run['id']}/events", headers={"Last-Event-ID": str(heard[-1]["seq"])})
    assert heard + [event.data for event in events_in(rest.content)] == log_of(lived, run["id"])


@STOPS
def test_who_waits_for_an_answer_is_told_that_the_run_goes_on(
    lived: Lived, model_server: ModelServer, how: signal.Signals
) -> None:
    model_server.says("Wait ", "for me", hold_after=1)
    answers: list[httpx.Response] = []

    def ask() -> None:
        with lived.server.anyone(lived.app_key) as program:
            body = {"inputs": {}, "query": "Well?", "user": "ada", "response_mode": "blocking"}
            answers.append(program.post("/v1/chat-messages", json=body))

    asking = threading.Thread(target=ask)
    asking.start()
    assert model_server.asked.wait(60)
    leave(lived.server, how)
    asking.join(60)
    (answer,) = answers
    assert (answer.status_code, answer.json()["code"]) == (503, "service_unavailable")
    model_server.says("Here ", "I am.")
    lived.server.start()
    (run,) = lived.owner.get("/api/v1/runs").json()["data"]
    assert run["id"] in answer.json()["message"]
    assert log_of(lived, run["id"])[-1]["data"]["answer"] == "Here I am."


@STOPS
def test_the_service_apis_stream_breaks_off_and_can_be_taken_up_again(
    lived: Lived, model_server: ModelServer, how: signal.Signals
) -> None:
    model_server.says("Wait ", "for me", hold_after=1)
    body = {"inputs": {}, "query": "Well?", "user": "ada", "response_mode": "streaming"}
    with (
        lived.server.anyone(lived.app_key) as program,
        program.stream("POST", "/v1/chat-messages", json=body) as response,
    ):
        frames = streamed(response)
        first = next(frame for frame in frames if frame["event"] == "message")
        stopping = threading.Thread(target=leave, args=(lived.server, how))
        stopping.start()
        rest = list(frames)
    stopping.join()
    assert {frame["event"] for frame in rest} <= {"message", "ping"}
    model_server.says("Here ", "I am.")
    lived.server.start()
    with lived.server.anyone(lived.app_key) as program:
        again = program.get(f"/v1/workflow/{first['task_id']}/events", params={"user": "ada"})
    assert [event.data["event"] for event in events_in(again.content)][-2:] == ["message_end", "workflow_finished"]


@ENDS
@pytest.mark.parametrize("durability", ["off", "exit"])
def test_a_run_of_which_nothing_is_kept_is_ended_as_interrupted(
    lived: Lived, model_server: ModelServer, how: signal.Signals, durability: str
) -> None:
    text = (APPS / "hosted-chat.yml").read_text(encoding="utf-8") + f"x-loomwork: {{durability: '{durability}'}}\n"
    app_id = lived.owner.post("/api/v1/apps", json={"document": text}).raise_for_status().json()["id"]
    model_server.says("Wait ", "for me", hold_after=1)
    run, _ = begun(lived, app_id=app_id)
    leave(lived.server, how)
    lived.server.start()
    log = log_of(lived, run["id"])
    assert [event["type"] for event in log] == ["run_started", "run_failed"]
    assert log[-1]["data"]["error"]["code"] == "interrupted"
    ended = lived.owner.get(f"/api/v1/runs/{run['id']}").json()
    assert (ended["status"], ended["error"]["code"]) == ("failed", "interrupted")
    messages = lived.owner.get(f"/api/v1/conversations/{run['conversation_id']}/messages").json()["data"]
    assert [message["status"] for message in messages] == ["failed"]
    assert len(model_server.bodies) == 1


def test_a_second_server_on_the_same_data_folder_is_refused(lived: Lived) -> None:
    refused = lived.server.command("up", "--port", "0", "--data", lived.server.data)
    assert refused.status != 0
    refused = lived.server.command("up", "--port", str(lived.server.port + 1), "--data", lived.server.data)
    assert refused.status != 0
    assert f"A server at {lived.server.url} uses the data folder" in refused.err
    assert "Traceback" not in refused.err
