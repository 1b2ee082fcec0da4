"""What a document is, by its name, then by its media type, then by how it begins."""

import re
from collections.abc import Mapping
from pathlib import PurePath
from typing import Literal, TypeAlias

Format: TypeAlias = Literal["text", "markdown", "html", "csv", "vtt", "json", "mail"]
"""What is read by ourselves."""

VERBATIM: tuple[Format, ...] = ("text", "markdown", "json")
"""What is text already."""

OFFICE: Mapping[str, str] = {
    ".pdf": "application/pdf",
    ".doc": "application/msword",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".ppt": "application/vnd.ms-powerpoint",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".xls": "application/vnd.ms-excel",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".odt": "application/vnd.oasis.opendocument.text",
    ".ods": "application/vnd.oasis.opendocument.spreadsheet",
    ".rtf": "application/rtf",
    ".epub": "application/epub+zip",
    ".msg": "application/vnd.ms-outlook",
}
IMAGES: Mapping[str, str] = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".bmp": "image/bmp",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".webp": "image/webp",
}
PAGED = frozenset({".pdf", ".xls", ".xlsx", ".ods"})
"""Whose pages, or sheets, are those that a person would count."""

SLIDES = frozenset({".ppt", ".pptx"})

SPECIAL: Mapping[str, Format] = {
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".csv": "csv",
    ".tsv": "csv",
    ".vtt": "vtt",
    ".md": "markdown",
    ".markdown": "markdown",
    ".mdx": "markdown",
    ".json": "json",
    ".jsonl": "json",
    ".eml": "mail",
}
SPECIAL_TYPES: Mapping[str, Format] = {
    "text/html": "html",
    "application/xhtml+xml": "html",
    "text/csv": "csv",
    "text/tab-separated-values": "csv",
    "text/vtt": "vtt",
    "text/markdown": "markdown",
    "application/json": "json",
    "message/rfc822": "mail",
}
BEGINNINGS: Mapping[bytes, frozenset[str]] = {
    b"%PDF-": frozenset({".pdf"}),
    b"PK\x03\x04": frozenset({".docx", ".pptx", ".xlsx", ".odt", ".ods", ".epub"}),
    b"\xd0\xcf\x11\xe0": frozenset({".doc", ".ppt", ".xls", ".msg"}),
    b"{\\rtf": frozenset({".rtf", ".doc"}),
    b"\x89PNG": frozenset({".png"}),
    b"\xff\xd8\xff": frozenset({".jpg", ".jpeg"}),
    b"GIF8": frozenset({".gif"}),
    b"BM": frozenset({".bmp"}),
    b"II*\x00": frozenset({".tif", ".tiff"}),
    b"MM\x00*": frozenset({".tif", ".tiff"}),
    b"RIFF": frozenset({".webp"}),
}
"""How files of these extensions begin."""

SNIFFED = 4096
_PAIRS = re.compile(rb"(?:[\xa1-\xfe]{2})+")
_BY_TYPE = {kind: extension for extension, kind in {**IMAGES, **OFFICE}.items()}


def format_of(content: bytes, name: str, mime_type: str) -> Format | str | None:
    """A format of ours, the extension (with its dot) of what the library reads, or None where it is neither."""
    extension = PurePath(name).suffix.lower()
    if extension in SPECIAL or extension in OFFICE or extension in IMAGES:
        return SPECIAL.get(extension) or extension
    kind = mime_type.partition(";")[0].strip().lower()
    if kind in SPECIAL_TYPES or kind in _BY_TYPE:
        return SPECIAL_TYPES.get(kind) or _BY_TYPE[kind]
    if content.startswith(b"%PDF-"):
        return ".pdf"
    return "text" if reads_as_text(content) else None


def is_what_it_says(content: bytes, kind: str) -> bool:
    """Whether a document of this extension begins like one; what has no certain beginning always does. A PDF may have
    some other bytes before it (ISO 32000, annex H).
    """
    if kind == ".pdf":
        return b"%PDF-" in content[:1024]
    wanted = [beginning for beginning, extensions in BEGINNINGS.items() if kind in extensions]
    return not wanted or content.startswith(tuple(wanted))


def reads_as_text(content: bytes) -> bool:
    """Whether it begins like text in UTF-8, UTF-16 or the writing of Chinese machines."""
    head = content[:SNIFFED]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    if b"\x00" in head:
        return False
    try:
        head.decode()
    except UnicodeDecodeError as error:
        return error.start >= SNIFFED - 3 or is_chinese(head)
    return True


def is_chinese(content: bytes) -> bool:
    """Whether it is text of GB 2312 and its successors: bytes above ASCII stand in pairs there, which in the encodings
    of Europe they hardly do.
    """
    high = sum(byte >= 0x80 for byte in content[:SNIFFED])
    in_pairs = sum(len(found) for found in _PAIRS.findall(content[:SNIFFED]))
    return high > 0 and in_pairs >= high * 0.95
