"""A server whose state lies in PostgreSQL: what was there before a crash is there after it."""

import asyncio
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.journeys.conftest import APPS, StartServer, free_port
from tests.journeys.model_server import ModelServer
from tests.journeys.server_process import CommandLine
from tests.journeys.sse_reader import events_in, streamed
from tests.postgres_server import PostgresServer, postgres_server


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    with postgres_server() as server:
        yield server


@pytest.fixture
def url(postgres: PostgresServer) -> str:
    """An empty database, with a password that the server does not ask for."""
    # In a thread of its own, since the browser of other tests has an event loop in this one.
    with ThreadPoolExecutor(1) as thread:
        made = thread.submit(lambda: asyncio.run(postgres.new_database())).result()
    return made.replace("postgres@", "postgres:hunter2@")


@pytest.mark.timeout(600)
def test_apps_and_runs_outlive_a_server_that_is_killed(
    start_server: StartServer, model_server: ModelServer, url: str
) -> None:
    server = start_server(LOOMWORK_DATABASE_URL=url, LOOMWORK_OPENAI_COMPATIBLE_URL=model_server.url)
    assert not (server.data / "loomwork.db").exists()
    with server.sign_in() as owner:
        text = (APPS / "hosted-chat.yml").read_text(encoding="utf-8")
        app_id = owner.post("/api/v1/apps", json={"document": text, "publish": True}).json()["id"]
        model_server.says("I am ", "here.")
        finished = owner.post("/api/v1/runs", json={"app_id": app_id, "inputs": {}, "query": "Are you?"}).json()["id"]
        before = owner.get(f"/api/v1/runs/{finished}/events").content
        assert events_in(before)[-1].data["type"] == "run_succeeded"
        assert owner.get("/ready").status_code == 200

        model_server.says("Once ", "upon ", "a time", hold_after=2)
        cut_off = owner.post("/api/v1/runs", json={"app_id": app_id, "inputs": {}, "query": "Tell me."}).json()["id"]
        told: list[Any] = []
        with owner.stream("GET", f"/api/v1/runs/{cut_off}/events") as response:
            for event in streamed(response):
                told.append(event)
                if event["type"] == "text_chunk" and "upon" in event["data"]["text"]:
                    break
        server.kill()
        server.start()

        assert [app["id"] for app in owner.get("/api/v1/apps").json()["data"]] == [app_id]
        assert owner.get(f"/api/v1/runs/{finished}").json()["status"] == "succeeded"
        assert owner.get(f"/api/v1/runs/{finished}/events").content == before
        kept = [event.data for event in events_in(owner.get(f"/api/v1/runs/{cut_off}/events").content)]
        assert kept[: len(told)] == told
        assert [event["seq"] for event in kept] == list(range(1, len(kept) + 1))
    assert "hunter2" not in server.output


@pytest.mark.parametrize("place", ["127.0.0.1:1/x", "127.0.0.1:port/x", "/x?host=/nowhere", "/x?nonsense=1&port=1"])
def test_a_database_that_cannot_be_reached_gets_a_sentence_without_the_password(
    command: CommandLine, place: str
) -> None:
    environment = {**command.environment, "LOOMWORK_DATABASE_URL": f"postgresql://me:hunter2@{place}"}
    refused = CommandLine(environment, command.folder)("up", "--port", str(free_port()))
    assert refused.status != 0
    assert re.search(r"database", refused.err, re.IGNORECASE), refused
    assert "Traceback" not in refused.err
    assert "hunter2" not in refused.out + refused.err
