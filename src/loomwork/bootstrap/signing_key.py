"""The key that an installation signs with what it hands out, made on first use and kept in the data folder."""

import contextlib
import os
import secrets
from pathlib import Path

from loomwork.kernel.errors import InvalidInput

FILE = "signing.key"
BYTES = 32


def signing_key(folder: Path) -> bytes:
    """The folder's key; of two processes that make it at once, one does. Raises `InvalidInput` where it cannot be
    read or made.
    """
    path = folder / FILE
    try:
        with contextlib.suppress(FileExistsError):
            _make(path)
        key = path.read_bytes()
    except OSError as error:
        reason = error.strerror or "it cannot be read"
        raise InvalidInput(f"The key {path} cannot be used: {reason}. See to it, or choose another --data.") from error
    if len(key) < BYTES:
        raise InvalidInput(f"The key {path} is cut short. Delete it: a new one is made, and open forms get new tokens.")
    return key


def _make(path: Path) -> None:
    if path.exists():
        return
    draft = path.with_name(f"{FILE}.{os.getpid()}")
    with open(draft, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as made:
        made.write(secrets.token_bytes(BYTES))
    try:
        os.link(draft, path)
    finally:
        draft.unlink()
