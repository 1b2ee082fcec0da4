"""Makes office files and pages of Markdown (CommonMark, with tables)."""

import asyncio
import html
import io
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from loomwork.adapters.tools.builtin.files import file_name, unfenced
from loomwork.adapters.tools.world import ToolWorld
from loomwork.tools.api import ToolInputInvalid
from loomwork.tools.domain.call import ToolCall, ToolResult, file_of

if TYPE_CHECKING:
    from markdown_it.token import Token

__all__ = ["to_docx", "to_html"]

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
LONGEST = 1_000_000
"""Characters of a text."""

_PAGE = (
    '<!DOCTYPE html>\n<html><head><meta charset="utf-8"><title>{title}</title></head>\n<body>\n{body}</body></html>\n'
)


async def to_docx(call: ToolCall, _world: ToolWorld) -> ToolResult:
    """A Word document of the text."""
    content = await asyncio.to_thread(_docx, _tokens(_text(call)))
    name = file_name(call.arguments.get("output_filename", ""), ".docx")
    return ToolResult(files=[file_of(content, name=name, mime_type=DOCX)])


async def to_html(call: ToolCall, _world: ToolWorld) -> ToolResult:
    """A page of the text; HTML that stands in it is shown, and is no part of the page."""
    body = await asyncio.to_thread(_markdown().render, _text(call))
    name = file_name(call.arguments.get("output_filename", ""), ".html")
    page = _PAGE.format(title=html.escape(name.removesuffix(".html")), body=body)
    return ToolResult(page, files=[file_of(page.encode(), name=name, mime_type="text/html")])


def _text(call: ToolCall) -> str:
    text = unfenced(call.arguments["content"])
    if len(text) > LONGEST:
        raise ToolInputInvalid(f"The text has more than {LONGEST} characters.", parameter="content")
    return text


def _markdown() -> Any:
    # Here, because most processes never export anything.
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False}).enable("table")


def _tokens(text: str) -> "Sequence[Token]":
    tokens: Sequence[Token] = _markdown().parse(text)
    return tokens


def _docx(tokens: "Sequence[Token]") -> bytes:
    import docx

    document = docx.Document()
    _Writing(document).write(tokens)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


class _Writing:
    """Goes through the blocks of a text, and writes each as Word has it."""

    def __init__(self, document: Any) -> None:
        self._document = document
        self._lists: list[str] = []
        self._style: str | None = None
        self._rows: list[list[str]] | None = None

    def write(self, tokens: "Sequence[Token]") -> None:
        for token in tokens:
            match token.type:
                case "heading_open":
                    self._style = f"Heading {min(int(token.tag[1:]), 9)}"
                case "heading_close":
                    self._style = None
                case "bullet_list_open":
                    self._lists.append("List Bullet")
                case "ordered_list_open":
                    self._lists.append("List Number")
                case "bullet_list_close" | "ordered_list_close":
                    self._lists.pop()
                case "fence" | "code_block":
                    self._document.add_paragraph(_sound(token.content.rstrip("\n")), style="No Spacing")
                case _:
                    self._rest(token)

    def _rest(self, token: "Token") -> None:
        match token.type:
            case "table_open":
                self._rows = []
            case "tr_open" if self._rows is not None:
                self._rows.append([])
            case "table_close":
                self._table(self._rows or [])
                self._rows = None
            case "inline" if self._rows:
                self._rows[-1].append("".join(text for text, _, _ in _runs(token)))
            case "inline":
                self._paragraph(token)

    def _paragraph(self, token: "Token") -> None:
        style = self._style or (self._lists[-1] if self._lists else None)
        paragraph = self._document.add_paragraph(style=style)
        for text, bold, italic in _runs(token):
            run = paragraph.add_run(_sound(text))
            run.bold, run.italic = bold or None, italic or None

    def _table(self, rows: list[list[str]]) -> None:
        columns = max((len(row) for row in rows), default=0)
        if not columns:
            return
        table = self._document.add_table(rows=0, cols=columns, style="Table Grid")
        for row in rows:
            for cell, text in zip(table.add_row().cells, row, strict=False):
                cell.text = _sound(text)


def _runs(token: "Token") -> Iterator[tuple[str, bool, bool]]:
    """Pieces of a line: the text, and whether it is bold and italic."""
    bold = italic = False
    for child in token.children or ():
        match child.type:
            case "strong_open" | "strong_close":
                bold = child.type == "strong_open"
            case "em_open" | "em_close":
                italic = child.type == "em_open"
            case "softbreak" | "hardbreak":
                yield "\n" if child.type == "hardbreak" else " ", bold, italic
            case _ if child.content:
                yield child.content, bold, italic


def _sound(text: str) -> str:
    """Without the characters that XML has no place for."""
    return "".join(each for each in text if each in "\t\n" or (each >= " " and not "\ud800" <= each <= "\udfff"))
