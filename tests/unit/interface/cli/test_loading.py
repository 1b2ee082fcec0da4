"""A local model that is being loaded into memory, as whoever runs an app sees it."""

import dataclasses
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from rich.text import Text

from loomwork.bootstrap.embedded import EmbeddedRuntime
from loomwork.bootstrap.main import CommandHost
from loomwork.bootstrap.settings import Settings, read_settings
from loomwork.interface.cli import fetching
from loomwork.interface.cli.app import run_cli
from loomwork.interface.cli.loading import PATIENT_LOOKS, LoadView
from loomwork.interface.cli.screen import Screen
from loomwork.model_gateway.api import LocalModels, WeightsStatus
from tests.unit.interface.cli.conftest import document, end, start, write

LOADED = WeightsStatus("local/small", "ready", "a hub", size=5, fetched=5, licence="Apache-2.0", memory="loaded")
LOADING = dataclasses.replace(LOADED, memory="loading")
LINE = "Loading local/small into memory."


def told(*statuses: WeightsStatus) -> list[str]:
    lines: list[Text] = []
    view = LoadView(Screen(), lines.append)
    for status in statuses:
        view.show(status)
    return [line.plain for line in lines]


def test_a_model_that_takes_long_to_load_is_spoken_of_once() -> None:
    lines = told(*[LOADING] * 50, LOADED)
    assert len(lines) == 1
    assert LINE in lines[0]


def test_a_model_that_is_loaded_in_no_time_is_not_spoken_of() -> None:
    assert told(*[LOADING] * PATIENT_LOOKS, LOADED, *[LOADING] * PATIENT_LOOKS) == []


def test_models_that_load_side_by_side_are_told_apart() -> None:
    other = dataclasses.replace(LOADING, model="local/other")
    lines = told(*[LOADING, other] * (PATIENT_LOOKS + 1))
    assert [line.split()[2] for line in lines] == ["local/small", "local/other"]


class Slow:
    """Local models of which one goes on loading; `seen` once it was looked at long enough."""

    def __init__(self) -> None:
        self.seen = threading.Event()
        self._looks = 0

    async def status(self) -> Sequence[WeightsStatus]:
        self._looks += 1
        if self._looks > 3 * PATIENT_LOOKS:
            self.seen.set()
        return [LOADING]

    async def fetch(self, model: str) -> WeightsStatus:
        return LOADING

    async def wait(self, model: str) -> WeightsStatus:
        return LOADING


class SlowRuntime(EmbeddedRuntime):
    """A runtime whose local models are those."""

    def __init__(self, settings: Settings, slow: Slow) -> None:
        super().__init__(settings)
        self._slow = slow

    @property
    def local_models(self) -> LocalModels:
        return self._slow


class SlowHost(CommandHost):
    def __init__(self, environment: dict[str, str], slow: Slow) -> None:
        super().__init__(environment)
        self._given = read_settings(environment), slow

    @asynccontextmanager
    async def runtime(self) -> AsyncIterator[EmbeddedRuntime]:
        runtime = SlowRuntime(*self._given)
        try:
            yield runtime
        finally:
            await runtime.close()


@pytest.fixture
def slow() -> Slow:
    return Slow()


@pytest.fixture
def place(slow: Slow) -> Iterator[str]:
    """The address of a server that answers when the model was looked at long enough."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            slow.seen.wait(timeout=60)
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        serving.start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()
        serving.join()


@pytest.fixture
def run(
    environment: dict[str, str],
    slow: Slow,
    place: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Callable[..., str]:
    """Run an app that lasts until the model was looked at long enough; what it said on stderr."""
    monkeypatch.setattr(fetching, "LOOK_SECONDS", 0.001)
    ask = {"type": "http-request", "title": "Ask", "method": "get", "url": f"http://{place}/"}
    app = write(tmp_path, "ask.yml", document([start(), ask, end(body=["ask", "body"])]))

    def running(*options: str) -> str:
        host = SlowHost(environment | {"LOOMWORK_EGRESS_ALLOW": place}, slow)
        status = run_cli(host, ("run", app, *options))
        said = capfd.readouterr()
        assert status == 0, said.err
        assert slow.seen.is_set()
        return said.err

    return running


def test_whoever_runs_an_app_is_told_once_what_it_waits_for(run: Callable[..., str]) -> None:
    assert run().count(LINE) == 1


@pytest.mark.parametrize("option", ["--json", "--events"])
def test_programs_are_not_told(run: Callable[..., str], option: str) -> None:
    assert "into memory" not in run(option)
