"""A file that was handed in for the form of an app: what it is, how large it may be, and which fields take it."""

import mimetypes
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from loomwork.engine.variables import File, FileType
from loomwork.kernel.errors import LoomworkError
from loomwork.kernel.ids import AppId

MB = 1_000_000

SIZES: Mapping[FileType, int] = {"document": 15, "image": 10, "audio": 25, "video": 25, "custom": 15}
"""How large a file of each kind may be, in MB, whatever an app allows."""

LARGEST = max(SIZES.values()) * MB
LONGEST_NAME = 200
"""Characters."""

ANY_BYTES = "application/octet-stream"
_MEDIA_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,100}/[a-z0-9!#$&^_.+-]{1,100}")
"""RFC 6838, 4.2, without parameters."""

_KINDS: Mapping[FileType, frozenset[str]] = {
    "image": frozenset({"jpg", "jpeg", "png", "webp", "gif", "svg"}),
    "audio": frozenset({"mp3", "m4a", "wav", "amr", "mpga", "ogg", "flac"}),
    "video": frozenset({"mp4", "mov", "mpeg", "webm"}),
    "document": frozenset(
        {"txt", "md", "mdx", "markdown", "pdf", "html", "htm", "xml", "epub", "json", "yaml", "yml", "csv"}
        | {"doc", "docx", "xls", "xlsx", "ppt", "pptx", "eml", "msg"}
    ),
}
"""By what a file's name ends in: as Dify sorts them, and a few more that are read here."""

_SETTINGS: Mapping[FileType, str] = {
    "image": "image_file_size_limit",
    "audio": "audio_file_size_limit",
    "video": "video_file_size_limit",
}


class FileTooLarge(LoomworkError):
    """The file is larger than the app, or the installation, takes it."""

    code = "file_too_large"


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """`size` is in bytes. `uploaded_by` is the actor who did, and the one who may start runs with it."""

    id: str
    app_id: AppId
    name: str
    kind: FileType
    media_type: str
    size: int
    uploaded_by: str
    created_at: datetime

    def as_file(self) -> File:
        """As it flows through a graph."""
        return File(
            type=self.kind,
            transfer_method="local_file",
            related_id=self.id,
            name=self.name,
            extension=ending_with_dot(self.name),
            mime_type=self.media_type,
            size=self.size,
        )


def plain_name(said: str) -> str:
    """The last part of what a client calls a file, without what could break a line or a header."""
    last = PurePosixPath(said.replace("\\", "/")).name
    name = "".join(character for character in last if character.isprintable()).strip()
    if len(name) <= LONGEST_NAME:
        return name or "file"
    ending = ending_with_dot(name)[:20]
    return name[: LONGEST_NAME - len(ending)] + ending


def ending_with_dot(name: str) -> str:
    """`.pdf`, in lower case; empty where there is none."""
    return PurePosixPath(name).suffix.lower()


def media_type_of(name: str, said: str) -> str:
    """What the sender says where that says something, else what the name ends in."""
    if _MEDIA_TYPE.fullmatch(said) and said != ANY_BYTES:
        return said
    return mimetypes.guess_type(name)[0] or ANY_BYTES


def kind_of(name: str, media_type: str) -> FileType:
    """By its name, and by what its sender says it is where the name says nothing."""
    ending = ending_with_dot(name).lstrip(".")
    for kind, endings in _KINDS.items():
        if ending in endings:
            return kind
    match "custom" if ending else media_type.partition("/")[0]:
        case "image":
            return "image"
        case "audio":
            return "audio"
        case "video":
            return "video"
        case "text":
            return "document"
        case _:
            return "document" if not ending and media_type == "application/pdf" else "custom"


def largest(kind: FileType, features: Mapping[str, Any]) -> int:
    """Bytes that a file of this kind may have: as the app says, and no more than the installation takes."""
    upload = features.get("file_upload")
    settings = upload.get("fileUploadConfig") if isinstance(upload, Mapping) else None
    said = settings.get(_SETTINGS.get(kind, "file_size_limit")) if isinstance(settings, Mapping) else None
    if isinstance(said, bool) or not isinstance(said, int | float) or not said > 0:
        return SIZES[kind] * MB
    return int(min(SIZES[kind], said) * MB)


def refusal(types: Sequence[str], extensions: Sequence[str], file: File) -> str | None:
    """Why a field that takes these types does not take a file, as the end of a sentence about the field."""
    if not types or (file.type in types and file.type != "custom"):
        return None
    endings = {f".{each.rpartition('.')[2].lower()}" for each in extensions}
    ending = ending_with_dot(file.name) or file.extension.lower()
    if "custom" in types and (not endings or ending in endings):
        return None
    kinds = [each for each in types if each != "custom"]
    taken = " or ".join([*kinds, *(sorted(endings) if "custom" in types else ())])
    return f"takes files of type {taken} only, which '{file.name}' is not"
