"""What a document is, by its name, then by its media type, then by how it begins."""

from collections.abc import Mapping
from pathlib import PurePath
from typing import Literal, TypeAlias

Format: TypeAlias = Literal["text", "html", "csv", "vtt"]
"""What is read without further libraries."""

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
    ".eml": "message/rfc822",
    ".msg": "application/vnd.ms-outlook",
}
"""What the extra reads: media types by extension."""

SPECIAL: Mapping[str, Format] = {
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".csv": "csv",
    ".tsv": "csv",
    ".vtt": "vtt",
}
SPECIAL_TYPES: Mapping[str, Format] = {
    "text/html": "html",
    "application/xhtml+xml": "html",
    "text/csv": "csv",
    "text/tab-separated-values": "csv",
    "text/vtt": "vtt",
}
SNIFFED = 4096


def format_of(content: bytes, name: str, mime_type: str) -> Format | str | None:
    """A format of ours, the media type of a document that the extra reads, or None where it is neither."""
    extension = PurePath(name).suffix.lower()
    if extension in SPECIAL or extension in OFFICE:
        return SPECIAL.get(extension) or OFFICE[extension]
    kind = mime_type.partition(";")[0].strip().lower()
    if kind in SPECIAL_TYPES or kind in OFFICE.values():
        return SPECIAL_TYPES.get(kind) or kind
    if content.startswith(b"%PDF-"):
        return OFFICE[".pdf"]
    return "text" if reads_as_text(content) else None


def reads_as_text(content: bytes) -> bool:
    """Whether it begins like text in UTF-8 or UTF-16."""
    head = content[:SNIFFED]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    if b"\x00" in head:
        return False
    try:
        head.decode()
    except UnicodeDecodeError as error:
        return error.start >= SNIFFED - 3
    return True
