"""Reads feeds: RSS and Atom."""

import asyncio
import html
import re
from collections.abc import Mapping
from typing import Any

from loomwork.adapters.tools.asking import fetched, refused
from loomwork.adapters.tools.world import ToolWorld
from loomwork.nodes.ports import EgressRequest
from loomwork.tools.api import Link, ToolOutputInvalid
from loomwork.tools.domain.call import ToolCall, ToolResult

__all__ = ["read_feed"]

_TAG = re.compile(r"<[^>]{0,2000}>")
LONGEST_SUMMARY = 2000
ACCEPTED = "application/rss+xml, application/atom+xml, */*;q=0.8"


async def read_feed(call: ToolCall, world: ToolWorld) -> ToolResult:
    """The newest entries of a feed."""
    request = EgressRequest(
        "GET", call.arguments["url"], [("Accept", "application/rss+xml, application/atom+xml, */*")]
    )
    response = await fetched(world.egress, request, label="The feed")
    if not 200 <= response.status < 300:
        raise refused(response, label="The feed", said="", let_in=False)
    title, entries = await asyncio.to_thread(_read, response.body)
    entries = entries[: call.arguments["limit"]]
    text = "\n\n".join("\n".join(part for part in _parts(entry) if part) for entry in entries)
    links = [Link(entry["url"], entry["title"]) for entry in entries if entry["url"]]
    return ToolResult(text, json=[{"title": title, "entries": entries}], links=links, marks=frozenset({"web"}))


def _read(content: bytes) -> tuple[str, list[dict[str, str]]]:
    # Here, because most processes never read a feed. It is given bytes: what it is given as a text, it may fetch.
    import feedparser

    feed: Any = feedparser.parse(content, resolve_relative_uris=False, sanitize_html=False)
    if not feed.entries and not feed.version:
        raise ToolOutputInvalid("There is no feed at this address.")
    return _plain(feed.feed.get("title")), [_entry(each) for each in feed.entries]


def _entry(entry: Mapping[str, Any]) -> dict[str, str]:
    url = str(entry.get("link") or "")
    return {
        "title": _plain(entry.get("title")),
        "url": url if url.startswith(("https://", "http://")) else "",
        "published": str(entry.get("published") or entry.get("updated") or ""),
        "summary": _plain(entry.get("summary"))[:LONGEST_SUMMARY],
    }


def _plain(markup: Any) -> str:
    return " ".join(html.unescape(_TAG.sub(" ", str(markup or ""))).split())


def _parts(entry: Mapping[str, str]) -> tuple[str, ...]:
    return entry["title"], entry["published"], entry["summary"], entry["url"]
