"""What came back: a text, or a file."""

import base64
import codecs
import mimetypes
import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

from loomwork.engine.ports import NodeError
from loomwork.engine.variables import File
from loomwork.nodes.ports import EgressResponse

LARGEST_TEXT = 1024 * 1024
"""Bytes of an answer that is a text."""

TEXT_SUBTYPES = re.compile(
    r"(?:.*\+)?(?:json|xml|yaml)|x-?yaml|(?:x-)?javascript|ecmascript|graphql|x-www-form-urlencoded|x-ndjson|sql|toml"
)
SNIFFED = 1024
NO_CHARSETS = frozenset({"idna", "punycode", "raw-unicode-escape", "unicode-escape", "utf-7", "undefined"})
"""Encodings that Python knows and no page is written in; some take very long to read."""

_FILE_NAME = re.compile(r"""filename\*?=\s*(?:UTF-8'[^']*')?"?([^";]+)"?""", re.IGNORECASE)
_CHARSET = re.compile(r"""charset\s*=\s*["']?([\w.:-]+)""", re.IGNORECASE)


def outputs_of(response: EgressResponse) -> dict[str, Any]:
    """The node's outputs. Raises `NodeError` for a text that is too large."""
    files = [file_of(response)] if is_file(response) else []
    return {
        "status_code": response.status,
        "body": "" if files else text_of(response),
        "headers": dict(response.headers),
        "files": files,
    }


def is_file(response: EgressResponse) -> bool:
    """By what the server says it is; where that leaves it open, by whether it reads as text."""
    disposition = response.headers.get("content-disposition", "").lower()
    if disposition.startswith("attachment") or "filename" in disposition:
        return True
    main, _, subtype = media_type(response.headers).partition("/")
    if main in ("image", "audio", "video", "font"):
        return True
    if main == "text" or not response.body:
        return False
    if main == "application" and TEXT_SUBTYPES.fullmatch(subtype):
        return False
    return not _reads_as_text(response.body)


def text_of(response: EgressResponse) -> str:
    if len(response.body) > LARGEST_TEXT:
        message = f"The answer is a text of more than {LARGEST_TEXT} bytes."
        raise NodeError(message, code="egress_too_large", retryable=False)
    try:
        return response.body.decode(_charset(response.headers))
    except (LookupError, ValueError):
        return response.body.decode("utf-8-sig", errors="replace")


def file_of(response: EgressResponse) -> File:
    """The bytes as a file that carries them in its URL, since this release keeps files nowhere else."""
    mime_type = media_type(response.headers) or "application/octet-stream"
    name = _name(response, mime_type)
    return File(
        type=_kind(mime_type),
        transfer_method="tool_file",
        url=f"data:{mime_type};base64,{base64.b64encode(response.body).decode('ascii')}",
        name=name,
        extension=PurePosixPath(name).suffix.lower(),
        mime_type=mime_type,
        size=len(response.body),
    )


def media_type(headers: Mapping[str, str]) -> str:
    """`type/subtype`, or empty where the server names none that can be read."""
    said = headers.get("content-type", "").partition(";")[0].strip().lower()
    return said if re.fullmatch(r"[\w.+-]+/[\w.+-]+", said) else ""


def _charset(headers: Mapping[str, str]) -> str:
    """The encoding that the server names, UTF-8 where it names none that pages are written in."""
    said = _CHARSET.search(headers.get("content-type", ""))
    name = "utf-8-sig" if said is None else codecs.lookup(said.group(1)).name
    return "utf-8-sig" if name in ("utf-8", *NO_CHARSETS) else name


def _reads_as_text(body: bytes) -> bool:
    head = body[:SNIFFED]
    if b"\x00" in head:
        return False
    try:
        head.decode()
    except UnicodeDecodeError as error:
        return len(body) > SNIFFED and error.start >= SNIFFED - 3
    return True


def _name(response: EgressResponse, mime_type: str) -> str:
    said = _FILE_NAME.search(response.headers.get("content-disposition", ""))
    path = unquote(said.group(1)) if said is not None else unquote(urlsplit(response.url).path)
    name = PurePosixPath(path.strip().replace("\\", "/")).name
    if "." in name:
        return name
    return f"{name or 'file'}{mimetypes.guess_extension(mime_type) or ''}"


def _kind(mime_type: str) -> Literal["image", "document", "audio", "video", "custom"]:
    match mime_type.partition("/")[0]:
        case "image":
            return "image"
        case "audio":
            return "audio"
        case "video":
            return "video"
        case "text" | "application":
            return "document"
        case _:
            return "custom"
