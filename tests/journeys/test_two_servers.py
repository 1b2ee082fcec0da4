"""Two servers on one database: a run goes on where one of them has its lease, and has one history."""

import asyncio
import contextlib
import itertools
import signal
import sqlite3
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from loomwork.tenancy.domain.limits import batch_of
from loomwork.tenancy.domain.password import FREE_TRIES
from tests.journeys.conftest import APPS, a_server
from tests.journeys.crash_sweep import Follower, owner_key
from tests.journeys.model_server import ModelServer
from tests.journeys.server_process import ServerProcess
from tests.journeys.sse_reader import events_in
from tests.postgres_server import postgres_server

WITH_SHORT_LEASES = (sys.executable, str(Path(__file__).with_name("dying_server.py")))


def just_renewed(database: Path) -> None:
    """Wait until the one lease was renewed a moment ago: whoever is frozen amid a write holds the database's lock."""
    with contextlib.closing(sqlite3.connect(database)) as reader:
        seen: list[object] = []
        end = time.monotonic() + 60
        while len(seen) < 2 and time.monotonic() < end:
            (until,) = reader.execute("select until from run_leases").fetchone()
            seen += [until] if until not in seen else []
            time.sleep(0.05)
    assert len(seen) == 2
    time.sleep(0.1)


def test_a_server_that_was_frozen_beyond_its_lease_finds_its_run_taken_and_leaves_it_alone(
    tmp_path: Path, model_server: ModelServer
) -> None:
    shared = {
        "LOOMWORK_DATABASE_URL": f"sqlite:///{tmp_path / 'shared.db'}",
        "LOOMWORK_OPENAI_COMPATIBLE_URL": model_server.url,
    }
    for name in ("server-0", "server-1"):
        (tmp_path / name).mkdir()
    frozen, other = (a_server(tmp_path / name, **shared) for name in ("server-0", "server-1"))
    model_server.says("Once ", "upon ", hold_after=1)
    try:
        frozen.start(program=WITH_SHORT_LEASES, LOOMWORK_TEST_LEASE_SECONDS="3")
        key = owner_key(frozen)
        with frozen.anyone(key) as client:
            app = client.post("/api/v1/apps", json={"document": (APPS / "hosted.yml").read_text()}).json()["id"]
            run = client.post("/api/v1/runs", json={"app_id": app, "inputs": {"question": "Well?"}}).json()["id"]
        assert model_server.asked.wait(60)
        watching = Follower(frozen, key, run).start()
        just_renewed(tmp_path / "shared.db")
        frozen.send(signal.SIGSTOP)
        model_server.says("All ", "over")
        other.start(program=WITH_SHORT_LEASES, LOOMWORK_TEST_LEASE_SECONDS="3")
        following = Follower(other, key, run).start()
        assert following.ended.wait(90), following.heard
        frozen.send(signal.SIGCONT)
        assert watching.ended.wait(90), watching.heard
        for server in (frozen, other):
            with server.anyone(key) as client:
                log = [event.data for event in events_in(client.get(f"/api/v1/runs/{run}/events").content)]
                assert log == following.heard == watching.heard
                assert client.get(f"/api/v1/runs/{run}").json()["status"] == "succeeded"
        assert [event["type"] for event in log].count("node_retrying") == 1
        assert len(model_server.bodies) == 2
    finally:
        frozen.send(signal.SIGCONT)
        frozen.close()
        other.close()


def test_a_limit_of_requests_and_a_guesser_s_wait_hold_for_both_servers_together(tmp_path: Path) -> None:
    """Within a twentieth for each server, and what time gives back meanwhile."""
    most = 60
    with postgres_server() as postgres:
        # In a thread of its own, since the browser of other tests has an event loop in this one.
        with ThreadPoolExecutor(1) as thread:
            url = thread.submit(lambda: asyncio.run(postgres.new_database())).result()
        for name in ("server-0", "server-1"):
            (tmp_path / name).mkdir()
        shared = {"LOOMWORK_DATABASE_URL": url, "LOOMWORK_WORKSPACE_REQUESTS": str(most)}
        both = [a_server(tmp_path / name, **shared) for name in ("server-0", "server-1")]
        try:
            for server in both:
                server.start()
            began = time.monotonic()
            key = owner_key(both[0])
            let_in = let_in_by(both, key, most)
            elapsed = time.monotonic() - began
            batches = len(both) * batch_of(most)
            assert most - batches - 5 <= let_in <= most + batches + elapsed * most / 60
            # A slow machine may sit out the first waits; each server alone would let in twice as many free tries.
            guesses = itertools.takewhile(lambda status: status != 429, (guessed(server) for server in both * 20))
            assert FREE_TRIES <= len(list(guesses)) < 2 * FREE_TRIES
        finally:
            for server in both:
                server.close()


def let_in_by(servers: Sequence[ServerProcess], key: str, most: int) -> int:
    """How many requests were let in, asked of each server in turn until both refuse."""
    with contextlib.ExitStack() as open_clients:
        clients = [open_clients.enter_context(server.anyone(key)) for server in servers]
        let_in = 0
        for _ in range(10 * most):
            statuses = [client.get("/api/v1/session").status_code for client in clients]
            assert set(statuses) <= {200, 429}
            if 200 not in statuses:
                return let_in
            let_in += statuses.count(200)
    raise AssertionError("nobody was ever refused")


def guessed(server: ServerProcess) -> int:
    """The status of a wrong password."""
    with server.anyone() as client:
        client.headers["X-Loomwork-CSRF"] = "1"
        body = {"email": "ann@example.org", "password": "not hers at all"}
        return client.post("/api/v1/sign-in", json=body).status_code
