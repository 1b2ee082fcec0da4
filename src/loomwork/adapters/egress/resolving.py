"""Names to addresses, every one of which is checked before any of them is connected to."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import IPv6Address, ip_address
from typing import TypeAlias

from aiohttp.abc import AbstractResolver, ResolveResult

from loomwork.adapters.egress.policy import EgressPolicy

Lookup: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]
"""All addresses of a name. Raises `OSError` where it has none."""


async def system_lookup(host: str, port: int) -> list[str]:
    """Ask the system's resolver."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class CheckedResolver(AbstractResolver):
    """What the client connects to is what was checked: it gets these addresses and asks nobody else."""

    def __init__(self, policy: EgressPolicy, lookup: Lookup) -> None:
        self._policy = policy
        self._lookup = lookup

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        addresses = await self._lookup(host, port)
        if not addresses:
            raise OSError(None, "the name has no address")
        self._policy.check_lookup(host, port, addresses)
        return [_result(host, address, port) for address in addresses]

    async def close(self) -> None:
        """There is nothing to close."""


def _result(host: str, address: str, port: int) -> ResolveResult:
    is_v6 = isinstance(ip_address(address), IPv6Address)
    return ResolveResult(
        hostname=host,
        host=address,
        port=port,
        family=socket.AF_INET6 if is_v6 else socket.AF_INET,
        proto=socket.IPPROTO_TCP,
        flags=socket.AI_NUMERICHOST,
    )
