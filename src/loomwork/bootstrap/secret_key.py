"""The secret keys that credentials are sealed with: those of the environment, or one that is made on first use and kept
in the data folder.
"""

import contextlib
import logging
import os
import secrets
import stat
from pathlib import Path

from loomwork.adapters.sealing import Keyring
from loomwork.bootstrap.settings import Settings
from loomwork.kernel.errors import InvalidInput

FILE = "secret.key"
BYTES = 32

_FOR_OTHERS = stat.S_IRWXG | stat.S_IRWXO

logger = logging.getLogger(__name__)


def keyring(settings: Settings) -> Keyring:
    """The keys of `LOOMWORK_SECRET_KEY`, the first of which seals, and the data folder's own, if there is one; where
    neither is there, one is made in the folder. Raises `InvalidInput` where it cannot be read or made.
    """
    path = settings.data / FILE
    given = [key.encode() for key in settings.secret_keys]
    try:
        if not given:
            _make(path)
        own = [_read(path)] if path.exists() else []
    except OSError as error:
        reason = error.strerror or "it cannot be read"
        raise InvalidInput(
            f"The secret key {path} cannot be used: {reason}. See to it, or set LOOMWORK_SECRET_KEY."
        ) from error
    return Keyring([*given, *own])


def origin_of_keys(settings: Settings) -> str:
    """In words, where the secret key comes from. Reads and makes nothing."""
    path = settings.data / FILE
    if settings.secret_keys:
        older = len(settings.secret_keys) - 1 + path.exists()
        also = f", and {older} older to open with" if older else ""
        return f"from LOOMWORK_SECRET_KEY{also}"
    return f"in {path.absolute()}" if path.exists() else f"none yet; it is made on first start in {path.absolute()}"


def _read(path: Path) -> bytes:
    if path.stat().st_mode & _FOR_OTHERS:
        path.chmod(0o600)
        logger.warning("Other users could read %s, which opens the stored credentials; now its owner alone can.", path)
    key = path.read_bytes()
    if len(key) < BYTES:
        raise InvalidInput(
            f"The secret key {path} is cut short. Put the whole one back; without it, delete the file: a new one is "
            "made, and the credentials of model providers have to be entered again."
        )
    return key


def _make(path: Path) -> None:
    """Of two processes that make it at once, one does."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{FILE}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        with open(draft, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as made:
            made.write(secrets.token_bytes(BYTES))
            made.flush()
            # Credentials are worth nothing without it, so it comes to the disk before they do.
            os.fsync(made.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink(missing_ok=True)
