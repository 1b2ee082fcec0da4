"""Sockets that send what is small at once."""

import asyncio
import socket

from loomwork.bootstrap.listening import bound_socket


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
