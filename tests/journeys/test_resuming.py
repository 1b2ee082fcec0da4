"""A reader whose connection breaks takes a run's events up again, and misses none and hears none twice."""

from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from tests.journeys.conftest import APPS
from tests.journeys.model_server import ModelServer
from tests.journeys.server_process import ServerProcess
from tests.journeys.sse_reader import Sent, events_in, follow_by_pieces, streamed, told_up_to_last_id

WORDS = [f"word{number} " for number in range(24)]
STEPS = (1, 97, 211, 640, 2903)
"""After how many bytes a connection is cut. A step too short for an event to come whole is lengthened as it goes."""


def headers_of(client: httpx.Client) -> dict[str, str]:
    """What a client sends to be let in, for a socket that it does not know of."""
    return {name: str(client.headers[name]) for name in ("authorization",) if name in client.headers}


def workspace_key(server: ServerProcess) -> str:
    key: str = server.command.done("keys", "create", "--json").json["key"]
    return key


def test_our_own_stream_survives_being_cut_at_any_byte(hosted: ServerProcess, model_server: ModelServer) -> None:
    with hosted.anyone(workspace_key(hosted)) as program:
        app_id = program.post("/api/v1/apps", json={"document": (APPS / "hosted.yml").read_text()}).json()["id"]
        for step in STEPS:
            model_server.says(*WORDS, pause=0.002)
            run = program.post("/api/v1/runs", json={"app_id": app_id, "inputs": {"question": "Talk."}}).json()
            url = f"{hosted.url}/api/v1/runs/{run['id']}/events"
            told = follow_by_pieces(url, headers_of(program), step=step)
            log = events_in(program.get(url).content)
            assert told == log, f"cut every {step} bytes"
            assert [event.id for event in log] == list(range(1, len(log) + 1))
            assert [event.data["seq"] for event in log] == [event.id for event in log]
            assert text_of(log) == "".join(WORDS)
            assert log[-1].data["type"] == "run_succeeded"


def text_of(log: list[Sent]) -> str:
    return "".join(event.data["data"]["text"] for event in log if event.data["type"] == "text_chunk")


def test_a_resumed_stream_begins_after_any_event_by_header_and_by_query(
    hosted: ServerProcess, model_server: ModelServer
) -> None:
    with hosted.anyone(workspace_key(hosted)) as program:
        app_id = program.post("/api/v1/apps", json={"document": (APPS / "hosted.yml").read_text()}).json()["id"]
        model_server.says("one ", "two ", "three")
        run = program.post("/api/v1/runs", json={"app_id": app_id, "inputs": {"question": "Count."}}).json()
        url = f"/api/v1/runs/{run['id']}/events"
        log = events_in(program.get(url).content)
        for seen in range(len(log) + 1):
            assert events_in(program.get(url, headers={"Last-Event-ID": str(seen)}).content) == log[seen:]
            assert events_in(program.get(url, params={"after": seen}).content) == log[seen:]
        assert program.get(url, headers={"Last-Event-ID": "not a number"}).status_code in (400, 422)


@pytest.mark.parametrize("app", ["hosted.yml", "hosted-chat.yml"])
def test_the_service_apis_stream_survives_being_cut_at_any_byte(
    hosted: ServerProcess, model_server: ModelServer, app: str
) -> None:
    key = hosted.command.done("import", APPS / app, "--publish", "--json").json["api_key"]
    with hosted.anyone(key) as program:
        for step in STEPS:
            model_server.says(*WORDS, pause=0.002)
            run_id, begun = begin_and_hang_up(program, app)
            url = f"{hosted.url}/v1/workflow/{run_id}/events?user=ada"
            log = events_in(program.get(url).content)
            assert told_up_to_last_id(log) == log, "the last frame carries an id"
            after = begun[-1].id
            assert begun == log[: len(begun)]
            told = begun + follow_by_pieces(url, headers_of(program), step=step, after=after)
            assert told == log, f"cut every {step} bytes"
            ids = [event.id for event in log if event.id is not None]
            assert ids == sorted(set(ids))
            assert said_in(log) == "".join(WORDS)


def begin_and_hang_up(program: httpx.Client, app: str) -> tuple[str, list[Sent]]:
    """Ask for a stream and leave it after some frames: the run's id, and the frames up to the last id."""
    chat = app == "hosted-chat.yml"
    path = "/v1/chat-messages" if chat else "/v1/workflows/run"
    body: dict[str, Any] = {
        "inputs": {} if chat else {"question": "Talk."},
        "response_mode": "streaming",
        "user": "ada",
    }
    heard = b""
    with program.stream("POST", path, json=body | ({"query": "Talk."} if chat else {})) as response:
        for piece in response.iter_raw():
            heard += piece
            begun = told_up_to_last_id(events_in(heard))
            if len(begun) >= 3:
                break
    return str(begun[0].data["task_id"]), begun


def said_in(log: list[Sent]) -> str:
    frames: list[Mapping[str, Any]] = [event.data for event in log]
    chat = "".join(frame["answer"] for frame in frames if frame["event"] == "message")
    return chat or "".join(frame["data"]["text"] for frame in frames if frame["event"] == "text_chunk")


def test_stopping_a_run_ends_it_and_hangs_up_on_the_model(hosted: ServerProcess, model_server: ModelServer) -> None:
    key = hosted.command.done("import", APPS / "hosted.yml", "--publish", "--json").json["api_key"]
    model_server.says("one ", "two ", "three", hold_after=2)
    body = {"inputs": {"question": "Count."}, "response_mode": "streaming", "user": "ada"}
    with hosted.anyone(key) as program, program.stream("POST", "/v1/workflows/run", json=body) as response:
        frames: list[Any] = []
        for frame in streamed(response):
            frames.append(frame)
            if frame["event"] == "text_chunk" and "two" in frame["data"]["text"]:
                stop = f"/v1/workflows/tasks/{frame['task_id']}/stop"
                with hosted.anyone(key) as other:
                    assert other.post(stop, json={"user": "somebody else"}).json() == {"result": "success"}
                    assert other.get(f"/v1/workflows/run/{frame['task_id']}").json()["status"] == "running"
                    assert other.post(stop, json={"user": "ada"}).json() == {"result": "success"}
    assert frames[-1]["event"] == "workflow_finished"
    assert frames[-1]["data"]["status"] == "stopped"
    assert model_server.client_left.wait(60), "the model server still talks to a run that was stopped"
    with hosted.anyone(key) as program:
        assert program.get(f"/v1/workflows/run/{frames[-1]['task_id']}").json()["status"] == "stopped"


def test_a_run_goes_on_when_its_only_reader_leaves(hosted: ServerProcess, model_server: ModelServer) -> None:
    key = hosted.command.done("import", APPS / "hosted.yml", "--publish", "--json").json["api_key"]
    with hosted.anyone(key) as program:
        model_server.says("early ", "late", hold_after=1)
        run_id, _ = begin_and_hang_up(program, "hosted.yml")
        model_server.release()
        log = events_in(program.get(f"/v1/workflow/{run_id}/events", params={"user": "ada"}).content)
    assert log[-1].data["data"]["outputs"] == {"text": "early late"}
