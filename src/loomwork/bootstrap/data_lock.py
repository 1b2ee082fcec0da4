"""One server at a time on a data folder, and where that server is."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from loomwork.bootstrap.own_command import sign_in_link_command
from loomwork.kernel.errors import Conflict, InvalidInput

LOCK_FILE = "server.lock"


@contextmanager
def only_server_of(folder: Path) -> Iterator[TextIO]:
    """Two servers on one data folder would each take the other's runs for abandoned, so the second is refused. The
    file that says so holds the server's address.

    Raises `Conflict`, and `InvalidInput` for a folder that cannot be used.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = (folder / LOCK_FILE).open("a+")
    except OSError as error:
        reason = error.strerror or "it cannot be written"
        raise InvalidInput(f"The data folder {folder} cannot be used: {reason}. Choose another --data.") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            where = server_of(folder) or "another address"
            raise Conflict(
                f"A server at {where} uses the data folder {folder.absolute()}. For a new link into its console, call "
                f"`{sign_in_link_command(folder)}`; else stop it, or choose another --data."
            ) from error
        lock.truncate(0)
        yield lock
        lock.truncate(0)


def server_of(folder: Path) -> str | None:
    """The address of the server that uses a data folder now, or None. An address that a dead server left behind does
    not count: its lock is gone.
    """
    try:
        with (folder / LOCK_FILE).open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return (folder / LOCK_FILE).read_text(encoding="utf-8").strip() or None
    except OSError:
        return None
    return None
