"""Blocks out of the formats that need no library."""

import csv
import io
import re
from collections.abc import Iterable
from typing import assert_never

from loomwork.adapters.documents.blocks import blocks_of_markdown, blocks_of_text
from loomwork.adapters.documents.formats import Format, is_chinese
from loomwork.adapters.documents.html_text import html_to_markdown, title_of_html
from loomwork.adapters.documents.mails import parsed_mail
from loomwork.adapters.documents.records import blocks_of_json
from loomwork.adapters.documents.tables import markdown_table
from loomwork.knowledge.domain.parsed import Block, ParsedDocument

DELIMITERS = ",;\t|"
_VOICE = re.compile(r"<v(?:\.[^ >]*)?\s+([^>]*)>")
_TAG = re.compile(r"<[^>]*>")


def parsed_as(kind: Format, content: bytes) -> ParsedDocument:
    """The blocks of the content, and the title that it gives itself."""
    if kind == "mail":
        return parsed_mail(content)
    text = decoded(content)
    match kind:
        case "text":
            return ParsedDocument(blocks_of_text(text))
        case "markdown":
            return ParsedDocument(blocks_of_markdown(text))
        case "html":
            return ParsedDocument(blocks_of_markdown(html_to_markdown(text)), title=title_of_html(text))
        case "csv":
            table = csv_to_markdown(text)
            return ParsedDocument([Block("table", table)] if table else [])
        case "vtt":
            said = vtt_to_text(text)
            return ParsedDocument([Block("text", said)] if said else [])
        case "json":
            return ParsedDocument(blocks_of_json(text))
        case _:
            assert_never(kind)


def decoded(content: bytes) -> str:
    """UTF-8 or UTF-16 by their marks, else UTF-8, else GB 18030 where it looks like it, else the encoding that has a
    character for every byte.
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("gb18030" if is_chinese(content) else "cp1252", errors="replace")


def csv_to_markdown(text: str) -> str:
    """The first row is the head of the table. What separates columns is what the first line has most of."""
    csv.field_size_limit(max(csv.field_size_limit(), len(text) + 1))
    first = text.partition("\n")[0]
    delimiter = max(DELIMITERS, key=first.count)
    rows = [row for row in csv.reader(io.StringIO(text), delimiter=delimiter) if any(cell.strip() for cell in row)]
    return markdown_table(rows)


def vtt_to_text(text: str) -> str:
    """What is said in subtitles (WebVTT); lines that one speaker says after another are joined under the name."""
    spoken: list[tuple[str, str]] = []
    for block in re.split(r"\n\s*\n", text.replace("\r\n", "\n")):
        lines = block.strip().split("\n")
        timing = next((place for place, line in enumerate(lines) if "-->" in line), None)
        if timing is None:
            continue
        for speaker, words in _said(lines[timing + 1 :]):
            if spoken and spoken[-1][0] == speaker:
                spoken[-1] = (speaker, f"{spoken[-1][1]} {words}")
            else:
                spoken.append((speaker, words))
    return "\n".join(f"{speaker}: {words}" if speaker else words for speaker, words in spoken)


def _said(lines: Iterable[str]) -> Iterable[tuple[str, str]]:
    speaker = ""
    for line in lines:
        voice = _VOICE.search(line)
        speaker = voice.group(1).strip() if voice is not None else speaker
        words = _TAG.sub("", line).strip()
        if words:
            yield speaker, words
