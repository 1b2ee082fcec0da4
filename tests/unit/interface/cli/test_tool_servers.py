"""`tools servers` on a data folder, with a server of MCP on a real socket."""

from collections.abc import Iterator

import pytest

from tests.unit.adapters.mcp.mcp_server import ECHO, Served, served_apart
from tests.unit.interface.cli.conftest import Cli

SERVERS = ("tools", "servers")


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


def test_what_lets_in_is_piped_in_and_never_stands_on_the_command_line(
    cli: Cli, far: Served, gate: dict[str, str]
) -> None:
    asked = cli(*SERVERS, "add", far.url, "--name", "Far", "--auth", "bearer", **gate)
    assert (asked.status, "Nobody is there to be asked" in asked.err) == (2, True)
    assert cli(*SERVERS, "add", far.url, "--auth", "magic", **gate).status == 2
    assert cli(*SERVERS, "add", "npx some-server", **gate).status == 2
    assert far.requests == []
