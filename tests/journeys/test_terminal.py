"""Every command works beside a running server: on its data folder, and over its API."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import yaml

from tests.journeys.conftest import APPS
from tests.journeys.server_process import CommandLine, Finished, ServerProcess


class Terminal:
    """The command line with what says which workspace is meant."""

    def __init__(self, command: CommandLine, where: Sequence[str]) -> None:
        self._command = command
        self._where = where

    def __call__(self, *arguments: str | Path) -> Finished:
        return self._command.done(*arguments, *self._where)


@pytest.fixture(params=["--data", "--server"])
def terminal(request: pytest.FixtureRequest, server: ServerProcess, command: CommandLine) -> Iterator[Terminal]:
    if request.param == "--data":
        yield Terminal(command, ["--data", str(server.data)])
    else:
        key = server.command.done("keys", "create", "--json").json["key"]
        yield Terminal(command, ["--server", server.url, "--key", key])


def test_an_app_lives_its_life_from_the_terminal(terminal: Terminal, server: ServerProcess, tmp_path: Path) -> None:
    told = terminal("import", APPS / "chat.yml", "--json").json
    assert told["api_key"] is None
    app_id = told["app_id"]
    assert app_id in [app["id"] for app in terminal("apps", "list", "--json").lines]
    assert "Parrot" in terminal("apps", "list").out
    assert terminal("apps", "publish", app_id, "--json").json["version"] == 1

    secret = terminal("keys", "create", "--app", app_id, "--json").json["key"]
    body = {"inputs": {}, "query": "Hi", "user": "ada"}
    with server.anyone(secret) as program:
        assert program.post("/v1/chat-messages", json=body).json()["answer"] == "You said: Hi"
        (said,) = terminal("messages", "list", "--app", app_id, "--environment", "prod", "--json").lines
        assert (said["query"], said["end_user"], said["version"]) == ("Hi", "ada", 1)
        (line,) = terminal("keys", "list", "--app", app_id, "--json").lines
        assert line["last_four"] == secret[-4:]
        terminal("keys", "revoke", line["id"])
        assert program.post("/v1/chat-messages", json=body).status_code == 401

    out = tmp_path / "out.yml"
    terminal("apps", "export", app_id, "-o", out)
    assert yaml.safe_load(out.read_text()) == yaml.safe_load((APPS / "chat.yml").read_text())
    terminal("apps", "delete", app_id, "--yes")
    assert app_id not in [app["id"] for app in terminal("apps", "list", "--json").lines]


def test_a_published_import_hands_over_its_key(terminal: Terminal, server: ServerProcess) -> None:
    told = terminal("import", APPS / "chat.yml", "--publish", "--json").json
    with server.anyone(told["api_key"]) as program:
        assert program.get("/v1/info").json()["name"] == "Parrot"


def test_a_workspace_key_opens_our_own_api(terminal: Terminal, server: ServerProcess) -> None:
    with server.anyone(terminal("keys", "create", "--json").json["key"]) as program:
        assert program.get("/api/v1/session").json()["actor"]["kind"] == "key"


def test_a_refused_file_exits_with_2_and_says_why(server: ServerProcess) -> None:
    refused = server.command("import", APPS / "broken.yml", "--data", server.data)
    assert refused.status == 2
    assert "cycle" in refused.err
    assert "Traceback" not in refused.err


def test_check_tells_of_each_file_and_exits_with_the_worst(server: ServerProcess) -> None:
    checked = server.command("check", APPS / "triage.yml", APPS / "broken.yml", "--json")
    assert checked.status == 2
    good, bad = checked.lines
    assert (good["ok"], good["mode"], good["dsl_version"], good["nodes"]) == (True, "workflow", "0.6.0", 8)
    assert [(problem["level"], problem["code"]) for problem in bad["problems"]] == [("error", "cycle")]


def test_export_writes_an_equal_file(server: ServerProcess, tmp_path: Path) -> None:
    out = tmp_path / "out.yml"
    server.command.done("export", APPS / "triage.yml", "-o", out)
    assert yaml.safe_load(out.read_text()) == yaml.safe_load((APPS / "triage.yml").read_text())


def test_settings_lists_what_holds_here(server: ServerProcess) -> None:
    settings = {line["name"]: line for line in server.command.done("settings", "--json").lines}
    assert settings["LOOMWORK_DEFAULT_MODEL"]["value"] == "debug/echo"
    assert settings["LOOMWORK_DATA"]["value"] == str(server.data)
    assert all(line["meaning"] for line in settings.values())


def test_doctor_finds_the_running_server_in_order(server: ServerProcess) -> None:
    findings = server.command.done("doctor", "--json").lines
    assert findings
    assert all(finding["status"] in ("ok", "warn") for finding in findings), findings
    assert all(finding["message"] for finding in findings)


def test_a_wrong_key_is_told_in_a_sentence(server: ServerProcess, command: CommandLine) -> None:
    refused = command("apps", "list", "--server", server.url, "--key", "lw-wrong")
    assert refused.status != 0
    assert "not valid" in refused.err
    assert "Traceback" not in refused.err


def test_a_sign_in_link_from_the_terminal_opens_the_console(server: ServerProcess) -> None:
    told = server.command.done("keys", "sign-in-link", "--data", server.data).out.strip()
    assert told.startswith(server.url)
    server.link = told
    with server.sign_in() as owner:
        assert owner.get("/api/v1/session").json()["actor"]["kind"] == "person"
