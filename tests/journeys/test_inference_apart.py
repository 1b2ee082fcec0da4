"""Models are called by a process of their own, and the server is pointed at it by one setting."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.journeys.conftest import APPS, StartServer, end, free_port
from tests.journeys.model_server import ModelServer
from tests.journeys.server_process import ServerProcess, clean_environment

INTERNAL_KEY = "an-internal-key-that-nobody-may-see-0123"
PROVIDER_KEY = "sk-a-provider-key-of-the-inference-process"


@pytest.fixture
def inference(tmp_path: Path, model_server: ModelServer) -> Iterator[ServerProcess]:
    """`loomwork serve inference`: it alone knows the provider and its key."""
    folder = tmp_path / "server-inference"
    folder.mkdir()
    environment = clean_environment(
        LOOMWORK_INTERNAL_KEY=INTERNAL_KEY,
        LOOMWORK_DEFAULT_MODEL="debug/echo",
        LOOMWORK_CACHE_DIR=str(folder / "cache"),
        LOOMWORK_OPENAI_COMPATIBLE_URL=model_server.url,
        LOOMWORK_OPENAI_COMPATIBLE_API_KEY=PROVIDER_KEY,
    )
    running = ServerProcess(
        folder / "data",
        free_port(),
        environment,
        folder / "server.log",
        verb=("serve", "inference"),
        greeting=re.compile("Press Ctrl-C"),
    )
    running.start()
    yield running
    end(running)


@pytest.fixture
def server(start_server: StartServer, inference: ServerProcess) -> ServerProcess:
    return start_server(LOOMWORK_INFERENCE_URL=inference.url, LOOMWORK_INTERNAL_KEY=INTERNAL_KEY)


def started(client: httpx.Client) -> str:
    """A run of an app that asks the hosted model."""
    app_id = client.post("/api/v1/apps", json={"document": (APPS / "hosted.yml").read_text(encoding="utf-8")}).json()
    run = client.post("/api/v1/runs", json={"app_id": app_id["id"], "inputs": {"question": "Are you there?"}}).json()
    return str(run["id"])


def ended(client: httpx.Client, run_id: str) -> dict[str, object]:
    client.get(f"/api/v1/runs/{run_id}/events")
    run: dict[str, object] = client.get(f"/api/v1/runs/{run_id}").json()
    return run


def test_runs_and_clients_are_answered_through_a_process_that_keeps_nothing(
    server: ServerProcess, inference: ServerProcess, model_server: ModelServer
) -> None:
    model_server.says("I ", "am.")
    key = server.command.done("keys", "create", "--json").json["key"]
    with server.sign_in() as owner, server.anyone(key) as client:
        run = ended(owner, started(owner))
        assert (run["status"], run["outputs"], run["notices"]) == ("succeeded", {"text": "I am."}, [])
        chat = {"model": "debug/echo", "messages": [{"role": "user", "content": "Say it again."}]}
        answer = client.post("/openai/v1/chat/completions", json=chat).json()
        assert answer["choices"][0]["message"]["content"] == "Say it again."
        assert owner.get("/ready").json()["parts"] == {"database": True, "inference": True}
    assert model_server.keys == [f"Bearer {PROVIDER_KEY}"]
    assert not inference.data.exists()
    with httpx.Client(trust_env=False) as stranger:
        assert stranger.post(f"{inference.url}/internal/v1/models/list_models", json={}).status_code == 401
    for written in (server.output, inference.output):
        assert INTERNAL_KEY not in written
        assert PROVIDER_KEY not in written


def test_a_killed_inference_process_fails_the_run_in_mid_answer_and_another_takes_its_place(
    server: ServerProcess, inference: ServerProcess, model_server: ModelServer
) -> None:
    with server.sign_in() as owner:
        model_server.says("Once ", "upon a time.", hold_after=1)
        run_id = started(owner)
        assert model_server.asked.wait(30)
        inference.kill()
        run = ended(owner, run_id)
        assert run["status"] == "failed"
        assert "inference service" in str(run["error"])
        unready = owner.get("/ready")
        assert (unready.status_code, unready.json()["parts"]) == (503, {"database": True, "inference": False})
        inference.start()
        model_server.says("I ", "am.")
        assert ended(owner, started(owner))["outputs"] == {"text": "I am."}
