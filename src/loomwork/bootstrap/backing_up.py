"""One file that holds an installation: its database, its own providers, and, where it is asked for, its keys."""

import asyncio
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from loomwork.adapters.storage.sql.backup import (
    BadBackup,
    Contents,
    NotEmpty,
    files_of,
    read_contents,
    restore_database,
    write_backup,
)
from loomwork.adapters.storage.sql.failures import saying_failures
from loomwork.bootstrap import secret_key, signing_key
from loomwork.bootstrap.data_lock import only_server_of
from loomwork.bootstrap.settings import Settings
from loomwork.kernel.clock import Clock
from loomwork.kernel.errors import Conflict, InvalidInput

CATALOG = "catalog"
KEYS = (secret_key.FILE, signing_key.FILE)
"""What opens the rest. It is left out unless it is asked for: who has both has every credential."""


def back_up(settings: Settings, file: Path, *, with_keys: bool, clock: Clock) -> Contents:
    """Write the installation into a new file, for its owner only; the server may go on meanwhile. Raises `Conflict`
    where the file is there already, `InvalidInput` where it cannot be written.
    """
    if file.exists():
        raise Conflict(f"{file} is there already; choose another name.")
    try:
        draft = tempfile.NamedTemporaryFile(dir=file.parent, prefix=f".{file.name}.", delete=False)  # noqa: SIM115
    except OSError as problem:
        raise InvalidInput(f"The backup cannot be written to {file}: {problem.strerror}.") from problem
    try:
        with draft, saying_failures():
            files = _files(settings.data, with_keys=with_keys)
            contents = asyncio.run(write_backup(settings.database_url, draft.file, files, made_at=clock.now()))
            draft.flush()
            os.fsync(draft.fileno())
        # Under its name only once it is whole, and never over another.
        os.link(draft.name, file)
    finally:
        Path(draft.name).unlink(missing_ok=True)
    return contents


def restore(settings: Settings, file: Path) -> Contents:
    """Make an empty installation what the backup holds. Nothing is changed where it is not whole. Raises `BadBackup`,
    `NotEmpty`, `SchemaTooNew`, `InvalidInput`, and `Conflict` while a server uses the data folder.
    """
    try:
        opened = file.open("rb")
    except OSError as problem:
        raise InvalidInput(f"The backup {file} cannot be read: {problem.strerror}.") from problem
    with opened, only_server_of(settings.data), saying_failures():
        contents = read_contents(opened)
        places = [_place(settings.data, name) for name in contents.files]
        if taken := [place for place in places if place.exists()]:
            raise NotEmpty(f"{taken[0]} is there already, and a backup never goes over anything.")
        if settings.given_database_url is None and not settings.database_file.exists():
            os.close(os.open(settings.database_file, os.O_CREAT | os.O_RDWR, 0o600))
        asyncio.run(restore_database(settings.database_url, opened))
        _put_files(settings.data, opened)
    return contents


def _files(data: Path, *, with_keys: bool) -> Iterator[tuple[str, bytes]]:
    for place in sorted((data / CATALOG).rglob("*")):
        if place.is_file() and not place.is_symlink():
            yield place.relative_to(data).as_posix(), place.read_bytes()
    for name in KEYS if with_keys else ():
        if (data / name).is_file():
            yield name, (data / name).read_bytes()


def _put_files(data: Path, backup: IO[bytes]) -> None:
    for name, content in files_of(backup):
        place = _place(data, name)
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with open(place, "xb", opener=lambda path, flags: os.open(path, flags, 0o600)) as made:
            made.write(content)


def _place(data: Path, name: str) -> Path:
    """Where a file of a backup goes. Only there: what else it may name is somebody's who changed it."""
    path = PurePosixPath(name)
    is_ours = name in KEYS or (path.parts[:1] == (CATALOG,) and len(path.parts) > 1)
    if not is_ours or ".." in path.parts or "\0" in name or "\\" in name or path.is_absolute():
        raise BadBackup(f"The backup names a file that is none of an installation's: {name[:80]!r}.")
    return data.joinpath(*path.parts)
