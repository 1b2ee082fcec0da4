"""`loomwork doctor`, `loomwork settings` and `loomwork models`."""

import shutil
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from loomwork.interface.cli.examination import Finding, existing, folder, port, python, shared, sqlite
from loomwork.interface.cli.host import Machine
from tests.unit.interface.cli.conftest import Cli

NAMES = [
    "Python",
    "Data folder",
    "Model cache",
    "SQLite",
    "Secret key",
    "Local runtime",
    "Code",
    "Documents",
    "Local model",
    "Providers",
    "Console",
    "Port",
]


def test_every_part_is_examined_and_nothing_is_made(cli: Cli, tmp_path: Path) -> None:
    ended = cli("doctor", "--json")
    assert [found["name"] for found in ended.objects] == NAMES
    assert all(found["status"] == "ok" or found["advice"] for found in ended.objects)
    assert ended.status == int(any(found["status"] == "fail" for found in ended.objects))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_fails_with_advice(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    ended = cli("doctor", "--data", str(tmp_path / "file" / "data"))
    assert ended.status == 1
    assert "Set LOOMWORK_DATA to a folder that can." in ended.out


def test_an_old_python_fails() -> None:
    assert python((3, 10, 1)).status == "fail"
    assert python((3, 11, 0)).status == "ok"


@pytest.mark.parametrize(("free", "status"), [(1, "fail"), (500_000_000, "warn"), (5_000_000_000, "ok")])
def test_space_is_judged_by_what_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, status: str
) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=free))
    assert folder("Data folder", tmp_path / "not" / "yet", "LOOMWORK_DATA").status == status


def test_the_nearest_folder_that_exists_is_looked_at(tmp_path: Path) -> None:
    assert existing(tmp_path / "a" / "b") == tmp_path


def test_an_old_sqlite_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 31, 1))
    assert sqlite(tmp_path).status == "fail"


async def test_a_taken_port_is_a_warning(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        machine = Machine(tmp_path, tmp_path, "127.0.0.1", taken.getsockname()[1], None)
        assert (await port(machine)).status == "warn"
    assert (await port(machine)).status == "ok"


@contextmanager
def answering(body: bytes) -> Iterator[Machine]:
    """Something that listens and gives this answer to whoever asks over HTTP."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        serving = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        serving.start()
        yield Machine(Path(), Path(), "127.0.0.1", server.server_port, None)
        server.shutdown()
        serving.join()


async def test_our_own_server_on_the_port_is_no_trouble() -> None:
    with answering(b'{"status": "ok", "server": "loomwork"}') as machine:
        found = await port(machine)
    assert (found.status, found.advice) == ("ok", "")
    assert "a Loomwork server is running there" in found.message


@pytest.mark.parametrize("body", [b'{"status": "ok"}', b"[]", b"<html>", b"\xff" * 3000])
async def test_a_server_that_is_not_ours_has_taken_the_port(body: bytes) -> None:
    with answering(body) as machine:
        assert (await port(machine)).status == "warn"


def test_settings_are_listed_with_secrets_hidden(cli: Cli) -> None:
    ended = cli("settings", "--json", OPENAI_API_KEY="sk-hunter2")
    lines = {line["name"]: line for line in ended.objects}
    assert (lines["OPENAI_API_KEY"]["value"], lines["OPENAI_API_KEY"]["secret"]) == ("set", True)
    assert lines["LOOMWORK_OPENAI_COMPATIBLE_API_KEY"]["value"] == "not set"
    assert lines["LOOMWORK_PORT"]["value"] == "8700"
    assert "hunter2" not in ended.out + cli("settings", OPENAI_API_KEY="sk-hunter2").out


def test_models_are_listed_with_what_keeps_them_from_answering(cli: Cli) -> None:
    models = {model["id"]: model for model in cli("models", "list", "--json").objects}
    assert models["debug/echo"]["ready"]
    assert models["local/qwen2.5-coder-0.5b"]["weights"] == "absent"
    assert "OPENAI_API_KEY" in models["openai/gpt-4o"]["problem"]


def test_a_model_without_weights_is_not_fetched(cli: Cli) -> None:
    ended = cli("models", "fetch", "debug/echo")
    assert ended.status == 2
    assert "does not run on this machine" in ended.err


def test_a_bug_is_one_line_and_with_debug_its_trace(cli: Cli, greeting: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("something odd")

    monkeypatch.setattr("loomwork.bootstrap.embedded.open_models", broken)
    ended = cli("check", greeting)
    assert (ended.status, ended.out) == (1, "")
    assert len(ended.err.splitlines()) == 1
    assert "LOOMWORK_LOG_LEVEL=debug" in ended.err
    assert "Traceback" in cli("check", greeting, LOOMWORK_LOG_LEVEL="debug").err


def test_help_of_every_command_has_an_example(cli: Cli) -> None:
    commands = [["up"], ["run"], ["check"], ["export"], ["import"], ["settings"], ["doctor"]]
    commands += [["apps", each] for each in ("list", "show", "publish", "export", "delete")]
    commands += [["keys", each] for each in ("create", "list", "revoke", "sign-in-link")]
    commands += [["people", each] for each in ("password", "password-link", "invite", "invitations")]
    commands += [["people", "revoke-invitation"]]
    commands += [["models", each] for each in ("list", "fetch")]
    for command in commands:
        ended = cli(*command, "--help")
        assert ended.status == 0
        assert f"loomwork {' '.join(command)}" in ended.out.partition("Example")[2], command


@pytest.mark.parametrize(("mode", "status"), [(0o700, "ok"), (0o755, "ok"), (0o1777, "ok"), (0o777, "warn")])
def test_a_folder_that_others_may_write_to_could_be_better(tmp_path: Path, mode: int, status: str) -> None:
    tmp_path.chmod(mode)
    assert shared(Finding("Data folder", "ok", "roomy"), tmp_path).status == status
    tmp_path.chmod(0o700)
