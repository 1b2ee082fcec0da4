"""A socket that is bound before anything else is opened, and a server on it that stops without losing a run."""

import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import uvicorn

from loomwork.kernel.errors import Conflict

STOP_SECONDS = 10
"""How long open connections may take to end when the server is asked to stop."""


class StoppableServer(uvicorn.Server):
    """A server that says when it has begun to answer, and that lets go of its runs before it closes, so that nobody's
    stream keeps it waiting: a run goes on where the next process takes it up, and its followers ask that one.
    """

    def __init__(
        self, config: uvicorn.Config, announce: Callable[[], Awaitable[None]], stop_runs: Callable[[], Awaitable[None]]
    ) -> None:
        super().__init__(config)
        self._announce = announce
        self._stop_runs = stop_runs

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self._stop_runs()
        await super().shutdown(sockets)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        await self._announce()


@contextmanager
def bound_socket(host: str, port: int) -> Iterator[socket.socket]:
    """A socket bound to the address, before anything else is opened."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named, because asyncio sends small answers without delay on sockets only that say that they are of TCP: otherwise
    # the body of each waits about 40 ms for the acknowledgement of its head.
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((host, port))
        except OSError as error:
            reason = error.strerror or "it cannot be bound"
            raise Conflict(f"Cannot listen on {host}:{port} ({reason}). Choose another --port.") from error
        yield listening


def local_url(host: str, port: int) -> str:
    """Where this machine reaches a server that listens there."""
    name = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared with, never bound to
    return f"http://{f'[{name}]' if ':' in name else name}:{port}"
