"""The same app and inputs come to the same through every door: terminal, Python, Service API, our own API."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from loomwork import Workflow
from tests.journeys.conftest import APPS
from tests.journeys.server_process import CommandLine, ServerProcess
from tests.journeys.sse_reader import streamed

INPUTS = (
    {"message": "I was charged twice in March. 多收了一次。", "tone": "formal", "urgency": 3},
    {"message": "Where is my <invoice> & why?\n\nRegards", "tone": "plain", "urgency": 0.5},
)
EXPECTED = (
    {
        "reply": "Dear customer, you wrote: I was charged twice in March. 多收了一次。",
        "topic": "Invoices and payments",
        "urgency": 3,
    },
    {"reply": "Hi! WHERE IS MY <INVOICE> & WHY?\n\nREGARDS", "topic": "Invoices and payments", "urgency": 0.5},
)
QUESTION = "Say it again, Polly."
SPOKEN = f"You said: {QUESTION}"

both_inputs = pytest.mark.parametrize(
    ("inputs", "expected"), list(zip(INPUTS, EXPECTED, strict=True)), ids=("one", "other")
)


def published(server: ServerProcess, app: str) -> httpx.Client:
    """A client with the key of a freshly imported and published app, as the terminal gives it."""
    told = server.command.done("import", APPS / app, "--publish", "--json").json
    assert told["api_key"].startswith("app-")
    client = server.anyone(told["api_key"])
    client.params = httpx.QueryParams({"user": "ada"})
    return client


@pytest.fixture(scope="module")
def triage(server: ServerProcess) -> Iterator[httpx.Client]:
    with published(server, "triage.yml") as client:
        yield client


@pytest.fixture(scope="module")
def parrot(server: ServerProcess) -> Iterator[httpx.Client]:
    with published(server, "chat.yml") as client:
        yield client


@pytest.fixture(scope="module")
def app_ids(owner: httpx.Client) -> Mapping[str, str]:
    """Ids of apps that were imported over our own API, by file."""
    return {
        path.name: owner.post("/api/v1/apps", json={"document": path.read_text(encoding="utf-8")}).json()["id"]
        for path in (APPS / "triage.yml", APPS / "chat.yml")
    }


def run_from_the_console(owner: httpx.Client, body: Mapping[str, Any]) -> tuple[dict[str, Any], list[Any]]:
    """Start a run and follow it, as the console does: the run at its end, and its events."""
    started = owner.post("/api/v1/runs", json=body)
    assert started.status_code == 202, started.text
    place = f"/api/v1/runs/{started.json()['id']}"
    with owner.stream("GET", f"{place}/events") as response:
        events = list(streamed(response))
    return owner.get(place).json(), events


@both_inputs
def test_the_terminal_runs_it(command: CommandLine, inputs: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
    given = [part for name, value in inputs.items() for part in ("-i", f"{name}={value}")]
    result = command.done("run", APPS / "triage.yml", *given, "--json").json
    assert (result["status"], result["error"]) == ("succeeded", None)
    assert result["outputs"] == expected


def test_the_terminal_tells_events_and_then_the_result(command: CommandLine) -> None:
    *events, result = command.done(
        "run", APPS / "triage.yml", "-i", "message=Hi", "-i", "tone=plain", "--events", "--json"
    ).lines
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert events[-1]["type"] == "run_succeeded"
    assert events[-1]["data"]["outputs"] == result["outputs"]


def test_the_terminal_asks_a_chat_app(command: CommandLine) -> None:
    result = command.done("run", APPS / "chat.yml", "--query", QUESTION, "--json").json
    assert result["answer"] == SPOKEN


@both_inputs
def test_python_runs_it(inputs: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
    result = Workflow.from_file(APPS / "triage.yml").run_sync(inputs)
    assert result.status == "succeeded", result.error
    assert result.outputs == expected


async def test_python_streams_it() -> None:
    events = [event async for event in Workflow.from_file(APPS / "chat.yml").stream(query=QUESTION)]
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert "".join(event.data["text"] for event in events if event.type == "text_chunk") == SPOKEN
    assert events[-1].data["answer"] == SPOKEN


@both_inputs
def test_the_service_api_answers_when_it_is_done(
    triage: httpx.Client, inputs: Mapping[str, Any], expected: Mapping[str, Any]
) -> None:
    body = {"inputs": inputs, "response_mode": "blocking", "user": "ada"}
    answer = triage.post("/v1/workflows/run", json=body)
    assert answer.status_code == 200, answer.text
    assert answer.json()["data"]["status"] == "succeeded"
    assert answer.json()["data"]["outputs"] == expected


@both_inputs
def test_the_service_api_streams_it(
    triage: httpx.Client, inputs: Mapping[str, Any], expected: Mapping[str, Any]
) -> None:
    body = {"inputs": inputs, "response_mode": "streaming", "user": "ada"}
    with triage.stream("POST", "/v1/workflows/run", json=body) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        frames = list(streamed(response))
    assert frames[0]["event"] == "workflow_started"
    assert frames[-1]["event"] == "workflow_finished"
    assert frames[-1]["data"]["outputs"] == expected


def test_the_service_api_chats(parrot: httpx.Client) -> None:
    body = {"inputs": {}, "query": QUESTION, "response_mode": "blocking", "user": "ada"}
    answer = parrot.post("/v1/chat-messages", json=body).json()
    assert answer["answer"] == SPOKEN

    again = body | {"response_mode": "streaming", "conversation_id": answer["conversation_id"]}
    with parrot.stream("POST", "/v1/chat-messages", json=again) as response:
        frames = list(streamed(response))
    assert "".join(frame["answer"] for frame in frames if frame["event"] == "message") == SPOKEN
    assert {frame["conversation_id"] for frame in frames if "conversation_id" in frame} == {answer["conversation_id"]}
    messages = parrot.get("/v1/messages", params={"conversation_id": answer["conversation_id"], "user": "ada"}).json()
    assert [message["answer"] for message in messages["data"]] == [SPOKEN, SPOKEN]


@both_inputs
def test_our_own_api_runs_it(
    owner: httpx.Client, app_ids: Mapping[str, str], inputs: Mapping[str, Any], expected: Mapping[str, Any]
) -> None:
    run, events = run_from_the_console(owner, {"app_id": app_ids["triage.yml"], "inputs": inputs})
    assert (run["status"], run["error"]) == ("succeeded", None)
    assert run["outputs"] == expected
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert events[-1]["data"]["outputs"] == expected
    assert run["nodes"]["other"]["status"] == "skipped"


def test_our_own_api_chats(owner: httpx.Client, app_ids: Mapping[str, str]) -> None:
    run, events = run_from_the_console(owner, {"app_id": app_ids["chat.yml"], "inputs": {}, "query": QUESTION})
    assert run["answer"] == SPOKEN
    assert "".join(event["data"]["text"] for event in events if event["type"] == "text_chunk") == SPOKEN


def test_events_are_the_same_wherever_they_are_read(
    command: CommandLine, owner: httpx.Client, app_ids: Mapping[str, str]
) -> None:
    inputs = {"message": "Hi", "tone": "formal"}
    _, ours = run_from_the_console(owner, {"app_id": app_ids["triage.yml"], "inputs": inputs})
    told = command.done("run", APPS / "triage.yml", "-i", "message=Hi", "-i", "tone=formal", "--events").lines
    assert [what_happened(event) for event in told] == [what_happened(event) for event in ours]


def what_happened(event: Mapping[str, Any]) -> tuple[Any, ...]:
    """An event without when it happened, and without what is the run's own."""
    told = event["data"].get("text") or (event["type"] == "run_succeeded" and event["data"]["outputs"])
    return event["seq"], event["type"], event["node_id"], event["frame"], told


def test_an_exported_app_is_equal_through_every_door(
    owner: httpx.Client, server: ServerProcess, app_ids: Mapping[str, str], tmp_path: Path
) -> None:
    app_id = app_ids["triage.yml"]
    over_http = owner.get(f"/api/v1/apps/{app_id}/document").text
    told = server.command.done("apps", "export", app_id).out
    assert told == over_http
    assert server.command.done("export", APPS / "triage.yml").out == over_http
