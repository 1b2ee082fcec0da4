"""A run that asks a person: answered over every face, whatever becomes of the server meanwhile, and run again."""

from typing import Any

import httpx

from tests.journeys.conftest import APPS, StartServer
from tests.journeys.server_process import ServerProcess
from tests.journeys.sse_reader import events_in

ANSWER = {"node_id": "review", "frame": [], "action": "approve", "values": {"note": "Go on.", "tone": "kind"}}
OUTCOME = {"outcome": "Sent, kind: Go on."}


def program(server: ServerProcess) -> httpx.Client:
    return server.anyone(server.command.done("keys", "create", "--json").json["key"])


def imported(client: httpx.Client) -> str:
    app_id: str = client.post("/api/v1/apps", json={"document": (APPS / "asking.yml").read_text()}).json()["id"]
    return app_id


def waiting(client: httpx.Client, app_id: str) -> str:
    """The id of a run that asks."""
    body = {"app_id": app_id, "inputs": {"message": "Where is my parcel?"}}
    run_id: str = client.post("/api/v1/runs", json=body).json()["id"]
    with client.stream("GET", f"/api/v1/runs/{run_id}/events") as told:
        for line in told.iter_lines():
            if '"type":"run_paused"' in line:
                break
    return run_id


def ended(client: httpx.Client, run_id: str) -> Any:
    """The run after its last event."""
    client.get(f"/api/v1/runs/{run_id}/events").raise_for_status()
    return client.get(f"/api/v1/runs/{run_id}").json()


def test_a_question_outlives_its_server_and_so_does_the_answer(start_server: StartServer) -> None:
    server = start_server()
    with program(server) as client:
        run_id = waiting(client, imported(client))
        asked = client.get(f"/api/v1/runs/{run_id}").json()
    server.kill()
    server.start()
    with program(server) as client:
        again = client.get(f"/api/v1/runs/{run_id}").json()
        assert (again["status"], again["questions"]) == ("paused", asked["questions"])
        answered = client.post(f"/api/v1/runs/{run_id}/answers", json=ANSWER)
        assert answered.status_code == 200
        server.kill()
    server.start()
    with program(server) as client:
        run = ended(client, run_id)
        assert (run["status"], run["outputs"]) == ("succeeded", OUTCOME)
        log = events_in(client.get(f"/api/v1/runs/{run_id}/events").content)
        assert [event.id for event in log] == list(range(1, len(log) + 1))
        assert [event.data["type"] for event in log].count("input_received") == 1
        late = client.post(f"/api/v1/runs/{run_id}/answers", json=ANSWER)
        assert (late.status_code, late.json()["error"]["code"]) == (409, "conflict")


def test_a_run_is_answered_and_repeated_from_a_terminal_beside_the_server(server: ServerProcess) -> None:
    with program(server) as client:
        run_id = waiting(client, imported(client))
        shown = server.command.done("runs", "show", run_id).out
        assert "--action approve" in shown
        assert "Draft (draft)  succeeded" in shown
        done = server.command.done(
            "runs", "answer", run_id, "--action", "approve", "-i", "note=Go on.", "-i", "tone=kind"
        )
        assert run_id in done.out
        first = ended(client, run_id)
        assert first["outputs"] == OUTCOME

        new = server.command.done(
            "runs", "replay", run_id, "--from", "sent", "--output", "review.note=Later.", "--json"
        ).json
        run = ended(client, new["id"])
        assert (run["outputs"], run["origin_id"]) == ({"outcome": "Sent, kind: Later."}, run_id)
        log = events_in(client.get(f"/api/v1/runs/{new['id']}/events").content)
        reused = {event.data["node_id"] for event in log if event.data["data"].get("reused")}
        assert reused == {"start", "draft", "review"}
        assert run["usage"] == {}
    refused = server.command("runs", "replay", run_id, "--from", "nobody")
    assert (refused.status, len(refused.err.splitlines())) == (2, 1)


def test_a_run_is_answered_from_a_terminal_where_no_server_goes(start_server: StartServer) -> None:
    server = start_server()
    with program(server) as client:
        run_id = waiting(client, imported(client))
    server.stop()
    shown = server.command.done(
        "runs", "answer", run_id, "--action", "approve", "-i", "note=Go on.", "-i", "tone=kind", "--json"
    ).json
    assert (shown["status"], shown["outputs"]) == ("succeeded", OUTCOME)
    assert server.command.done("runs", "list", "--json").lines[0]["id"] == run_id
    server.start()


def test_a_program_of_the_service_api_asks_its_user_and_goes_on(server: ServerProcess) -> None:
    document = APPS / "asking.yml"
    key = server.command.done("import", document, "--publish", "--json").json["api_key"]
    with server.anyone(key) as client:
        body = {"inputs": {"message": "Hello?"}, "user": "ann", "response_mode": "streaming"}
        frames = events_in(client.post("/v1/workflows/run", json=body).content)
        required, paused = frames[-2].data, frames[-1].data
        assert (required["event"], paused["event"]) == ("human_input_required", "workflow_paused")
        address = f"/v1/form/human_input/{required['data']['form_token']}"
        assert client.get(address).json()["form_content"] == required["data"]["form_content"]
        answer = {"inputs": ANSWER["values"], "action": "approve", "user": "ann"}
        assert client.post(address, json=answer).json() == {}
        followed = client.get(
            f"/v1/workflow/{paused['workflow_run_id']}/events",
            params={"user": "ann"},
            headers={"Last-Event-ID": str(frames[-1].id)},
        )
        rest = [event.data for event in events_in(followed.content)]
        assert rest[0]["event"] == "human_input_form_filled"
        assert (rest[-1]["event"], rest[-1]["data"]["outputs"]) == ("workflow_finished", OUTCOME)
