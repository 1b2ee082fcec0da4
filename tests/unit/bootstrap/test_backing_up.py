"""`loomwork backup` and `loomwork restore`, as a person calls them."""

import gzip
import hashlib
import json
import stat
from pathlib import Path
from typing import Any

import pytest

from loomwork.bootstrap.data_lock import only_server_of
from loomwork.bootstrap.main import CommandHost
from loomwork.interface.cli.app import run_cli

APP = """
app: {name: Greeter, mode: workflow}
workflow:
  graph:
    nodes:
      - {id: start, data: {type: start, title: Start, variables: []}}
      - {id: end, data: {type: end, title: End, outputs: []}}
    edges: [{id: e, source: start, target: end}]
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """An installation with an app, a provider of its own, and a credential's key."""
    data = tmp_path / "old"
    app = tmp_path / "greeter.yml"
    app.write_text(APP)
    assert called("import", str(app), "--data", str(data)) == 0
    provider = data / "catalog" / "providers" / "mine" / "provider.yml"
    provider.parent.mkdir(parents=True)
    provider.write_text("id: mine\n")
    (data / "models").mkdir()
    (data / "models" / "large.gguf").write_bytes(b"weights")
    return data


def called(*arguments: str) -> int:
    return run_cli(CommandHost({"LOOMWORK_LOG_LEVEL": "error"}), arguments)


def listed(data: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    capsys.readouterr()
    assert called("apps", "list", "--json", "--data", str(data)) == 0
    return json.loads(capsys.readouterr().out)


def test_an_installation_is_back_with_its_apps_and_providers(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, new = tmp_path / "today.backup", tmp_path / "new"
    assert called("backup", str(file), "--data", str(data)) == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "not in it" in capsys.readouterr().err
    assert called("restore", str(file), "--data", str(new)) == 0
    assert "1 apps" in capsys.readouterr().err
    assert listed(new, capsys) == listed(data, capsys)
    assert (new / "catalog/providers/mine/provider.yml").read_text() == "id: mine\n"
    assert not (new / "models").exists()
    assert stat.S_IMODE((new / "loomwork.db").stat().st_mode) == 0o600


def test_keys_are_in_a_backup_only_where_they_are_asked_for(data: Path, tmp_path: Path) -> None:
    secret = (data / "secret.key").read_bytes()
    assert called("backup", str(tmp_path / "without"), "--data", str(data)) == 0
    assert called("backup", str(tmp_path / "with"), "--with-keys", "--data", str(data)) == 0
    assert called("restore", str(tmp_path / "without"), "--data", str(tmp_path / "a")) == 0
    assert called("restore", str(tmp_path / "with"), "--data", str(tmp_path / "b")) == 0
    assert not (tmp_path / "a" / "secret.key").exists()
    assert (tmp_path / "b" / "secret.key").read_bytes() == secret
    assert stat.S_IMODE((tmp_path / "b" / "secret.key").stat().st_mode) == 0o600


def test_credentials_are_sealed_anew_by_a_command(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert called("secrets", "rotate", "--json", "--data", str(data)) == 0
    assert json.loads(capsys.readouterr().out) == {"credentials": 0}
    assert called("secrets", "rotate", "--data", str(data / "nowhere")) != 0
    assert "no workspace" in capsys.readouterr().err


def test_neither_command_writes_over_anything(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "today.backup"
    assert called("backup", str(file), "--data", str(data)) == 0
    before = file.read_bytes()
    assert called("backup", str(file), "--data", str(data)) == 1
    assert file.read_bytes() == before
    assert called("restore", str(file), "--data", str(data)) == 1
    assert "already" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["greeter.yml", "old", "today.backup"]


def test_what_cannot_be_done_is_said_in_a_sentence(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad").write_bytes(b"not a backup")
    new = str(tmp_path / "new")
    for arguments, words in (
        (("backup", str(tmp_path / "x"), "--data", new), "no workspace"),
        (("backup", str(tmp_path / "nowhere" / "x"), "--data", str(data)), "cannot be written"),
        (("restore", str(tmp_path / "nothing"), "--data", new), "cannot be read"),
        (("restore", str(tmp_path / "bad"), "--data", new), "no backup"),
    ):
        capsys.readouterr()
        assert called(*arguments) != 0
        said = capsys.readouterr().err
        assert words in said
        assert "Traceback" not in said
    assert not (Path(new) / "loomwork.db").exists()


def test_while_a_server_uses_the_folder_nothing_is_restored_into_it(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, new = tmp_path / "today.backup", tmp_path / "new"
    assert called("backup", str(file), "--data", str(data)) == 0
    with only_server_of(new):
        assert called("restore", str(file), "--data", str(new)) == 1
    assert "uses the data folder" in capsys.readouterr().err


@pytest.mark.parametrize(
    "name",
    ["../evil", "/etc/evil", "catalog/../../evil", "loomwork.db", "catalog", "catalog/..", "", "a\\b", "secret.key/x"],
)
def test_a_file_that_a_backup_may_not_bring_is_not_brought(data: Path, tmp_path: Path, name: str) -> None:
    file, new = tmp_path / "today.backup", tmp_path / "new"
    assert called("backup", str(file), "--data", str(data)) == 0
    *lines, _end = gzip.decompress(file.read_bytes()).splitlines(keepends=True)
    told = b"".join([*lines, json.dumps({"file": name, "content": "eA=="}).encode() + b"\n"])
    end = json.dumps({"end": {}, "files": 1, "sha256": hashlib.sha256(told).hexdigest()}).encode() + b"\n"
    file.write_bytes(gzip.compress(told + end))
    assert called("restore", str(file), "--data", str(new)) == 2
    assert not (tmp_path / "evil").exists()
    assert {path.name for path in new.rglob("*")} <= {"server.lock"}
