"""Who else on a machine may open what holds secrets."""

import stat
from pathlib import Path

import pytest

from loomwork.bootstrap.private_files import close_to_others
from loomwork.bootstrap.settings import read_settings
from loomwork.bootstrap.workspace import open_workspace


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.anyio
async def test_a_database_that_others_could_open_is_closed_and_its_folder_left_as_it_was(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "data"
    settings = read_settings({"LOOMWORK_DATA": str(folder)})
    async with open_workspace(settings):
        pass
    folder.chmod(0o755)
    (folder / "loomwork.db").chmod(0o644)
    async with open_workspace(settings):
        modes = {path.name: mode(path) for path in folder.iterdir()}
    assert modes == dict.fromkeys(("loomwork.db", "loomwork.db-wal", "loomwork.db-shm", "secret.key"), 0o600)
    assert mode(folder) == 0o755
    assert "now its owner alone can" in caplog.text


def test_what_was_left_beside_a_database_is_closed_too(tmp_path: Path) -> None:
    for name in ("x.db-wal", "x.db-shm"):
        (tmp_path / name).touch(mode=0o644)
        (tmp_path / name).chmod(0o644)
    assert len(close_to_others(tmp_path, tmp_path / "x.db")) == 2
    assert {mode(path) for path in tmp_path.iterdir()} == {0o600}


def test_nothing_is_said_of_files_that_only_their_owner_can_open(tmp_path: Path) -> None:
    (tmp_path / "x.db").touch(mode=0o600)
    assert close_to_others(tmp_path, tmp_path / "x.db") == []


@pytest.mark.parametrize(("folder_mode", "warned"), [
    (0o700, False), (0o755, False), (0o1777, False), (0o770, True), (0o777, True)
])  # fmt: skip
def test_a_folder_that_others_may_write_to_is_warned_of_and_left_alone(
    tmp_path: Path, folder_mode: int, warned: bool
) -> None:
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(folder_mode)
    assert bool(close_to_others(folder, folder / "x.db")) is warned
    assert mode(folder) == folder_mode
    folder.chmod(0o700)


def test_a_folder_that_is_not_there_yet_is_nothing_to_warn_of(tmp_path: Path) -> None:
    assert close_to_others(tmp_path / "new", tmp_path / "new" / "x.db") == []


def test_a_file_of_somebody_else_is_warned_of_and_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "x.db"
    file.touch()
    file.chmod(0o644)
    monkeypatch.setattr("os.geteuid", lambda: file.stat().st_uid + 1)
    [sentence] = close_to_others(tmp_path, file)
    assert "have its owner chmod 600 it" in sentence
    assert mode(file) == 0o644
