"""Reads files from their own URLs, from the web through the gate, from what was uploaded, and from this machine where
that is wanted.
"""

import asyncio
import base64
import binascii
from pathlib import Path
from urllib.parse import unquote_to_bytes

from loomwork.engine.variables import File
from loomwork.kernel.errors import NotFound
from loomwork.kernel.scope import Scope
from loomwork.nodes.ports import (
    Egress,
    EgressFailed,
    EgressLimits,
    EgressRefused,
    EgressRequest,
    FileUnreadable,
    StoredFiles,
)


class FileReader:
    """Implements `FileBytes`. With `stored`, also files that were uploaded, by their ids. With `local`, also files of
    this machine by their path: only for a person at its terminal, never in a server, whose users do not own its files.
    """

    def __init__(self, egress: Egress, *, stored: StoredFiles | None = None, local: bool = False) -> None:
        self._egress = egress
        self._stored = stored
        self._local = local

    async def read(self, scope: Scope, file: File, *, limit: int) -> bytes:
        """See `FileBytes.read`."""
        if file.url or file.related_id is None or self._stored is None:
            content = await self._read(file, limit)
        else:
            content = await _uploaded(scope, file, self._stored, limit)
        if len(content) > limit:
            raise too_large(file, limit)
        return content

    async def _read(self, file: File, limit: int) -> bytes:
        url = file.url or ""
        scheme = url.partition(":")[0].lower()
        if scheme == "data":
            return _inside(file, url, limit)
        if scheme in ("http", "https"):
            return await self._fetched(file, url, limit)
        if not url:
            raise FileUnreadable(f"The file '{file.name}' has no address that it can be read from.")
        if not self._local:
            raise FileUnreadable(f"The file '{file.name}' lies in a place that cannot be read from here.")
        return await asyncio.to_thread(_on_this_machine, file, Path(url), limit)

    async def _fetched(self, file: File, url: str, limit: int) -> bytes:
        try:
            response = await self._egress.fetch(EgressRequest("GET", url), EgressLimits(size=limit))
        except (EgressRefused, EgressFailed) as error:
            raise FileUnreadable(f"The file '{file.name}' cannot be read: {error.message}") from error
        if not 200 <= response.status < 300:
            raise FileUnreadable(f"The file '{file.name}' cannot be read: its server answered {response.status}.")
        return response.body


async def _uploaded(scope: Scope, file: File, stored: StoredFiles, limit: int) -> bytes:
    if file.size > limit:
        raise too_large(file, limit)
    try:
        return await stored.content(scope, str(file.related_id))
    except NotFound:
        raise FileUnreadable(f"The uploaded file '{file.name}' is not kept any more.") from None


def too_large(file: File, limit: int) -> FileUnreadable:
    return FileUnreadable(f"The file '{file.name}' is larger than {limit} bytes.")


def _inside(file: File, url: str, limit: int) -> bytes:
    """What a `data:` URL (RFC 2397) holds."""
    head, comma, payload = url.partition(",")
    if not comma:
        raise FileUnreadable(f"The file '{file.name}' has a data: URL that cannot be read.")
    if not head.lower().endswith(";base64"):
        return unquote_to_bytes(payload)
    if len(payload) * 3 // 4 > limit + 4:
        raise too_large(file, limit)
    try:
        return base64.b64decode(unquote_to_bytes(payload), validate=False)
    except (binascii.Error, ValueError):
        raise FileUnreadable(f"The file '{file.name}' has a data: URL that cannot be read.") from None


def _on_this_machine(file: File, path: Path, limit: int) -> bytes:
    try:
        if not path.is_file():
            raise FileUnreadable(f"There is no file at '{path}' any more.")
        with path.open("rb") as opened:
            return opened.read(limit + 1)
    except (OSError, ValueError):
        raise FileUnreadable(f"The file '{file.name}' cannot be read.") from None
