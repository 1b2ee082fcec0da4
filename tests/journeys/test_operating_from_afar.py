"""What whoever runs an installation does from another machine: every line goes to the server, none to its folder."""

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.conftest import StartServer
from tests.journeys.server_process import CommandLine, ServerProcess, clean_environment
from tests.openid_server import CLIENT, SECRET, Provider, openid_server

APP = Path(__file__).parent / "apps" / "chat.yml"


class FromAfar:
    """`loomwork ...` on a machine that has the server's address and a key, and nothing else."""

    def __init__(self, server: ServerProcess, folder: Path) -> None:
        self._command = CommandLine(clean_environment(LOOMWORK_DATA=str(folder / "nothing")), folder)
        self._url = server.url

    def __call__(self, key: str, *said: str | Path, status: int = 0) -> tuple[str, str]:
        ended = self._command(*said, "--server", self._url, "--key", key)
        assert ended.status == status, ended
        return ended.out, ended.err


@pytest.fixture
def corp() -> Iterator[Provider]:
    with openid_server() as provider:
        yield provider


def test_providers_of_identity_are_listed_and_tried_from_afar(
    start_server: StartServer, corp: Provider, tmp_path: Path
) -> None:
    provider = {"LABEL": "Corp", "ISSUER": corp.url, "CLIENT_ID": CLIENT, "CLIENT_SECRET": SECRET}
    settings = {f"LOOMWORK_SSO_CORP_{name}": value for name, value in provider.items()}
    server = start_server(LOOMWORK_SSO="corp", LOOMWORK_PUBLIC_URL="https://studio.example.org", **settings)
    afar = FromAfar(server, tmp_path)
    server.command.done("members", "add", "vic@example.org", "--role", "viewer")
    owner, viewer = (_key(server, *said) for said in ([], ["--member", "vic@example.org"]))
    listed, _ = afar(owner, "sso", "list", "--json")
    assert json.loads(listed)["redirect_uri"] == "https://studio.example.org/sign-in/sso/corp/callback"
    assert SECRET not in listed
    _, tried = afar(owner, "sso", "test", "corp")
    assert "come back to https://studio.example.org/sign-in/sso/corp/callback" in tried
    corp.metadata = {"issuer": "https://id.example.org"}
    assert "calls itself" in afar(owner, "sso", "test", status=1)[1]
    assert "installation.manage" in afar(viewer, "sso", "list", status=1)[1]


def test_a_workspace_is_taken_out_and_deleted_from_afar(server: ServerProcess, tmp_path: Path) -> None:
    afar, command = FromAfar(server, tmp_path), server.command
    command.done("workspaces", "create", "Acme")
    command.done("members", "add", "eve@example.org", "--role", "editor", "--workspace", "acme")
    owner = _key(server, "--workspace", "acme")
    editor = _key(server, "--member", "eve@example.org", "--workspace", "acme")
    app_id = json.loads(afar(owner, "import", APP, "--json")[0])["app_id"]
    file = tmp_path / "acme.zip"
    afar(owner, "workspaces", "export", file)
    with zipfile.ZipFile(file) as packed:
        assert json.loads(packed.read("records/apps.jsonl"))["id"] == app_id
    afar(editor, "workspaces", "export", tmp_path / "hers.zip", status=1)
    assert list(tmp_path.glob("hers*")) == []
    afar(editor, "workspaces", "delete", "acme", "--yes", status=1)
    afar(owner, "workspaces", "delete", "amce", "--yes", status=2)
    assert app_id in afar(owner, "apps", "list", "--json")[0]
    assert "Deleted." in afar(owner, "workspaces", "delete", "acme", "--yes")[1]
    afar(owner, "apps", "list", status=1)
    assert "acme" not in command.done("workspaces", "list", "--json").out


def _key(server: ServerProcess, *said: str) -> str:
    return server.command.done("keys", "create", *said).out.strip()
