"""One server for a data folder, and where it is."""

from pathlib import Path

import pytest

from loomwork.bootstrap.data_lock import LOCK_FILE, only_server_of, server_of
from loomwork.kernel.errors import Conflict, InvalidInput

URL = "http://127.0.0.1:8701"


def test_a_server_leaves_its_address_while_it_lives(tmp_path: Path) -> None:
    assert server_of(tmp_path) is None
    with only_server_of(tmp_path) as lock:
        lock.write(URL)
        lock.flush()
        assert server_of(tmp_path) == URL
    assert server_of(tmp_path) is None


def test_an_address_that_a_dead_server_left_behind_does_not_count(tmp_path: Path) -> None:
    (tmp_path / LOCK_FILE).write_text(URL, encoding="utf-8")
    assert server_of(tmp_path) is None
    with only_server_of(tmp_path) as lock:
        lock.write("http://127.0.0.1:8702")
        lock.flush()
        assert server_of(tmp_path) == "http://127.0.0.1:8702"


def test_a_second_server_is_refused_with_the_address_of_the_first(tmp_path: Path) -> None:
    with only_server_of(tmp_path) as lock:
        lock.write(URL)
        lock.flush()
        with pytest.raises(Conflict, match=URL), only_server_of(tmp_path):
            pass


def test_a_data_folder_that_is_a_file_is_refused_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("x", encoding="utf-8")
    with pytest.raises(InvalidInput, match="cannot be used"), only_server_of(tmp_path / "data"):
        pass
