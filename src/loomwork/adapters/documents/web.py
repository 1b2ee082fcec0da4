"""Pages of the web as documents, through the gate, as their hosts allow robots to read them."""

import re
from collections.abc import Callable, Iterator, Sequence
from html import unescape
from pathlib import PurePosixPath
from urllib.parse import unquote, urldefrag, urljoin, urlsplit
from urllib.robotparser import RobotFileParser

from loomwork.knowledge.domain.errors import DocumentTooLarge, DocumentUnusable
from loomwork.knowledge.ports import DocumentReader, WebPage
from loomwork.nodes.ports import (
    Egress,
    EgressFailed,
    EgressLimits,
    EgressRefused,
    EgressRequest,
    EgressResponse,
    EgressTooLarge,
)

ROBOT = "Loomwork"
LIMITS = EgressLimits(first_byte=20.0, total=60.0, size=15 << 20)
ROBOTS_LIMITS = EgressLimits(first_byte=10.0, total=20.0, size=512 << 10)
"""What of `robots.txt` must be read is 500 KiB (RFC 9309, 2.5)."""

MOST_MAPS = 50
LEAST_MAIN = 200
"""Characters that a main part has at least, or else the whole page is taken."""

HTML = frozenset({"", "text/html", "application/xhtml+xml"})
_LINK = re.compile(r"<a\s[^<>]*?href\s*=\s*[\"']?([^\"'\s<>]{1,2000})", re.IGNORECASE)
_LOCATION = re.compile(r"<loc>\s*(?:<!\[CDATA\[)?\s*([^<>\s\]]{1,2000})", re.IGNORECASE)
_CHARSET = re.compile(r"charset=[\"']?([\w.:-]{1,40})", re.IGNORECASE)
_MAIN = re.compile(r"<(main|article)[\s>]", re.IGNORECASE)


class EgressPageReader:
    """Implements `PageReader`."""

    def __init__(self, egress: Egress, documents: DocumentReader) -> None:
        self._egress = egress
        self._documents = documents

    async def read(self, url: str) -> WebPage:
        """See `PageReader.read`."""
        response = await self._page(url, await self._robots(url))
        media_type = _media_type(response)
        if media_type in HTML:
            content = main_part(_text(response)).encode("utf-8", "replace")
            document = await self._documents.read(content, name=f"{_host(url)}.html", media_type="text/html")
            return WebPage(response.url, document, response.body)
        name = PurePosixPath(unquote(urlsplit(response.url).path)).name
        document = await self._documents.read(response.body, name=name or _host(url), media_type=media_type)
        return WebPage(response.url, document, response.body)

    async def addresses(self, url: str, *, most: int, depth: int = 1) -> Sequence[str]:
        """See `PageReader.addresses`."""
        may_read = await self._robots(url)
        first = await self._page(url, may_read)
        if _is_map(first):
            found = await self._mapped(first, may_read, most)
        else:
            found = await self._linked(url, first, may_read, most, depth)
        if not found:
            raise DocumentUnusable(f"{_host(url)} names no page there that may be read.")
        return found

    async def _mapped(self, first: EgressResponse, may_read: "MayRead", most: int) -> list[str]:
        """The pages of a map, and of the maps that it names, of this host alone (sitemaps.org)."""
        found: dict[str, None] = {}
        maps, seen = [first], {first.url}
        while maps and len(found) < most:
            text = _text(maps.pop(0))
            places = [place for place in _locations(text) if _same_host(place, first.url) and may_read(place)]
            if "<sitemapindex" not in text[:4096]:
                found |= dict.fromkeys(places)
                continue
            for place in places:
                if place not in seen and len(seen) < MOST_MAPS:
                    seen.add(place)
                    maps.append(await self._page(place, may_read))
        return list(found)[:most]

    async def _linked(self, url: str, first: EgressResponse, may_read: "MayRead", most: int, depth: int) -> list[str]:
        found: dict[str, None] = {urldefrag(url).url: None}
        level = [first]
        for step in range(depth):
            reached = [place for page in level for place in _links(page) if may_read(place)]
            fresh = [place for place in dict.fromkeys(reached) if place not in found][: most - len(found)]
            found |= dict.fromkeys(fresh)
            if step + 1 == depth or len(found) >= most:
                break
            level = [page for place in fresh if (page := await self._or_nothing(place, may_read)) is not None]
        return list(found)[:most]

    async def _or_nothing(self, url: str, may_read: "MayRead") -> EgressResponse | None:
        """One page that cannot be had does not keep the others away."""
        try:
            page = await self._page(url, may_read)
        except DocumentUnusable:
            return None
        return page if _media_type(page) in HTML and _same_host(page.url, url) else None

    async def _page(self, url: str, may_read: "MayRead") -> EgressResponse:
        if not may_read(url):
            raise DocumentUnusable(f"{_host(url)} does not want robots to read this page (robots.txt).")
        try:
            response = await self._egress.fetch(_request(url), LIMITS)
        except EgressTooLarge as error:
            raise DocumentTooLarge(error.message) from None
        except (EgressRefused, EgressFailed) as error:
            raise DocumentUnusable(error.message) from None
        if not 200 <= response.status < 300:
            raise DocumentUnusable(f"{_host(url)} answered with status {response.status}.")
        return response

    async def _robots(self, url: str) -> "MayRead":
        """What a host that has no rules says is yes, one that cannot say them no (RFC 9309, 2.3.1)."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise DocumentUnusable("A page has an address that begins with http:// or https://.")
        rules = RobotFileParser()
        try:
            answer = await self._egress.fetch(_request(f"{parts.scheme}://{parts.netloc}/robots.txt"), ROBOTS_LIMITS)
        except EgressRefused as error:
            raise DocumentUnusable(error.message) from None
        except EgressFailed as error:
            raise DocumentUnusable(f"{error.message} Its rules for robots could not be had.") from None
        if answer.status >= 500:
            raise DocumentUnusable(f"{_host(url)} answered with status {answer.status} for its rules for robots.")
        rules.parse(_text(answer).splitlines() if 200 <= answer.status < 300 else [])
        return lambda place: rules.can_fetch(ROBOT, place)


MayRead = Callable[[str], bool]


def main_part(html: str) -> str:
    """Between the first `<main>`, or else `<article>`, and its last end; all where there is none or little in it. The
    head stays, for the title.
    """
    for name in ("main", "article"):
        begin = next((found.start() for found in _MAIN.finditer(html) if found.group(1).lower() == name), -1)
        end = html.lower().rfind(f"</{name}>")
        if 0 <= begin < end - LEAST_MAIN:
            return f"{_head(html)}<body>{html[begin:end]}</body>"
    return html


def _head(html: str) -> str:
    begin = html.lower().find("<title")
    end = html.lower().find("</title>", begin)
    return f"<head>{html[begin:end]}</title></head>" if 0 <= begin < end else ""


def _request(url: str) -> EgressRequest:
    accepted = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    return EgressRequest("GET", url, [("Accept", accepted), ("User-Agent", ROBOT)])


def _host(url: str) -> str:
    return urlsplit(url).hostname or "The page"


def _media_type(response: EgressResponse) -> str:
    return response.headers.get("content-type", "").partition(";")[0].strip().lower()


def _text(response: EgressResponse) -> str:
    said = _CHARSET.search(response.headers.get("content-type", ""))
    try:
        return response.body.decode(said.group(1) if said else "utf-8-sig")
    except (LookupError, ValueError):
        return response.body.decode("utf-8-sig", errors="replace")


def _is_map(response: EgressResponse) -> bool:
    head = response.body[:4096]
    return b"<urlset" in head or b"<sitemapindex" in head


def _locations(text: str) -> Iterator[str]:
    return (unescape(found.group(1)) for found in _LOCATION.finditer(text))


def _links(page: EgressResponse) -> Iterator[str]:
    """Of the same host, without what stands behind `#`."""
    for found in _LINK.finditer(_text(page)):
        try:
            place = urldefrag(urljoin(page.url, unescape(found.group(1)))).url
        except ValueError:  # no address at all
            continue
        if place.startswith(("http://", "https://")) and _same_host(place, page.url):
            yield place


def _same_host(one: str, other: str) -> bool:
    try:
        return urlsplit(one).netloc.lower() == urlsplit(other).netloc.lower()
    except ValueError:
        return False
