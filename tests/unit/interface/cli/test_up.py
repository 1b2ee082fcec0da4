"""`loomwork up`: a link to open, other commands beside it, and a clean end."""

import shlex
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.unit.interface.cli.conftest import Cli

Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture
def serving(process: Start, port: int) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A server, and what it said when it was ready."""
    server = process("up", "--port", str(port))
    assert server.stdout is not None
    said = ""
    for line in server.stdout:
        said += line.decode()
        if "Press Ctrl-C" in said:
            break
    yield server, said
    server.kill()
    server.communicate()


Serving = tuple[subprocess.Popen[bytes], str]


def test_the_link_it_prints_signs_in(serving: Serving, port: int) -> None:
    _, said = serving
    [link] = [word for word in said.split() if "/sign-in?token=" in word]
    assert link.startswith(f"http://127.0.0.1:{port}/")
    with urlopen(f"http://127.0.0.1:{port}/health") as answer:
        assert answer.status == 200


def test_the_line_that_makes_another_link_can_be_pasted_in_any_folder(serving: Serving, cli: Cli) -> None:
    lines = serving[1].splitlines()
    [line] = [line for line in lines if "keys sign-in-link" in line]
    [folder] = [line.split()[1] for line in lines if line.strip().startswith("Data")]
    assert shlex.split(line)[-4:] == ["keys", "sign-in-link", "--data", folder]
    made = subprocess.run([*shlex.split(line)], cwd="/", check=True, capture_output=True, text=True)
    assert "/sign-in?token=" in made.stdout


def test_commands_work_on_the_folder_of_a_running_server(serving: Serving, cli: Cli, port: int, greeting: str) -> None:
    [imported] = cli("import", greeting, "--publish", "--json").objects
    [made] = cli("keys", "create", "--json").objects
    remote = ("--server", f"http://127.0.0.1:{port}", "--key", made["key"])
    assert [app["id"] for app in cli("apps", "list", "--json", *remote).objects] == [imported["app_id"]]


def test_a_second_server_on_the_folder_is_refused(serving: Serving, cli: Cli) -> None:
    ended = cli("up", "--port", "1")
    assert ended.status == 1
    assert len(ended.err.splitlines()) == 1


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_cleanly_when_asked_to(serving: Serving, environment: dict[str, str], sent: signal.Signals) -> None:
    server, _ = serving
    server.send_signal(sent)
    _, err = server.communicate(timeout=30)
    assert (server.returncode, err.decode()) == (0, "Stopped.\n")
    assert not list(Path(environment["LOOMWORK_DATA"]).glob("*-wal"))
