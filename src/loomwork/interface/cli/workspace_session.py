"""Which workspace a command speaks to, and how it gets there."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TypeVar

from loomwork.interface.cli.host import Host
from loomwork.interface.cli.workspace import Workspace
from loomwork.kernel.errors import InvalidInput

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Where:
    """`--data`, or `--server` with `--key`. `makes`: a data folder that is not there yet is made."""

    data: str | None
    server: str | None
    key: str | None
    makes: bool = False


def in_workspace(host: Host, where: Where, work: Callable[[Workspace], Awaitable[T]]) -> T:
    """Do something in the workspace that the options name. Raises `InvalidInput` where they contradict each other."""

    async def open_and_work() -> T:
        async with _workspace(host, where) as workspace:
            return await work(workspace)

    return asyncio.run(open_and_work())


def _workspace(host: Host, where: Where) -> AbstractAsyncContextManager[Workspace]:
    if where.server is None:
        if where.key is not None:
            raise InvalidInput("--key belongs to --server URL; the data folder needs none.")
        return host.workspace(where.data, makes=where.makes)
    if where.data is not None:
        raise InvalidInput("Choose one: --data for the folder, or --server for a server.")
    if where.key is None:
        raise InvalidInput("--server needs --key lw-...; `loomwork keys create` makes one on the server's machine.")
    # Here, because an HTTP client takes longer to import than a command on the data folder takes to run.
    from loomwork.interface.cli.remote_workspace import remote_workspace

    return remote_workspace(where.server, where.key)
