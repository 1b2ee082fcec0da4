"""`loomwork workspaces export` and `loomwork end-users` on a data folder."""

import json
import stat
import zipfile
from pathlib import Path

import pytest

from tests.unit.interface.cli.conftest import Cli


@pytest.fixture
def app_id(cli: Cli, greeting: str) -> str:
    return str(cli("import", greeting, "--json").objects[0]["app_id"])


def test_a_workspace_is_taken_out_into_a_new_file_for_its_owner_alone(cli: Cli, app_id: str, tmp_path: Path) -> None:
    file = tmp_path / "all.zip"
    told = cli("workspaces", "export", str(file), "--json")
    assert told.status == 0, told.err
    names = {each["name"] for each in told.objects[0]["manifest"]["files"]}
    assert {"records/apps.jsonl", f"apps/{app_id}/draft.yml"} <= names
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with zipfile.ZipFile(file) as packed:
        assert json.loads(packed.read("records/apps.jsonl"))["id"] == app_id
    assert list(tmp_path.glob("*.partial")) == []


def test_nothing_is_written_over_a_file_that_is_there(cli: Cli, app_id: str, tmp_path: Path) -> None:
    file = tmp_path / "all.zip"
    file.write_text("mine")
    told = cli("workspaces", "export", str(file))
    assert (told.status, file.read_text()) == (2, "mine")
    assert cli("workspaces", "export", str(tmp_path / "nowhere" / "all.zip")).status == 2


def test_an_end_user_is_taken_out_and_away(cli: Cli, app_id: str, tmp_path: Path) -> None:
    taken = cli("end-users", "export", "ann", str(tmp_path / "ann.zip"))
    assert taken.status == 0, taken.err
    assert "their checksums hold" in taken.err
    [erased] = cli("end-users", "erase", "ann", "--yes", "--json").objects
    assert erased["rows"] == {}
    assert "there was nothing" in cli("end-users", "erase", "ann", "--yes").err
    assert cli("end-users", "erase", " ", "--yes").status == 2
