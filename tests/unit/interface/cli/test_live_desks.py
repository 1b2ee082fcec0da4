"""The commands for members, roles, limits and workspaces, spoken to a server that really serves."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest
import uvicorn

from loomwork.bootstrap import monolith
from loomwork.bootstrap.listening import bound_socket
from loomwork.bootstrap.settings import read_settings
from loomwork.bootstrap.workspace import open_workspace
from tests.unit.interface.cli.conftest import Cli, Ended

ADA = "ada@example.org"
PATIENCE = 60.0

Told = Callable[..., Ended]


async def serve(folder: Path, ready: "Future[tuple[str, str, uvicorn.Server]]") -> None:
    settings = read_settings({"LOOMWORK_DATA": str(folder / "data"), "LOOMWORK_CACHE_DIR": str(folder / "cache")})
    async with open_workspace(settings) as workspace:
        key = (await workspace.gatekeeper.create_key(workspace.owner, "workspace")).secret
        server = uvicorn.Server(monolith._config(workspace, settings, "127.0.0.1", "http://127.0.0.1"))
        with bound_socket("127.0.0.1", 0) as listening:
            ready.set_result((f"http://127.0.0.1:{listening.getsockname()[1]}", key, server))
            await server.serve(sockets=[listening])


@pytest.fixture
def live(cli: Cli, tmp_path: Path) -> Iterator[Told]:
    """Run a command against a server of its own, which runs in a thread: a command has its own loop."""
    ready: Future[tuple[str, str, uvicorn.Server]] = Future()
    thread = threading.Thread(target=lambda: asyncio.run(serve(tmp_path, ready)))
    thread.start()
    url, key, server = ready.result(PATIENCE)
    yield lambda *arguments: cli(*arguments, "--server", url, "--key", key)
    server.should_exit = True
    thread.join(PATIENCE)
    assert not thread.is_alive()


def test_members_and_what_they_are_granted_behind_a_server(live: Told, greeting: str) -> None:
    [app] = live("import", greeting, "--json").objects
    assert live("members", "add", ADA, "--role", "viewer").status == 0
    assert live("members", "role", ADA, "operator").status == 0
    [listed] = live("members", "list", "--search", "ADA", "--json").objects
    assert (listed["email"], listed["role"]) == (ADA, "operator")
    assert live("members", "grant", ADA, "Tested", "editor").status == 0
    [granted] = live("members", "grants", "--json").objects
    assert (granted["app_id"], granted["role"]) == (app["app_id"], "editor")
    assert live("members", "ungrant", ADA, "Tested").status == 0
    assert live("members", "grants", "--json").objects == []
    assert live("members", "ungrant", ADA, "Tested").status != 0
    assert live("members", "remove", ADA).status == 0


def test_roles_behind_a_server(live: Told) -> None:
    [made] = live("roles", "create", "Publisher", "--permission", "apps.read", "--json").objects
    [edited] = live("roles", "edit", "publisher", "--name", "Printer", "--json").objects
    assert (edited["id"], edited["name"], edited["permissions"]) == (made["id"], "Printer", ["apps.read"])
    first = live("roles", "list", "--limit", "5", "--json")
    assert f"--after {first.objects[-1]['id']}" in first.err
    assert live("roles", "delete", "Printer").status == 0
    assert live("roles", "delete", "Printer").status != 0


def test_limits_and_the_workspace_itself_behind_a_server(live: Told) -> None:
    [made] = live("limits", "set", "600", "--json").objects
    [again] = live("limits", "set", "700", "--json").objects
    assert (again["id"], again["most"]) == (made["id"], 700)
    assert live("limits", "remove", made["id"]).status == 0
    [renamed] = live("workspaces", "rename", "Acme", "--json").objects
    assert renamed["name"] == "Acme"
    assert "stays with it" in live("workspaces", "rename", "--slug", "acme").err
    assert live("members", "add", ADA, "--role", "admin").status == 0
    assert live("workspaces", "transfer", ADA, "--yes").status == 0
    roles = {each["email"]: each["role"] for each in live("members", "list", "--json").objects}
    assert roles[ADA] == "owner"
