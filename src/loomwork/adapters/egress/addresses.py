"""Which addresses are on the public internet.

`ipaddress.is_global` is not enough: it is true for addresses that carry a private one inside (NAT64, 6to4, Teredo,
ISATAP), for old site-local and multicast ones, and for the metadata service of one cloud. Ranges are those of the IANA
special-purpose registries, embedded addresses those of RFC 3056, 4291, 4380, 5214 and 6052.
"""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address

METADATA: frozenset[Address] = frozenset(
    map(
        ip_address,
        ("169.254.169.254", "169.254.170.2", "100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254"),
    )
)
"""Where clouds hand out the credentials of a machine. Refused even for hosts that are allowed."""

DENIED_V4 = tuple(map(IPv4Network, ("192.0.0.0/24", "192.88.99.0/24", "168.63.129.16/32", "240.0.0.0/4")))
DENIED_V6 = tuple(map(IPv6Network, ("2001::/23", "2001:db8::/32", "3fff::/20")))
GLOBAL_V6 = IPv6Network("2000::/3")
"""All that is given out for use on the internet."""

NAT64 = IPv6Network("64:ff9b::/96")
ISATAP_MARKS = (0x00005EFE, 0x02005EFE)


def is_public(address: Address) -> bool:
    """Whether it, and every address that it carries inside, is on the public internet."""
    if isinstance(address, IPv4Address):
        return _is_public_v4(address)
    embedded = list(embedded_in(address))
    if embedded:
        return all(map(_is_public_v4, embedded))
    return _is_public_v6(address)


def is_metadata(address: Address) -> bool:
    """Whether it is that of a cloud's metadata service, or carries one inside."""
    if address in METADATA:
        return True
    return isinstance(address, IPv6Address) and any(inside in METADATA for inside in embedded_in(address))


def embedded_in(address: IPv6Address) -> Iterator[IPv4Address]:
    """The IPv4 addresses that a packet to this one may end up at."""
    number = int(address)
    if address.ipv4_mapped is not None:
        yield address.ipv4_mapped
    elif address in NAT64:
        yield IPv4Address(number & 0xFFFFFFFF)
    elif address.sixtofour is not None:
        yield address.sixtofour
    elif address.teredo is not None:
        yield from address.teredo
    elif (number >> 32) & 0xFFFFFFFF in ISATAP_MARKS:
        yield IPv4Address(number & 0xFFFFFFFF)


def _is_public_v4(address: IPv4Address) -> bool:
    return address.is_global and not address.is_multicast and not any(address in network for network in DENIED_V4)


def _is_public_v6(address: IPv6Address) -> bool:
    return address in GLOBAL_V6 and address.is_global and not any(address in network for network in DENIED_V6)
