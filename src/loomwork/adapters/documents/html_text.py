"""A web page as Markdown: headings, paragraphs, lists, links and tables, without scripts, styles and pictures."""

import re
from html import unescape
from html.parser import HTMLParser

from loomwork.adapters.documents.tables import markdown_table

UNSEEN = frozenset({"script", "style", "head", "noscript", "template", "svg", "iframe", "object"})
BLOCKS = frozenset(
    {
        "address",
        "article",
        "aside",
        "blockquote",
        "dd",
        "div",
        "dl",
        "dt",
        "figure",
        "footer",
        "form",
        "header",
        "hr",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "ul",
    }
)
TITLE_WITHIN, TITLE_SHOWN = 65_536, 200
_TITLE = re.compile(r"<title[^<>]{0,200}>([^<]{0,1000})<", re.IGNORECASE)
HEADINGS = {f"h{level}": "#" * level + " " for level in range(1, 7)}


def html_to_markdown(html: str) -> str:
    """The visible text. Never raises: what is no HTML is text."""
    page = _Page()
    page.feed(html)
    page.close()
    return page.text()


def title_of_html(html: str) -> str:
    """What stands between the first `<title>` and its end, "" where there is none."""
    found = _TITLE.search(html[:TITLE_WITHIN])
    return " ".join(unescape(found.group(1)).split())[:TITLE_SHOWN] if found else ""


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._blocks: list[str] = []
        self._words: list[str] = []
        self._prefix = ""
        self._unseen = 0
        self._verbatim = 0
        self._rows: list[list[str]] | None = None
        self._link: str | None = None

    def text(self) -> str:
        self._end_block()
        self._end_table()
        return "\n\n".join(self._blocks).strip()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in UNSEEN:
            self._unseen += 1
        elif tag == "body":
            self._unseen = 0  # the end of the head may be left out
        elif tag in HEADINGS or tag == "li":
            self._end_block()
            self._prefix = HEADINGS.get(tag, "- ")
        elif tag == "br":
            self._words.append("\n" if self._rows is None else " ")
        elif tag in ("table", "tr", "td", "th"):
            self._begin_of_table(tag)
        elif tag == "a":
            self._link = dict(attrs).get("href")
        elif tag in BLOCKS:
            self._end_block()
            self._verbatim += tag == "pre"

    def handle_endtag(self, tag: str) -> None:
        if tag in UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        elif tag == "table":
            self._end_table()
        elif tag in ("td", "th"):
            self._end_cell()
        elif tag == "a":
            self._end_link()
        elif tag in HEADINGS or tag == "li" or tag in BLOCKS:
            self._end_block()
            self._verbatim = max(0, self._verbatim - (tag == "pre"))

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self._words.append(data if self._verbatim else _one_spaced(data))

    def _begin_of_table(self, tag: str) -> None:
        if tag == "table":
            self._end_table()
            self._end_block()
            self._rows = []
        elif self._rows is not None and tag == "tr":
            self._end_cell()
            self._rows.append([])
        else:
            self._end_cell()

    def _end_cell(self) -> None:
        if self._rows is None:
            self._end_block()
            return
        text = "".join(self._words).strip()
        if text and not self._rows:
            self._rows.append([])
        if self._rows and (text or self._words):
            self._rows[-1].append(text)
        self._words = []

    def _end_table(self) -> None:
        if self._rows is None:
            return
        self._end_cell()
        rows, self._rows = [row for row in self._rows if row], None
        if rows:
            self._blocks.append(markdown_table(rows))

    def _end_link(self) -> None:
        href, self._link = self._link, None
        if href and href.startswith(("http://", "https://")) and self._words and not self._unseen:
            self._words.append(f" ({href})")

    def _end_block(self) -> None:
        if self._rows is not None:
            self._words.append(" ")
            return
        prefix, self._prefix = self._prefix, ""
        words, self._words = "".join(self._words), []
        lines = [words.strip("\n")] if self._verbatim else [line.strip() for line in words.strip().split("\n")]
        text = "\n".join(lines)
        if not text.strip():
            self._prefix = prefix
        elif prefix == "- " and self._blocks and self._blocks[-1].startswith("- "):
            self._blocks[-1] += f"\n{prefix}{text}"
        else:
            self._blocks.append(f"{prefix}{text}")


def _one_spaced(data: str) -> str:
    """White space as browsers show it: any run of it is one space."""
    words = " ".join(data.split())
    if not words:
        return " " if data else ""
    return f"{' ' if data[0].isspace() else ''}{words}{' ' if data[-1].isspace() else ''}"
