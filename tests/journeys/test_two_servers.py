"""Two servers on one database: a run goes on where one of them has its lease, and has one history."""

import contextlib
import signal
import sqlite3
import sys
import time
from pathlib import Path

from tests.journeys.conftest import APPS, a_server
from tests.journeys.crash_sweep import Follower, owner_key
from tests.journeys.model_server import ModelServer
from tests.journeys.sse_reader import events_in

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
