"""Writing an archive piece by piece: no more of it is in memory than what was written since it was last taken."""

import hashlib
import json
import zipfile
import zlib
from collections.abc import Mapping
from datetime import datetime
from typing import IO, Any, cast

from loomwork.kernel.errors import InvalidInput
from loomwork.tenancy.domain.takeout import FORMAT, MANIFEST, VERSION

_READ = 1 << 20


class BadArchive(InvalidInput):
    """The file is no archive of ours, or not the whole one that was made."""

    code = "archive_unreadable"


class ArchiveWriter:
    """A ZIP file whose bytes are taken as they come. A file in it is begun, written and ended before the next."""

    def __init__(self, made_at: datetime) -> None:
        self._pieces = _Pieces()
        self._zip = zipfile.ZipFile(cast(IO[bytes], self._pieces), "w", zipfile.ZIP_DEFLATED)
        self._made_at = made_at
        self._files: list[Mapping[str, Any]] = []
        self._open: _File | None = None

    def begin(self, name: str) -> None:
        info = zipfile.ZipInfo(name, self._made_at.timetuple()[:6])
        info.compress_type = zipfile.ZIP_DEFLATED
        info.external_attr = 0o600 << 16
        # How long it gets is not known before it is written.
        self._open = _File(name, self._zip.open(info, "w", force_zip64=True))

    def write(self, content: bytes) -> bytes:
        """Add to the file that was begun; what there is of the archive since the last time."""
        assert self._open is not None, "no file was begun"
        self._open.write(content)
        return self._pieces.take()

    def end(self, **facts: Any) -> None:
        """The file is whole. `facts` stand beside it in the manifest."""
        assert self._open is not None, "no file was begun"
        self._files.append({**self._open.close(), **facts})
        self._open = None

    def close(self, head: Mapping[str, Any]) -> bytes:
        """Write the manifest, and end the archive."""
        manifest = {**head, "files": self._files}
        self.begin(MANIFEST)
        told = self.write(json.dumps(manifest, indent=2, ensure_ascii=False).encode())
        self.end()
        self._zip.close()
        return told + self._pieces.take()


class _File:
    def __init__(self, name: str, out: Any) -> None:
        self._name = name
        self._out = out
        self._told = hashlib.sha256()
        self._bytes = 0

    def write(self, content: bytes) -> None:
        self._out.write(content)
        self._told.update(content)
        self._bytes += len(content)

    def close(self) -> Mapping[str, Any]:
        self._out.close()
        return {"name": self._name, "bytes": self._bytes, "sha256": self._told.hexdigest()}


class _Pieces:
    """A file that cannot be read or sought in, as far as `zipfile` asks for one."""

    def __init__(self) -> None:
        self._kept = bytearray()

    def write(self, content: bytes) -> int:
        self._kept += content
        return len(content)

    def flush(self) -> None:
        """Nothing is held back."""

    def take(self) -> bytes:
        taken = bytes(self._kept)
        self._kept.clear()
        return taken


def check_archive(file: IO[bytes]) -> Mapping[str, Any]:
    """Hold every file of an archive against its manifest, which is returned. Raises `BadArchive`."""
    try:
        with zipfile.ZipFile(file) as packed:
            manifest = _manifest(packed)
            for each in manifest["files"]:
                _check(packed, each)
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, KeyError, TypeError):
        raise BadArchive("The archive is not whole: it was cut short, or changed after it was made.") from None
    return manifest


def _manifest(packed: zipfile.ZipFile) -> Mapping[str, Any]:
    manifest: dict[str, Any] = json.loads(packed.read(MANIFEST))
    if (manifest["format"], manifest["version"]) != (FORMAT, VERSION):
        raise BadArchive("This archive was made by another release of Loomwork.")
    return manifest


def _check(packed: zipfile.ZipFile, said: Mapping[str, Any]) -> None:
    told = hashlib.sha256()
    with packed.open(said["name"]) as content:
        while piece := content.read(_READ):
            told.update(piece)
    if told.hexdigest() != said["sha256"]:
        raise ValueError(said["name"])
