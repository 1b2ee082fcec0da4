"""One server for a data folder, and a sentence for a folder that cannot be used."""

import asyncio
import socket
from pathlib import Path

import pytest

from loomwork.bootstrap.monolith import LOCK_FILE, bound_socket, only_server_of, open_workspace, server_of
from loomwork.bootstrap.settings import read_settings
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


@pytest.mark.anyio
async def test_a_database_that_is_none_is_refused_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "loomwork.db").write_bytes(b"this is no database" * 100)
    settings = read_settings({"LOOMWORK_DATA": str(tmp_path)})
    with pytest.raises(InvalidInput, match=r"The database .* cannot be used") as refused:
        async with open_workspace(settings):
            pass
    assert "sqlalche" not in refused.value.message


async def test_what_is_accepted_sends_small_answers_without_delay() -> None:
    """Nagle's algorithm would hold the body of every answer back until its head is acknowledged: about 40 ms."""
    accepted: asyncio.Future[asyncio.StreamWriter] = asyncio.get_running_loop().create_future()

    async def accept(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted.set_result(writer)

    with bound_socket("127.0.0.1", 0) as listening:
        async with await asyncio.start_server(accept, sock=listening):
            _, client = await asyncio.open_connection(*listening.getsockname())
            writer = await accepted
            assert writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            for each in (client, writer):
                each.close()
                await each.wait_closed()
