"""A file of this machine as a file that a flow can be given."""

import base64
import mimetypes
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from loomwork.engine.variables import File
from loomwork.kernel.errors import InvalidInput

LARGEST_IMAGE = 20_000_000
"""Bytes. An image travels inside the request to the model, so there is an end to what makes sense."""


def file_of(path: Path) -> File:
    """The file at a path: an image with its content (a `data:` URL), so that any model can be shown it; all others by
    where they lie. Raises `InvalidInput` where there is none, or an image is too large.
    """
    try:
        size = path.stat().st_size
        if not path.is_file():
            raise InvalidInput(f"{path} is not a file.")
        mime_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        is_image = mime_type.startswith("image/")
        url = _data_url(path, mime_type, size) if is_image else str(path.resolve())
    except (OSError, ValueError) as error:
        raise InvalidInput(f"{path} cannot be read: {_reason(error)}.") from None
    return File(
        type=_kind(mime_type),
        transfer_method="remote_url" if is_image else "local_file",
        url=url,
        name=path.name,
        extension=path.suffix.lower(),
        mime_type=mime_type,
        size=size,
    )


def file_at(url: str) -> File:
    """The file at an address, http or `data:`; what it is follows from its name, or from what the URL says."""
    path = urlsplit(url[:10_000]).path
    named = path.partition(",")[0].partition(";")[0] if url.startswith("data:") else mimetypes.guess_type(path)[0]
    mime_type = named or "application/octet-stream"
    name = "" if url.startswith("data:") else path.rpartition("/")[2]
    extension = Path(name).suffix.lower()
    return File(_kind(mime_type), "remote_url", url=url, name=name, extension=extension, mime_type=mime_type)


def _data_url(path: Path, mime_type: str, size: int) -> str:
    if size > LARGEST_IMAGE:
        raise InvalidInput(f"{path} has {size} bytes; an image may have {LARGEST_IMAGE} at most.")
    return f"data:{mime_type};base64,{base64.b64encode(path.read_bytes()).decode('ascii')}"


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


def _reason(error: OSError | ValueError) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or "its name is no path"
