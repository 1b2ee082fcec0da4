"""What is the user's own stays so: keys, files, and the door."""

import sqlite3
import stat
from pathlib import Path

import httpx
import pytest

from tests.journeys.conftest import APPS
from tests.journeys.server_process import CommandLine, ServerProcess


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_only_its_owner_can_read_the_data_folder(server: ServerProcess) -> None:
    assert mode_of(server.data) == 0o700
    database = server.data / "loomwork.db"
    assert mode_of(database) == 0o600
    for beside in server.data.glob("loomwork.db-*"):
        assert mode_of(beside) == 0o600, beside


def test_no_secret_stands_in_the_data_folder(server: ServerProcess, owner: httpx.Client) -> None:
    command = server.command
    app = command.done("import", APPS / "chat.yml", "--publish", "--json").json
    secrets = [
        app["api_key"],
        command.done("keys", "create", "--json").json["key"],
        command.done("keys", "create", "--app", app["app_id"], "--json").json["key"],
        server.link.partition("token=")[2],
        owner.cookies["loomwork_session"],
    ]
    with sqlite3.connect(server.data / "loomwork.db") as database:
        database.execute("PRAGMA wal_checkpoint(FULL)")
    database.close()
    kept = b"".join(path.read_bytes() for path in server.data.rglob("*") if path.is_file())
    assert app["app_id"].encode() in kept, "this looks into the right files"
    for secret in secrets:
        bare = secret.partition("-")[2] or secret
        assert bare.encode() not in kept
        assert bare not in server.output.replace(server.link, "")


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80"])
def test_a_foreign_host_is_refused(server: ServerProcess, host: str) -> None:
    for path in ("/", "/health", "/api/v1/session", "/v1/info"):
        answer = httpx.get(f"{server.url}{path}", headers={"Host": host}, trust_env=False)
        assert answer.status_code == 421
        assert answer.json()["error"]["code"] == "host_not_allowed"


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1"])
def test_a_page_of_another_origin_cannot_change_anything(owner: httpx.Client, origin: str) -> None:
    answer = owner.post("/api/v1/apps", json={"starter": "chat"}, headers={"Origin": origin})
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "origin_not_allowed"


def test_a_session_without_the_csrf_header_cannot_change_anything(owner: httpx.Client, server: ServerProcess) -> None:
    with server.anyone() as forged:
        forged.cookies.update(owner.cookies)
        answer = forged.post("/api/v1/apps", json={"starter": "chat"})
    assert answer.status_code == 403


def test_nobody_comes_in_without_a_session_or_key(server: ServerProcess) -> None:
    for key in (None, "lw-guess", "app-guess"):
        with server.anyone(key) as stranger:
            assert stranger.get("/api/v1/apps").status_code == 401
            assert stranger.get("/v1/info").status_code == 401


def test_listening_to_all_of_the_network_is_refused_with_a_sentence(command: CommandLine, tmp_path: Path) -> None:
    for host in ("0.0.0.0", "::", "192.0.2.1"):
        refused = command("up", "--host", host, "--data", tmp_path / "data")
        assert refused.status == 2
        assert "the owner has no password yet" in refused.err
        assert "Traceback" not in refused.err
    assert not (tmp_path / "data").exists()


def test_a_taken_port_is_told_in_a_sentence(server: ServerProcess, command: CommandLine, tmp_path: Path) -> None:
    refused = command("up", "--port", str(server.port), "--data", tmp_path / "data")
    assert refused.status != 0
    assert "Choose another --port" in refused.err
    assert "Traceback" not in refused.err
