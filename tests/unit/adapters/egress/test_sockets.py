"""Connections that are no HTTP go where the policy lets them, and nowhere else."""

import asyncio

import pytest

from loomwork.adapters.egress import CheckedSockets, EgressPolicy
from loomwork.nodes.ports import EgressFailed, EgressRefused

PORTS = frozenset({587})


def sockets(names: dict[str, list[str]], allow: frozenset[str] = frozenset()) -> CheckedSockets:
    async def lookup(host: str, port: int) -> list[str]:
        if host not in names:
            raise OSError(None, "no such name")
        return names[host]

    return CheckedSockets(EgressPolicy(allow=allow), lookup=lookup)


async def test_a_public_host_has_an_address_on_the_ports_that_are_meant() -> None:
    found = sockets({"mail.example.org": ["93.184.216.34"]})
    assert await found.address(" Mail.Example.ORG. ", 587, ports=PORTS) == "93.184.216.34"
    with pytest.raises(EgressRefused, match="not to 22"):
        await found.address("mail.example.org", 22, ports=PORTS)


@pytest.mark.parametrize(
    ("host", "addresses"),
    [
        ("inside.example.org", ["10.0.0.7"]),
        ("half.example.org", ["93.184.216.34", "127.0.0.1"]),
        ("127.0.0.1", ["127.0.0.1"]),
        ("::1", ["::1"]),
        ("metadata.example.org", ["169.254.169.254"]),
        ("2130706433", ["127.0.0.1"]),
        ("0x7f.1", ["127.0.0.1"]),
        ("a b", ["93.184.216.34"]),
        ("user@host", ["93.184.216.34"]),
        ("", ["93.184.216.34"]),
    ],
)
async def test_a_host_that_is_not_public_is_refused(host: str, addresses: list[str]) -> None:
    with pytest.raises(EgressRefused):
        await sockets({host: addresses}).address(host, 587, ports=PORTS)


async def test_a_name_without_an_address_is_a_failure() -> None:
    with pytest.raises(EgressFailed, match="was not found"):
        await sockets({}).address("nowhere.example.org", 587, ports=PORTS)


async def test_what_the_operator_vouches_for_is_connected_to_on_any_port() -> None:
    async def greet(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"hello")
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    ours = sockets({"db.internal": ["127.0.0.1"]}, allow=frozenset({f"db.internal:{port}"}))
    made = await ours.connected("db.internal", port, ports=PORTS, seconds=10)
    with made:
        assert await asyncio.get_running_loop().sock_recv(made, 5) == b"hello"
    server.close()


async def test_even_an_allowed_name_is_no_way_to_the_metadata_service() -> None:
    ours = sockets({"db.internal": ["169.254.169.254"]}, allow=frozenset({"db.internal:5432"}))
    with pytest.raises(EgressRefused, match="metadata"):
        await ours.address("db.internal", 5432, ports=PORTS)
