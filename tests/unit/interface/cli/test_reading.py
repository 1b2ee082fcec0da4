"""Files that people name."""

from pathlib import Path

import pytest

from loomwork.interface.cli.reading import AppFiles, read_bytes
from loomwork.kernel.errors import InvalidInput


@pytest.mark.parametrize("path", ["", "/nowhere/at/all", "/", "bad\0name"])
def test_a_path_that_cannot_be_read_is_refused(path: str) -> None:
    with pytest.raises(InvalidInput, match="cannot be read"):
        read_bytes(path)


def test_an_endless_file_is_refused() -> None:
    with pytest.raises(InvalidInput, match="larger than"):
        read_bytes("/dev/zero")


@pytest.mark.parametrize("given", ["chat", "chta.yml"])
def test_a_file_that_is_nearly_named_is_what_may_have_been_meant(tmp_path: Path, given: str) -> None:
    (tmp_path / "chat.yml").touch()
    (tmp_path / "chat.log").touch()
    with pytest.raises(InvalidInput, match=r"Did you mean .*/chat\.yml\?$"):
        read_bytes(str(tmp_path / given))


def test_a_name_like_no_other_gets_no_proposal(tmp_path: Path) -> None:
    (tmp_path / "chat.yml").touch()
    with pytest.raises(InvalidInput, match=r"No such file or directory\.$"):
        read_bytes(str(tmp_path / "zzz" / "q"))


def test_what_has_the_name_of_an_app_is_told_how_apps_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InvalidInput, match=r"loomwork apps export 'My \$app' \| loomwork run -"):
        AppFiles([]).read("My $app")


def test_a_name_close_to_a_file_is_taken_for_that_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "chat.yml").touch()
    with pytest.raises(InvalidInput, match=r"Did you mean chat\.yml\?$"):
        AppFiles([]).read("chat")


def test_a_file_without_an_ending_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "chat").write_bytes(b"app:")
    assert AppFiles([]).read("chat") == b"app:"
