"""The addresses that a document names, and the paths below them."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote, urljoin, urlsplit

from loomwork.adapters.openapi.problems import Broken, listing, mapping
from loomwork.tools.domain.imported_api import is_address

LONGEST = 2_000
MOST_SERVERS = 20
_VARIABLE = re.compile(r"\{([^{}]*)\}")
_NEVER = re.compile(r"[\x00-\x20\x7f\\]")
_SCHEMES = ("https", "wss", "http", "ws")


def servers_of(said: Any, base: str | None) -> list[str]:
    """The addresses of a `servers`, those that cannot be used left out. `base`: where the document itself was."""
    found: list[str] = []
    for server in listing(said, "servers")[:MOST_SERVERS]:
        url = _server(server, base)
        if url is not None and url not in found:
            found.append(url)
    return found


def _server(server: Any, base: str | None) -> str | None:
    if not isinstance(server, Mapping) or not isinstance(server.get("url"), str):
        return None
    variables = mapping(server.get("variables"), "variables")

    def default(place: re.Match[str]) -> str:
        variable = variables.get(place[1])
        said = variable.get("default") if isinstance(variable, Mapping) else None
        return str(said) if isinstance(said, str | int) else place[0]

    return absolute(_VARIABLE.sub(default, server["url"][:LONGEST]), base)


def absolute(url: str, base: str | None) -> str | None:
    """The address itself, or where it leads from the document's; without a slash at its end. None for none."""
    try:
        whole = urljoin(base, url.strip()) if base else url.strip()
    except ValueError:
        return None
    whole = whole.partition("#")[0].partition("?")[0].rstrip("/")
    return whole if is_address(whole) and "{" not in whole else None


def host_servers(tree: Mapping[str, Any], base: str | None) -> list[str]:
    """The addresses of a Swagger 2 document: schemes, a host and a path, each with a default."""
    there = urlsplit(base) if base else None
    host = tree.get("host") if isinstance(tree.get("host"), str) else (there.netloc if there else "")
    if not host:
        return []
    said = [each for each in listing(tree.get("schemes"), "schemes") if each in _SCHEMES]
    schemes = sorted(said, key=_SCHEMES.index) or [there.scheme if there and not tree.get("host") else "https"]
    path = tree["basePath"] if isinstance(tree.get("basePath"), str) else ""
    joined = [absolute(f"{scheme}://{host}/{path.lstrip('/')}", None) for scheme in schemes]
    return [url for url in joined if url is not None]


def checked_path(path: Any) -> str:
    """The path of an operation, with places in braces. Raises `Broken` for one that could lead elsewhere."""
    if not isinstance(path, str) or not path.startswith("/") or len(path) > LONGEST:
        raise Broken("the path does not begin with a slash, or is too long")
    path = path.partition("#")[0]
    if _NEVER.search(path):
        raise Broken("the path has characters that no address has")
    if any(unquote(segment) in (".", "..") for segment in re.split(r"[/?]|%2[fF]", path)):
        raise Broken("the path has a step up in it")
    return quote(path, safe="/{}?&=%:@!$'()*+,;~-._[]")


def places_in(path: str) -> list[str]:
    """The names that stand in braces, in their order."""
    return list(dict.fromkeys(unquote(name) for name in _VARIABLE.findall(path)))
