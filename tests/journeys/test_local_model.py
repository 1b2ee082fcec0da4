"""With no key and no account, a starter answers with the model that runs on this machine."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.journeys.conftest import a_server, end
from tests.journeys.server_process import ServerProcess
from tests.journeys.sse_reader import streamed
from tests.knowledge_corpus.writers import Heading, Paper, Paragraph, Part, write

pytestmark = pytest.mark.slow


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[ServerProcess]:
    """A server as a new user starts it: nothing is set, and weights are in the user's cache or fetched to it."""
    server = a_server(tmp_path)
    server.environment = {name: value for name, value in server.environment.items() if not name.startswith("LOOMWORK_")}
    server.start()
    yield server
    end(server)


def test_a_starter_streams_an_answer_and_its_model_goes_with_the_server(machine: ServerProcess) -> None:
    with machine.sign_in() as owner:
        app_id = owner.post("/api/v1/apps", json={"starter": "chat"}).json()["id"]
        make_ready(owner)
        query = "Write three sentences about Paris, the capital of France."
        question = {"app_id": app_id, "inputs": {}, "query": query}
        run = owner.post("/api/v1/runs", json=question).json()
        with owner.stream("GET", f"/api/v1/runs/{run['id']}/events") as response:
            events = list(streamed(response))
        assert events[-1]["type"] == "run_succeeded", events[-1]
        pieces = [event["data"]["text"] for event in events if event["type"] == "text_chunk"]
        assert len(pieces) > 1, "the answer comes in pieces"
        assert "Paris" in "".join(pieces)
        assert "".join(pieces) == events[-1]["data"]["answer"]
        ended = owner.get(f"/api/v1/runs/{run['id']}").json()
        assert ended["usage"]["completion_tokens"] > 0
        assert ended["notices"] == []

    children = machine.children()
    assert children, "the model runs in a process of its own"
    machine.kill()
    assert eventually(lambda: not any(alive(child) for child in children)), "the model outlived its server"


def test_files_that_are_dropped_are_asked_and_the_answer_names_document_and_page(
    machine: ServerProcess, tmp_path: Path
) -> None:
    with machine.sign_in() as owner:
        app_id = owner.post("/api/v1/apps", json={"starter": "ask-your-documents"}).json()["id"]
        make_ready(owner)
        early = asked(owner, app_id, "Which colour is the night tram?")
        assert "loomwork knowledge add FILES --to Documents" in early, "it says what is missing"

        filling = [
            Paragraph(f"Rule {number}: whoever boards a tram shows a ticket. " * (number % 3 + 1))
            for number in range(40)
        ]
        parts: list[Part] = [
            Heading(1, "Rules"),
            *filling,
            Heading(1, "Night"),
            Paragraph("The night tram of Brevik is purple."),
        ]
        paper = tmp_path / "trams.pdf"
        paper.write_bytes(write(Paper("trams", "Trams", parts), ".pdf"))
        note = tmp_path / "hours.md"
        note.write_text("# Office hours\n\nThe office in Brevik opens at seven in the morning.\n", encoding="utf-8")
        machine.command.done("knowledge", "add", paper, note, "--to", "Documents")

        answer = asked(owner, app_id, "Which colour is the night tram of Brevik?")
        assert "purple" in answer
        assert "1. trams.pdf, page 3" in answer, "where it stands"
        answer = asked(owner, app_id, "When does the office in Brevik open?")
        assert "seven" in answer.lower() or "7" in answer
        assert "hours.md" in answer


def asked(owner: httpx.Client, app_id: str, query: str) -> str:
    """What the app answers; it must not fail."""
    run = owner.post("/api/v1/runs", json={"app_id": app_id, "inputs": {}, "query": query}).json()
    owner.get(f"/api/v1/runs/{run['id']}/events", timeout=300).raise_for_status()
    ended = owner.get(f"/api/v1/runs/{run['id']}").json()
    assert ended["status"] in ("succeeded", "partial-succeeded"), ended
    return str(ended["outputs"]["answer"])


def make_ready(owner: httpx.Client) -> None:
    """Fetch the default model's weights, as the console does before a first run; it waits until they are there."""
    model = owner.get("/api/v1/models/local").json()["data"][0]
    if model["state"] == "ready":
        return
    owner.post("/api/v1/models/local/fetch", json={"model": model["model"]}).raise_for_status()

    def fetched() -> bool:
        now = owner.get("/api/v1/models/local").json()["data"][0]
        assert now["state"] != "failed", now["problem"]
        return bool(now["state"] == "ready")

    assert eventually(fetched, patience=900, every=1.0)


def alive(pid: int) -> bool:
    """Whether a process still runs; one that only waits to be collected does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def eventually(holds: Callable[[], bool], *, patience: float = 60, every: float = 0.1) -> bool:
    """Whether something comes to hold within some seconds."""
    end_at = time.monotonic() + patience
    while time.monotonic() < end_at:
        if holds():
            return True
        time.sleep(every)
    return holds()
