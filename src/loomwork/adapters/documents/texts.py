"""Text out of the formats that need no library: as it is, or as Markdown where the format has structure."""

import csv
import io
import re
from collections.abc import Iterable

from loomwork.adapters.documents.formats import Format
from loomwork.adapters.documents.html_text import html_to_markdown
from loomwork.adapters.documents.tables import markdown_table

DELIMITERS = ",;\t|"
_VOICE = re.compile(r"<v(?:\.[^ >]*)?\s+([^>]*)>")
_TAG = re.compile(r"<[^>]*>")


def text_as(kind: Format, content: bytes) -> str:
    """The content as text."""
    text = decoded(content)
    match kind:
        case "text":
            return text
        case "html":
            return html_to_markdown(text)
        case "csv":
            return csv_to_markdown(text)
        case "vtt":
            return vtt_to_text(text)


def decoded(content: bytes) -> str:
    """UTF-8 or UTF-16 by their marks, else UTF-8, else the encoding that has a character for every byte."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


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
