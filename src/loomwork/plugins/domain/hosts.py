"""Whether a plugin may have a request sent where it says."""

from collections.abc import Sequence
from urllib.parse import urlsplit

PORTS = {"http": 80, "https": 443}


def is_declared(url: str, hosts: Sequence[str]) -> bool:
    """Whether the manifest's `hosts` name where this address leads."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return False
    if parts.scheme not in PORTS or not host or "@" in parts.netloc:
        return False
    return any(_is(host, port or PORTS[parts.scheme], declared) for declared in hosts)


def _is(host: str, port: int, declared: str) -> bool:
    name, _, named_port = declared.partition(":")
    ports = (int(named_port),) if named_port else tuple(PORTS.values())
    if port not in ports:
        return False
    return host.endswith(name[1:]) if name.startswith("*.") else host == name
