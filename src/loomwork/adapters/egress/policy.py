"""Where a request may go: what its URL may look like, and which addresses its host may have.

A URL is parsed once, by the parser of the client that then uses it, so that check and use cannot read it differently.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_address

from yarl import URL

from loomwork.adapters.egress.addresses import is_metadata, is_public
from loomwork.nodes.ports import EgressRefused

PORTS = frozenset({80, 443})
LONGEST_URL = 16_000
LONGEST_HOST = 253
_AUTHORITY = re.compile(r"https?://([^/?#]*)", re.IGNORECASE)
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")
_NO_AUTHORITY = re.compile(r"[\s@%\\]")
_NAME = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*")
_NUMERIC = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)", re.IGNORECASE)

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Target:
    """Where one request goes. `allowed`: the operator vouches for this host and port."""

    url: URL
    host: str
    port: int
    allowed: bool

    @property
    def origin(self) -> tuple[str, str, int]:
        return self.url.scheme, self.host, self.port


class EgressPolicy:
    """`allow` lists internal hosts as `host:port`; `deny` are networks refused beside those that are never public."""

    def __init__(self, *, allow: frozenset[str] = frozenset(), deny: Sequence[Network] = ()) -> None:
        self._allow = frozenset(entry.lower() for entry in allow)
        self._deny = tuple(deny)

    def target(self, text: str) -> Target:
        """Read a URL. Raises `EgressRefused`; an address written as the host is already checked."""
        url = _parsed(text)
        host, port = _host_of(url), url.port
        if port is None:
            raise EgressRefused("The URL names no port that exists.")
        target = Target(url, host, port, self._is_allowed(host, port))
        if not target.allowed and port not in PORTS:
            raise EgressRefused(f"Requests may go to the ports 80 and 443, not to {port} of {host}. {_HOW_TO_ALLOW}")
        if _is_address(host):
            self.check_address(target, host)
        return target

    def target_of(self, host: str, port: int, *, ports: Collection[int]) -> Target:
        """The same for what is spoken to otherwise than by HTTP, on one of these ports where nobody vouches for it."""
        name = host.strip().lower().rstrip(".")
        is_number = _NUMERIC.fullmatch(name.rpartition(".")[2]) is not None
        if not (_is_address(name) or (_NAME.fullmatch(name) and not is_number)) or len(name) > LONGEST_HOST:
            raise EgressRefused("The host is neither a name nor an address in its usual spelling.")
        target = Target(URL(), name, port, self._is_allowed(name, port))
        if not target.allowed and port not in ports:
            known = ", ".join(map(str, sorted(ports)))
            raise EgressRefused(f"Connections go to the ports {known}, not to {port} of {name}. {_HOW_TO_ALLOW}")
        if _is_address(name):
            self.check_address(target, name)
        return target

    def check_address(self, target: Target, address: str) -> None:
        """Raises `EgressRefused` for an address that this target must not have."""
        try:
            found = ip_address(address)
        except ValueError:
            raise EgressRefused(f"{target.host} has an address that cannot be read.") from None
        if is_metadata(found):
            raise EgressRefused(f"{target.host} is the metadata service of a cloud, which no app may ask.")
        if target.allowed:
            return
        if not is_public(found) or any(found in network for network in self._deny):
            raise EgressRefused(f"{target.host} is not on the public internet. {_HOW_TO_ALLOW}")

    def check_lookup(self, host: str, port: int, addresses: Sequence[str]) -> None:
        """The same for all addresses that a name has: one that is refused spoils them all."""
        name = host.lower().rstrip(".")
        target = Target(URL(), name, port, self._is_allowed(name, port))
        for address in addresses:
            self.check_address(target, address)

    def _is_allowed(self, host: str, port: int) -> bool:
        return f"{host}:{port}" in self._allow or f"[{host}]:{port}" in self._allow


_HOW_TO_ALLOW = "Whoever runs this installation can allow it with LOOMWORK_EGRESS_ALLOW."


def _parsed(text: str) -> URL:
    text = text.strip()
    authority = _AUTHORITY.match(text)
    if authority is None:
        raise EgressRefused("The URL must begin with http:// or https:// and name a host.")
    if len(text) > LONGEST_URL or _CONTROLS.search(text):
        raise EgressRefused(f"The URL holds control characters, or more than {LONGEST_URL} characters.")
    if _NO_AUTHORITY.search(authority.group(1)):
        raise EgressRefused("The URL has a user name, a password, or characters that no host name has.")
    try:
        url = URL(text).with_fragment(None)
    except ValueError:
        raise EgressRefused("The URL cannot be read.") from None
    _check_host(authority.group(1), url)
    return url


def _host_of(url: URL) -> str:
    host = (url.raw_host or "").lower().rstrip(".")
    if not host:
        raise EgressRefused("The URL names no host.")
    return host


def _check_host(authority: str, url: URL) -> None:
    """A host is an address or a name. One that is a number in any base, or in digits of another script, must be
    written as an address is.
    """
    host = _host_of(url)
    if authority.startswith("["):
        is_proper = _is_address(host)
    elif _NUMERIC.fullmatch(host.rpartition(".")[2]):
        is_proper = _is_plain_v4(host) and authority.partition(":")[0] == host
    else:
        is_proper = _NAME.fullmatch(host) is not None
    if not is_proper:
        raise EgressRefused("The URL's host is neither a name nor an address in its usual spelling.")


def _is_plain_v4(host: str) -> bool:
    try:
        return str(IPv4Address(host)) == host
    except ValueError:
        return False


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
