"""A key that was entered, what it was used for, and the budget that stops it: through a server, over real sockets."""

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.journeys.conftest import APPS, StartServer
from tests.journeys.model_server import ModelServer
from tests.journeys.server_process import ServerProcess

KEY = "sk-a-secret-that-a-workspace-has-entered-0042"
PRICE = """
price: {input: 1000000, output: 0, source: {url: "https://acme.example.com/prices", read: 2026-01-01}}
"""


def acme(folder: Path, url: str, *, price: str = "") -> None:
    """The files of a provider in the catalog of a data folder, before its server starts."""
    place = folder / "catalog" / "providers" / "acme"
    (place / "models").mkdir(parents=True, exist_ok=True)
    (place / "models" / "scripted-1.yml").write_text(f"id: scripted-1\nlabel: Scripted\n{price}")
    credentials = "credentials:\n  api_key: {label: API key}\n"
    (place / "provider.yml").write_text(f"id: acme\nlabel: Acme\nwire: openai_chat\nendpoint: {url}\n{credentials}")


def add_key(owner: httpx.Client, **given: object) -> httpx.Response:
    body = {"name": "first", "values": {"api_key": KEY}, **given}
    return owner.post("/api/v1/providers/acme/credentials", json=body)


def an_app_of_acme(owner: httpx.Client) -> str:
    document = (APPS / "hosted.yml").read_text(encoding="utf-8")
    document = document.replace("langgenius/openai_api_compatible/openai_api_compatible", "acme")
    return str(owner.post("/api/v1/apps", json={"document": document}).json()["id"])


def everything_in(server: ServerProcess) -> bytes:
    """Every byte that the server has written down or said."""
    files = b"".join(path.read_bytes() for path in server.data.rglob("*") if path.is_file())
    return files + server.output.encode()


@pytest.fixture
def server(start_server: StartServer, model_server: ModelServer) -> ServerProcess:
    model_server.says("I am.")
    started = start_server()
    acme(started.data, model_server.url, price=PRICE)
    return started


@pytest.fixture
def owner(server: ServerProcess) -> Iterator[httpx.Client]:
    """Signed in, once the server has seen the provider's files."""
    with server.sign_in() as client:
        deadline = time.monotonic() + 30
        while client.get("/api/v1/providers/acme").status_code != 200:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        yield client


def test_a_key_is_entered_once_used_and_seen_by_nobody_again(
    server: ServerProcess, owner: httpx.Client, model_server: ModelServer
) -> None:
    assert add_key(owner, values={"api_key": " "}).status_code == 422
    made = add_key(owner)
    assert made.status_code == 201, made.text
    assert (made.json()["hint"], made.json()["verified_at"] is not None) == ("0042", True)
    app_id = an_app_of_acme(owner)
    run = owner.post("/api/v1/runs", json={"app_id": app_id, "inputs": {"question": "Hm?"}}).json()
    owner.get(f"/api/v1/runs/{run['id']}/events")
    ended = owner.get(f"/api/v1/runs/{run['id']}").json()
    assert (ended["status"], ended["outputs"]) == ("succeeded", {"text": "I am."})
    (entry,) = owner.get("/api/v1/usage/entries", params={"run_id": run["id"]}).json()["data"]
    spender = entry["spender"]
    assert (entry["model"], spender["app_id"], spender["node_id"]) == ("acme/scripted-1", app_id, "llm")
    told = [owner.get(path).text for path in ("/api/v1/providers", "/api/v1/models", f"/api/v1/runs/{run['id']}")]
    assert set(model_server.keys) == {f"Bearer {KEY}"}
    assert not any(KEY in text for text in (*told, made.text))
    assert KEY.encode() not in everything_in(server)
    assert (server.data / "secret.key").stat().st_mode & 0o777 == 0o600


def test_what_a_key_used_stands_in_the_ledger_and_a_spent_budget_stops_its_next_call(
    owner: httpx.Client, model_server: ModelServer
) -> None:
    assert add_key(owner).status_code == 201
    made = owner.post("/api/v1/keys").json()
    key_id, bearer = made["id"], {"Authorization": f"Bearer {made['secret']}"}

    def ask() -> httpx.Response:
        body = {"model": "acme/scripted-1", "max_tokens": 5, "messages": [{"role": "user", "content": "Hm?"}]}
        return owner.post("/openai/v1/chat/completions", json=body, headers=bearer)

    assert ask().json()["choices"][0]["message"]["content"] == "I am."
    (entry,) = owner.get("/api/v1/usage/entries").json()["data"]
    assert (entry["model"], entry["spender"]["key_id"], entry["failure"]) == ("acme/scripted-1", key_id, None)
    (total,) = owner.get("/api/v1/usage/totals", params={"by": "key"}).json()["data"]
    assert (total["group"], total["calls"]) == (key_id, 1)

    budget = {"subject": "key", "subject_id": key_id, "measure": "calls", "period": "total", "limit": "2"}
    put = owner.post("/api/v1/budgets", json=budget)
    assert (put.status_code, put.json()["spent"]) == (201, "1"), put.text
    assert ask().status_code == 200
    asked_so_far = len(model_server.bodies)
    refused = ask()
    assert refused.status_code == 429
    assert "The budget of 2 calls in all for this key has 0 calls left" in refused.json()["error"]["message"]
    assert len(model_server.bodies) == asked_so_far
