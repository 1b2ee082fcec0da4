"""Connections that are no HTTP, under the gate's policy: to mail servers and databases."""

import asyncio
import socket
from collections.abc import Collection
from typing import Protocol

from loomwork.adapters.egress.policy import EgressPolicy
from loomwork.adapters.egress.resolving import Lookup, system_lookup
from loomwork.nodes.ports import EgressFailed, EgressTimeout


class Sockets(Protocol):
    """Where else than to the web a tool may connect."""

    async def address(self, host: str, port: int, *, ports: Collection[int]) -> str:
        """An address of this host that may be connected to, which whoever connects has to use in place of the name.
        `ports` are those that hosts of the public internet may be spoken to. Raises `EgressRefused`, `EgressFailed`.
        """
        ...

    async def connected(self, host: str, port: int, *, ports: Collection[int], seconds: float) -> socket.socket:
        """A connection to it. Raises as `address` does."""
        ...


class CheckedSockets:
    """Implements `Sockets`. `lookup` turns names into addresses."""

    def __init__(self, policy: EgressPolicy, *, lookup: Lookup = system_lookup) -> None:
        self._policy = policy
        self._lookup = lookup

    async def address(self, host: str, port: int, *, ports: Collection[int]) -> str:
        """See `Sockets.address`."""
        target = self._policy.target_of(host, port, ports=ports)
        try:
            found = await self._lookup(target.host, port)
        except OSError:
            found = []
        if not found:
            raise EgressFailed(f"{target.host} was not found: its name has no address.")
        for each in found:
            self._policy.check_address(target, each)
        return found[0]

    async def connected(self, host: str, port: int, *, ports: Collection[int], seconds: float) -> socket.socket:
        """See `Sockets.connected`."""
        address = await self.address(host, port, ports=ports)
        made = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
        made.setblocking(False)
        try:
            async with asyncio.timeout(seconds):
                await asyncio.get_running_loop().sock_connect(made, (address, port))
        except TimeoutError:
            made.close()
            raise EgressTimeout(f"{host} did not answer in time.") from None
        except OSError as error:
            made.close()
            raise EgressFailed(f"{host} cannot be reached: {error.strerror or 'no connection'}.") from None
        except BaseException:
            made.close()
            raise
        return made
