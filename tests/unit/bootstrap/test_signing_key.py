"""The key that an installation signs with."""

from pathlib import Path

import pytest

from loomwork.bootstrap.signing_key import FILE, signing_key
from loomwork.kernel.errors import InvalidInput


def test_the_key_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    key = signing_key(tmp_path)
    assert len(key) == 32
    assert signing_key(tmp_path) == key
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_a_key_that_is_cut_short_is_not_used(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"short")
    with pytest.raises(InvalidInput, match="cut short"):
        signing_key(tmp_path)


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be used"):
        signing_key(tmp_path / "nowhere")
