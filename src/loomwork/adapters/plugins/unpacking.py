"""Packages as they are given, read as what somebody hostile has made: nothing is written outside of the folder for it,
and nothing of it is run.
"""

import hashlib
import io
import os
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from loomwork.adapters.catalog.card_files import UnusableFile, card_of
from loomwork.plugins.domain.errors import PluginInvalid
from loomwork.plugins.domain.manifest import Manifest

MANIFEST = "plugin.yml"
LOCK = "requirements.lock"
MOST_FILES = 5_000
MOST_BYTES = 200_000_000
LEFT_OUT = frozenset({"__pycache__", ".git", ".venv", "venv", ".mypy_cache", ".pytest_cache", ".ruff_cache"})


def copy_folder(folder: Path, to: Path) -> None:
    """Raises `PluginInvalid`, for a symbolic link too, which could lead anywhere."""
    files, size = 0, 0
    for place, names, files_here in os.walk(folder):
        names[:] = sorted(name for name in names if name not in LEFT_OUT)
        for name in [*names, *files_here]:
            path = Path(place, name)
            if path.is_symlink() or not (path.is_file() or path.is_dir()):
                raise PluginInvalid(f"{path.relative_to(folder)} is no plain file; a plugin has no links.")
        for name in files_here:
            files, size = files + 1, size + Path(place, name).stat().st_size
            _check_size(files, size)
            target = to / Path(place).relative_to(folder) / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(Path(place, name), target)


def unzip(content: bytes, to: Path) -> None:
    """A wheel, or a zipped folder. Raises `PluginInvalid`."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_size(len(archive.infolist()), 0)
            size = 0
            for entry in archive.infolist():
                if not entry.is_dir():
                    size = _extract(archive, entry, to, size)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, UnicodeError, ValueError) as error:
        raise PluginInvalid(f"This is no wheel and no ZIP file of a folder ({type(error).__name__}).") from None


def _extract(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, to: Path, size: int) -> int:
    """The size of all that was written. What the entry says of its own size is not believed."""
    path = PurePosixPath(entry.filename)
    if path.is_absolute() or ".." in path.parts or "\\" in entry.filename or (entry.external_attr >> 28) == 0xA:
        raise PluginInvalid(f"The archive holds {entry.filename[:80]!r}, which is no plain file in it.")
    target = to.joinpath(*path.parts)
    target.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(entry) as read, target.open("xb") as out:
        while piece := read.read(1 << 20):
            size += len(piece)
            _check_size(0, size)
            out.write(piece)
    return size


def _check_size(files: int, size: int) -> None:
    if files > MOST_FILES or size > MOST_BYTES:
        raise PluginInvalid(f"A plugin has at most {MOST_FILES} files, and {MOST_BYTES >> 20} MB.")


def found_manifest(folder: Path) -> tuple[Manifest, Path, Path]:
    """What it says, its folder, and the folder that modules are imported from. A wheel has it beside its modules, or in
    the package; the archive of a folder may have one folder above. Raises `PluginInvalid`.
    """
    found = [path for path in (folder / MANIFEST, *sorted(folder.glob(f"*/{MANIFEST}"))) if path.is_file()]
    if len(found) != 1:
        raise PluginInvalid(f"There is no {MANIFEST} in it." if not found else f"There are several {MANIFEST} in it.")
    try:
        manifest = card_of(found[0], Manifest)
    except UnusableFile as error:
        raise PluginInvalid(str(error).replace(f"{found[0]}", MANIFEST)) from None
    is_wheel = any(folder.glob("*.dist-info"))
    return manifest, found[0].parent, folder if is_wheel else found[0].parent


def digest_of(folder: Path) -> str:
    """The SHA-256 of all files with their names, in hexadecimal digits."""
    digest = hashlib.sha256()
    for path in _files(folder):
        name = path.relative_to(folder).as_posix().encode()
        digest.update(len(name).to_bytes(4, "big") + name)
        content = path.read_bytes()
        digest.update(len(content).to_bytes(8, "big") + content)
    return digest.hexdigest()


def open_to_readers(folder: Path) -> None:
    """Let the users that plugins run as read it, and nobody write it but us."""
    for place, _, names in os.walk(folder):
        Path(place).chmod(0o755)
        for name in names:
            path = Path(place, name)
            if not path.is_symlink():
                path.chmod(0o644)


def _files(folder: Path) -> Iterator[Path]:
    return iter(sorted(path for path in folder.rglob("*") if path.is_file()))
