"""`tools servers` on a data folder, with a server of MCP on a real socket."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.journeys.server_process import LOOMWORK, CommandLine, clean_environment
from tests.unit.adapters.mcp.authority import Authority
from tests.unit.adapters.mcp.mcp_server import ECHO, Served, served_apart
from tests.unit.interface.cli.conftest import Cli

SERVERS = ("tools", "servers")
ADDRESS = re.compile(r"http://\S+/authorize\S+")


@pytest.fixture
def far() -> Iterator[Served]:
    with served_apart() as server:
        yield server


@pytest.fixture
def gate(far: Served) -> dict[str, str]:
    return {"LOOMWORK_EGRESS_ALLOW": f"127.0.0.1:{far.port}"}


def test_a_server_is_looked_at_added_called_and_removed(cli: Cli, far: Served, gate: dict[str, str]) -> None:
    cli("people", "invite", "ann@example.org")
    assert "There are none" in cli(*SERVERS, "list", **gate).err
    seen = cli(*SERVERS, "add", far.url, "--name", "Far", "--preview", **gate)
    assert (seen.status, "nothing was kept" in seen.err) == (0, True), seen.err
    made = cli(*SERVERS, "add", far.url, "--name", "Far", "--effect", "echo=read", **gate)
    assert (made.status, "Far is 1 tool: mcp.far." in made.err) == (0, True), made.err
    assert "mcp.far/echo" in cli("tools", "list", **gate).out
    assert cli("tools", "call", "mcp.far/echo", "-i", "text=hi", **gate).out == "hi\n"
    [listed] = cli(*SERVERS, "list", "--json", **gate).objects
    assert (listed["name"], [each["standing"] for each in listed["tools"]]) == ("far", ["approved"])
    assert cli(*SERVERS, "remove", "far", **gate).status == 0
    assert cli("tools", "call", "mcp.far/echo", "-i", "text=hi", **gate).status != 0


def test_what_was_changed_there_is_shown_and_approved(cli: Cli, far: Served, gate: dict[str, str]) -> None:
    cli(*SERVERS, "add", far.url, "--name", "Far", **gate)
    assert "All that it offers is approved." in cli(*SERVERS, "refresh", "far", **gate).err
    far.tools = [ECHO | {"description": "Says it \x1b[31m again."}]
    asked = cli(*SERVERS, "refresh", "far", **gate)
    assert "Approve: loomwork tools servers approve far" in asked.err
    assert "\x1b[31m" not in asked.out
    assert "echo" in cli(*SERVERS, "list", **gate).out
    assert cli("tools", "call", "mcp.far/echo", "-i", "text=hi", **gate).status != 0
    approved = cli(*SERVERS, "approve", "far", "echo", **gate)
    assert (approved.status, "approved" in approved.out) == (0, True), approved.err
    assert cli(*SERVERS, "approve", "far", "shout", **gate).status == 2
    assert cli("tools", "call", "mcp.far/echo", "-i", "text=hi", **gate).out == "hi\n"


def test_somebody_signs_in_with_a_browser(far: Served, gate: dict[str, str], tmp_path: Path) -> None:
    far.authority = Authority()
    environment = clean_environment(LOOMWORK_DATA=str(tmp_path / "data"), **gate)
    command = CommandLine(environment, tmp_path)
    added = command.done(*SERVERS, "add", far.url, "--name", "Far", "--auth", "oauth")
    assert "Sign in: loomwork tools servers sign-in far" in added.err
    with subprocess.Popen(
        [*LOOMWORK, *SERVERS, "sign-in", "far"], env=environment, stderr=subprocess.PIPE, text=True
    ) as signing_in:
        assert signing_in.stderr is not None
        said = ""
        while (found := ADDRESS.search(said)) is None:
            line = signing_in.stderr.readline()
            assert line, said
            said += line
        page = httpx.get(found.group(), follow_redirects=True, trust_env=False)
        assert (page.status_code, "You can close this page" in page.text) == (200, True)
        said += signing_in.stderr.read()
    assert (signing_in.returncode, "Signed in to Far." in said) == (0, True), said
    assert "Approve: loomwork tools servers approve far" in said
    command.done(*SERVERS, "approve", "far")
    assert command.done("tools", "call", "mcp.far/echo", "-i", "text=hi").out == "hi\n"


def test_nobody_is_waited_for_for_ever(cli: Cli, far: Served, gate: dict[str, str]) -> None:
    far.authority = Authority()
    cli(*SERVERS, "add", far.url, "--name", "Far", "--auth", "oauth", **gate)
    waited = cli(*SERVERS, "sign-in", "far", "--seconds", "0", **gate)
    assert (waited.status, "begin again" in waited.err) == (2, True)


def test_what_lets_in_is_piped_in_and_never_stands_on_the_command_line(
    cli: Cli, far: Served, gate: dict[str, str]
) -> None:
    asked = cli(*SERVERS, "add", far.url, "--name", "Far", "--auth", "bearer", **gate)
    assert (asked.status, "Nobody is there to be asked" in asked.err) == (2, True)
    assert cli(*SERVERS, "add", far.url, "--auth", "magic", **gate).status == 2
    assert cli(*SERVERS, "add", "npx some-server", **gate).status == 2
    assert far.requests == []
