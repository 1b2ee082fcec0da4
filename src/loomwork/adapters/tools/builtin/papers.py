"""Searches arXiv, whose answers are Atom."""

import asyncio
import re
from typing import Any
from urllib.parse import urlencode

from loomwork.adapters.tools.asking import fetched, refused
from loomwork.adapters.tools.world import ToolWorld
from loomwork.nodes.ports import EgressRequest
from loomwork.tools.api import Link, ToolOutputInvalid, ToolRefused
from loomwork.tools.domain.call import ToolCall, ToolResult

__all__ = ["search_papers"]

ADDRESS = "https://export.arxiv.org/api/query"
_ID = re.compile(r"(?:arxiv:)?(\d{4}\.\d{4,5}(?:v\d+)?|[a-z-]+(?:\.[A-Z]{2})?/\d{7}(?:v\d+)?)", re.IGNORECASE)
_FIELD = re.compile(r"\b(?:ti|au|abs|co|jr|cat|rn|id|all):")
LONGEST_QUERY = 300


async def search_papers(call: ToolCall, world: ToolWorld) -> ToolResult:
    """The papers that fit best."""
    query = " ".join(call.arguments["query"].split())[:LONGEST_QUERY]
    url = f"{ADDRESS}?{urlencode(_asked(query) | {'start': 0, 'max_results': call.arguments['limit']})}"
    response = await fetched(world.egress, EgressRequest("GET", url), label="arXiv")
    if not 200 <= response.status < 300:
        raise refused(response, label="arXiv", said="", let_in=False)
    papers = await asyncio.to_thread(_read, response.body)
    text = "\n\n".join(_written(paper) for paper in papers) or "No papers were found."
    links = [Link(paper["url"], paper["title"]) for paper in papers if paper["url"]]
    return ToolResult(text, json=[{"papers": papers}], links=links, marks=frozenset({"web"}))


def _asked(query: str) -> dict[str, Any]:
    paper = _ID.fullmatch(query)
    if paper is not None:
        return {"id_list": paper[1]}
    words = re.sub(r'[()"]', " ", query).split()
    return {"search_query": query if _FIELD.search(query) else " AND ".join(f"all:{word}" for word in words)}


def _read(content: bytes) -> list[dict[str, Any]]:
    # Here, because most processes never read a feed. It is given bytes: what it is given as a text, it may fetch.
    import feedparser

    feed: Any = feedparser.parse(content, resolve_relative_uris=False, sanitize_html=False)
    if not feed.version:
        raise ToolOutputInvalid("arXiv answered with something that is no feed.")
    papers = [_paper(entry) for entry in feed.entries]
    # The manual: an error is an entry of this title, with status 200.
    if len(papers) == 1 and papers[0]["title"] == "Error":
        raise ToolRefused(f"arXiv refuses: {papers[0]['summary'][:300]}")
    return papers


def _paper(entry: Any) -> dict[str, Any]:
    url = str(entry.get("id") or "")
    return {
        "title": _plain(entry.get("title")),
        "authors": [_plain(author.get("name")) for author in entry.get("authors", ())],
        "published": str(entry.get("published") or "")[:10],
        "summary": _plain(entry.get("summary")),
        "url": url if url.startswith(("https://", "http://")) else "",
    }


def _plain(text: Any) -> str:
    return " ".join(str(text or "").split())


def _written(paper: dict[str, Any]) -> str:
    authors = ", ".join(paper["authors"])
    return f"Published: {paper['published']}\nTitle: {paper['title']}\nAuthors: {authors}\nSummary: {paper['summary']}"
