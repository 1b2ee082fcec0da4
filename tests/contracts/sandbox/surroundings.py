"""What lies around a jail, open to anybody on this machine who is not in it."""

import ctypes
import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

IPC_PRIVATE, IPC_CREAT, IPC_RMID = 0, 0o1000, 0
SECRET = "nobody in a jail reads this"


@dataclass(frozen=True)
class Surroundings:
    """`given` is what an attempt is told of it."""

    given: dict[str, Any]
    folder: Path
    listening: list[socket.socket]

    def untouched(self) -> bool:
        """Whether nothing came, and nothing changed."""
        bait = self.folder / "bait"
        whole = sorted(path.name for path in self.folder.iterdir()) == ["bait", "socket"]
        state = bait.stat()
        return (
            whole
            and bait.read_text() == SECRET
            and (state.st_mode & 0o777, state.st_nlink, state.st_mtime > 1000) == (0o666, 1, True)
            and not any(_was_reached(end) for end in self.listening)
        )


@contextmanager
def surroundings() -> Iterator[Surroundings]:
    # Not one of pytest's folders: those are closed to others, and so would hide what a jail has to.
    with tempfile.TemporaryDirectory(prefix="loomwork-around-") as name, ExitStack() as closing:
        folder = Path(name)
        folder.chmod(0o777)
        bait = folder / "bait"
        bait.write_text(SECRET)
        bait.chmod(0o666)
        abstract = f"loomwork-{os.getpid()}"
        web = closing.enter_context(socket.create_server(("127.0.0.1", 0)))
        local = closing.enter_context(_listening(str(folder / "socket")))
        hidden = closing.enter_context(_listening(f"\0{abstract}"))
        (folder / "socket").chmod(0o777)
        given = {
            "bait": str(bait),
            "folder": name,
            "server": os.getpid(),
            "port": web.getsockname()[1],
            "path": str(folder / "socket"),
            "abstract": abstract,
            "segment": closing.enter_context(_shared_memory()),
        }
        yield Surroundings(given, folder, [web, local, hidden])


def _listening(address: str) -> socket.socket:
    end = socket.socket(socket.AF_UNIX)
    end.bind(address)
    end.listen()
    return end


def _was_reached(end: socket.socket) -> bool:
    end.setblocking(False)
    try:
        end.accept()[0].close()
    except BlockingIOError:
        return False
    return True


@contextmanager
def _shared_memory() -> Iterator[int]:
    libc = ctypes.CDLL(None)
    segment = libc.shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0o666)
    try:
        yield segment
    finally:
        libc.shmctl(segment, IPC_RMID, None)
