"""A real server from a clean data folder, a model server to talk to, and a real browser."""

import shutil
import socket
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.journeys.model_server import ModelServer
from tests.journeys.server_process import CommandLine, ServerProcess, clean_environment
from tests.journeys.visitor import Visitor

APPS = Path(__file__).parent / "apps"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")

StartServer = Callable[..., ServerProcess]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def end(running: ServerProcess) -> None:
    """Stop a server; nothing of what it wrote may be a warning of its own making or a trace."""
    running.close()
    complaints = [
        word for word in ("Traceback", "Warning", "Task exception", "never awaited") if word in running.output
    ]
    assert complaints == [], running.output


def a_server(folder: Path, **variables: str) -> ServerProcess:
    """A server that is not started yet; `debug/echo` answers where no model is configured."""
    settings = {"LOOMWORK_DEFAULT_MODEL": "debug/echo", "LOOMWORK_CACHE_DIR": str(folder / "cache")} | variables
    return ServerProcess(folder / "data", free_port(), clean_environment(**settings), folder / "server.log")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server that the tests of a file share; each brings apps of its own."""
    running = a_server(tmp_path_factory.mktemp("server"))
    running.start()
    yield running
    end(running)


@pytest.fixture(scope="module")
def owner(server: ServerProcess) -> Iterator[httpx.Client]:
    """The owner, signed in to `server` by the printed link."""
    with server.sign_in() as client:
        yield client


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[StartServer]:
    """Starts servers of the test's own, each from a clean data folder; further settings are given as keywords."""
    started: list[ServerProcess] = []

    def start(**variables: str) -> ServerProcess:
        folder = tmp_path / f"server-{len(started)}"
        folder.mkdir()
        started.append(a_server(folder, **variables))
        started[-1].start()
        return started[-1]

    yield start
    for running in started:
        end(running)


@pytest.fixture(scope="module")
def shared_model_server() -> Iterator[ModelServer]:
    serving = ModelServer()
    serving.start()
    yield serving
    serving.close()


@pytest.fixture
def model_server(shared_model_server: ModelServer) -> ModelServer:
    """A model server that has heard nothing yet."""
    shared_model_server.forget()
    return shared_model_server


@pytest.fixture(scope="module")
def hosted(tmp_path_factory: pytest.TempPathFactory, shared_model_server: ModelServer) -> Iterator[ServerProcess]:
    """A server that the tests of a file share, whose models say what the model server is told to."""
    running = a_server(tmp_path_factory.mktemp("hosted"), LOOMWORK_OPENAI_COMPATIBLE_URL=shared_model_server.url)
    running.start()
    yield running
    end(running)


@pytest.fixture(scope="module")
def hosted_owner(hosted: ServerProcess) -> Iterator[httpx.Client]:
    """The owner, signed in to `hosted` by the printed link."""
    with hosted.sign_in() as client:
        yield client


@pytest.fixture
def command(tmp_path: Path) -> CommandLine:
    """The command line in a folder with nothing in it."""
    settings = {"LOOMWORK_DEFAULT_MODEL": "debug/echo", "LOOMWORK_CACHE_DIR": str(tmp_path / "cache")}
    return CommandLine(clean_environment(**settings), tmp_path)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The distribution's Chromium. Skips where there is none."""
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        pytest.skip("no Chromium on this machine (`make test` installs it where it may)")
    arguments = ["--no-sandbox", "--disable-background-networking", "--disable-gpu"]
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=program, args=arguments)
        yield launched
        launched.close()


@pytest.fixture
def visitor(browser: Browser, tmp_path: Path) -> Iterator[Visitor]:
    """A person at a browser. At the end nothing may have gone wrong in the page, nor have left this machine."""
    with Visitor.at(browser, tmp_path) as person:
        yield person
        person.check()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show what the servers of a failed test have written."""
    report = yield
    if report.failed:
        for log in sorted(_logs_of(item)):
            report.sections.append((f"server output ({log.parent.name})", log.read_text(errors="replace")))
    return report


def _logs_of(item: pytest.Item) -> set[Path]:
    values = getattr(item, "funcargs", {})
    shared = {value.log for value in values.values() if isinstance(value, ServerProcess)}
    own = values["tmp_path"].glob("server-*/server.log") if "tmp_path" in values else ()
    return {log for log in (*shared, *own) if log.exists()}
