"""Runs under followers that never give up, and what must be true of them after any number of crashes.

`python -m tests.journeys.crash_sweep --kills 200` kills a server so many times under load, and prints the figures.
"""

import argparse
import contextlib
import random
import sqlite3
import statistics
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from loomwork.adapters.storage.sql import json_text
from tests.journeys.conftest import a_server
from tests.journeys.effects import Effect, EffectsServer, mixed_apps
from tests.journeys.model_server import ModelServer
from tests.journeys.server_process import ServerProcess
from tests.journeys.sse_reader import events_in, streamed

PATIENCE = 120.0
"""Seconds in which runs that nothing disturbs any more have to end, on the slowest machine."""

TERMINAL = frozenset({"run_succeeded", "run_failed", "run_stopped", "run_partially_succeeded"})
AWAY = (httpx.TransportError, httpx.HTTPStatusError)
"""What a client meets while the server is dead, or is dying."""


def owner_key(server: ServerProcess) -> str:
    key: str = server.command.done("keys", "create", "--json").json["key"]
    return key


@dataclass
class Follower:
    """A client that follows one run, comes back whenever its connection breaks, and answers what the run asks."""

    server: ServerProcess
    key: str
    run_id: str
    heard: list[Any] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)
    given_up: threading.Event = field(default_factory=threading.Event)
    told_at: float = 0.0

    def start(self) -> "Follower":
        threading.Thread(target=self._follow, daemon=True).start()
        return self

    def _follow(self) -> None:
        with self.server.anyone(self.key) as client:
            while not self.ended.is_set() and not self.given_up.is_set():
                with contextlib.suppress(*AWAY):
                    self._follow_once(client)
                time.sleep(0.1)

    def _follow_once(self, client: httpx.Client) -> None:
        after = self.heard[-1]["seq"] if self.heard else 0
        with client.stream("GET", f"/api/v1/runs/{self.run_id}/events", params={"after": after}) as response:
            response.raise_for_status()
            if self._is_asked():
                self._answer()
            for event in streamed(response):
                self.heard.append(event)
                self.told_at = time.monotonic()
                if event["type"] in TERMINAL:
                    self.ended.set()
                if event["type"] == "run_paused":
                    self._answer()

    def _is_asked(self) -> bool:
        asked = Counter(event["type"] for event in self.heard)
        return asked["input_required"] > asked["input_received"]

    def _answer(self) -> None:
        asked = next(event for event in reversed(self.heard) if event["type"] == "input_required")
        body = {"node_id": asked["node_id"], "action": "go", "values": {"note": "Fine."}}
        with self.server.anyone(self.key) as client, contextlib.suppress(*AWAY):
            client.post(f"/api/v1/runs/{self.run_id}/answers", json=body)


@dataclass
class Load:
    """A server with runs on it, and what each client has heard."""

    server: ServerProcess
    effects: EffectsServer
    key: str
    followers: dict[str, Follower] = field(default_factory=dict)

    def import_app(self, text: str) -> str:
        with self.server.anyone(self.key) as client:
            app_id: str = client.post("/api/v1/apps", json={"document": text}).raise_for_status().json()["id"]
            return app_id

    def begin(self, app_id: str) -> None:
        """Start a run, and follow it. The server may die before it has answered."""
        with self.server.anyone(self.key) as client, contextlib.suppress(*AWAY):
            answer = client.post("/api/v1/runs", json={"app_id": app_id, "inputs": {}}).raise_for_status()
            self.follow(answer.json()["id"])

    def follow(self, run_id: str) -> Follower:
        if run_id not in self.followers:
            self.followers[run_id] = Follower(self.server, self.key, run_id).start()
        return self.followers[run_id]

    @property
    def going(self) -> int:
        return sum(not follower.ended.is_set() for follower in self.followers.values())

    def finish(self) -> None:
        """Wait until every run has ended, those included whose start was never answered."""
        with self.server.anyone(self.key) as client:
            for run_id in _all_runs(client):
                self.follow(run_id)
        deadline = time.monotonic() + PATIENCE
        for follower in self.followers.values():
            assert follower.ended.wait(max(0.0, deadline - time.monotonic())), (follower.run_id, follower.heard[-3:])

    def close(self) -> None:
        for follower in self.followers.values():
            follower.given_up.set()

    def stored(self) -> "Stored":
        """What a dead server has left in its database."""
        with contextlib.closing(sqlite3.connect(self.server.data / "loomwork.db")) as database:
            rows = database.execute("select run_id, events from run_events order by run_id, first_seq").fetchall()
        logs: dict[str, list[Any]] = {}
        for run_id, text in rows:
            logs.setdefault(run_id, []).extend(json_text.decode(text))
        done = {effect: len(keys) for effect, keys in self.effects.asked().items() if _has_succeeded(logs, effect)}
        return Stored(logs, done)

    def check(self, before: Sequence["Stored"]) -> None:
        """Every run has one history: nothing that anybody has seen or stored is gone or otherwise, nothing that had
        ended was done again, and what was done again says so by its key.
        """
        with self.server.anyone(self.key) as client:
            logs = {run_id: _log(client, run_id) for run_id in self.followers}
            statuses = {run_id: client.get(f"/api/v1/runs/{run_id}").json()["status"] for run_id in self.followers}
        assert set(statuses.values()) <= {"succeeded"}, statuses
        for run_id, log in logs.items():
            assert self.followers[run_id].heard == log, run_id
            check_history(run_id, log)
        asked = self.effects.asked()
        for stored in before:
            for run_id, events in stored.logs.items():
                assert logs[run_id][: len(events)] == events, run_id
            again = {effect for effect, times in stored.done.items() if len(asked[effect]) != times}
            assert not again, f"done again after their end was stored: {again}"
        for effect, keys in asked.items():
            assert "" not in keys, effect
            assert len(set(keys)) == 1, f"one effect under several keys: {effect}"
            assert len(keys) <= attempts_at(logs[effect.run], effect), effect
        assert len({keys[0] for keys in asked.values()}) == len(asked), "one key for several effects"


@dataclass(frozen=True)
class Stored:
    """The events of each run, and how often each effect was asked for whose success is among them."""

    logs: Mapping[str, list[Any]]
    done: Mapping[Effect, int]


def _all_runs(client: httpx.Client) -> Iterator[str]:
    cursor: str | None = ""
    while cursor is not None:
        page = client.get("/api/v1/runs", params={"limit": 100, **({"cursor": cursor} if cursor else {})})
        yield from (run["id"] for run in page.raise_for_status().json()["data"])
        cursor = page.json().get("next_cursor")


def _log(client: httpx.Client, run_id: str) -> list[Any]:
    return [event.data for event in events_in(client.get(f"/api/v1/runs/{run_id}/events").content)]


def check_history(run_id: str, log: Sequence[Any]) -> None:
    """One sequence without a gap, one beginning, one end, and no node that ends twice or goes on after its end."""
    assert [event["seq"] for event in log] == list(range(1, len(log) + 1)), run_id
    assert [event["type"] for event in log].count("run_started") == 1, run_id
    assert [event["type"] in TERMINAL for event in log] == [False] * (len(log) - 1) + [True], run_id
    over: set[tuple[str, str]] = set()
    for event in log:
        place = (str(event["node_id"]), str(event["frame"]))
        if event["type"] in ("node_started", "node_retrying", "node_succeeded"):
            assert place not in over, (run_id, event)
        if event["type"] == "node_succeeded":
            over.add(place)


def _is_of(event: Mapping[str, Any], effect: Effect) -> bool:
    """An effect of a round names its item; which round that is, the list says."""
    rounds = [str(event["frame"][-1][1])] if event["frame"] else [""]
    return event["node_id"] == effect.node and rounds == [str("abcdef".index(effect.item)) if effect.item else ""]


def _has_succeeded(logs: Mapping[str, Sequence[Any]], effect: Effect) -> bool:
    return any(event["type"] == "node_succeeded" and _is_of(event, effect) for event in logs.get(effect.run, ()))


def attempts_at(log: Sequence[Any], effect: Effect) -> int:
    return sum(event["type"] in ("node_started", "node_retrying") and _is_of(event, effect) for event in log)


@dataclass
class Figures:
    """What a sweep has counted. Times in seconds, from the start of a process to the first new event of any run."""

    kills: int = 0
    runs: int = 0
    events: int = 0
    effects: int = 0
    asked_again: int = 0
    resumed: list[float] = field(default_factory=list)

    def __str__(self) -> str:
        took = sorted(self.resumed) or [0.0]
        return (
            f"{self.kills} kills, {self.runs} runs, {self.events} events, {self.effects} effects; "
            f"completed nodes run twice: 0; events lost or doubled: 0; "
            f"in flight at a kill and asked again with the same key: {self.asked_again}; "
            f"start to first new event: median {statistics.median(took):.2f} s, "
            f"p99 {took[min(len(took) - 1, int(len(took) * 0.99))]:.2f} s"
        )


def sweep(server: ServerProcess, effects: EffectsServer, *, kills: int, at_once: int, seed: int) -> Figures:
    """Kill a server again and again while so many runs go on it. Raises `AssertionError` where something is lost, or
    done twice.
    """
    chance = random.Random(seed)
    figures = Figures(kills=kills)
    server.start()
    load = Load(server, effects, owner_key(server))
    apps = [load.import_app(text) for text in mixed_apps(effects.place)]
    before: list[Stored] = []
    try:
        for kill in range(kills):
            for _ in range(at_once - load.going):
                load.begin(apps[len(load.followers) % len(apps)])
            time.sleep(chance.uniform(0.0, 0.6))
            server.kill()
            before.append(load.stored())
            began = time.monotonic()
            server.start()
            figures.resumed += _resumed(load, began)
            # Checking each against the end is enough, and the last ones hold all that the first ones do.
            before = before[-3:] if kill % 10 else before
        load.finish()
        load.check(before)
    finally:
        load.close()
    asked = effects.asked()
    figures.runs, figures.effects = len(load.followers), len(asked)
    figures.events = sum(len(follower.heard) for follower in load.followers.values())
    figures.asked_again = sum(len(keys) - 1 for keys in asked.values())
    return figures


def _resumed(load: Load, began: float) -> list[float]:
    """After how long the first run went on; nothing where none does, as all of them wait for a person."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        told = [follower.told_at for follower in list(load.followers.values()) if follower.told_at > began]
        if told:
            return [min(told) - began]
        if not load.going:
            return []
        time.sleep(0.01)
    return []


def main() -> None:
    """Print the figures of one sweep."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--at-once", type=int, default=20)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    model, effects = ModelServer(), EffectsServer()
    model.start()
    effects.start()
    model.says(*(f"word{number} " for number in range(20)), pause=0.02)
    with tempfile.TemporaryDirectory() as folder:
        server = swept_server(Path(folder), effects, model)
        print(f"seed {options.seed}", flush=True)
        try:
            print(sweep(server, effects, kills=options.kills, at_once=options.at_once, seed=options.seed))
        finally:
            server.close()
            effects.close()
            model.close()


def swept_server(folder: Path, effects: EffectsServer, model: ModelServer) -> ServerProcess:
    """A server whose apps may have effects, and whose model says what the model server says."""
    given = {"LOOMWORK_EGRESS_ALLOW": effects.place, "LOOMWORK_OPENAI_COMPATIBLE_URL": model.url}
    # The deaths are no run's fault here, so none is to be given up for them.
    return a_server(folder, LOOMWORK_RUN_DEATHS="1000000", **given)


if __name__ == "__main__":
    main()
