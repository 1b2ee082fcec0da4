"""Keeps what holds secrets from the other users of a machine.

New files and folders are made for their owner alone. A folder that was there may be shared on purpose (`--data .`), so
its mode is left as it is: what lies in it and holds secrets is closed instead.
"""

import os
import stat
from pathlib import Path

_FOR_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_WRITTEN_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def close_to_others(folder: Path, database: Path) -> list[str]:
    """Take from others what they may do with a database that is ours. Returns a sentence for each thing that was not as
    it should be.
    """
    said = [_closed(Path(f"{database}{suffix}")) for suffix in ("", "-wal", "-shm")]
    return [sentence for sentence in (*said, _others_may_write(folder)) if sentence is not None]


def _others_may_write(folder: Path) -> str | None:
    """A warning where other users may put files of theirs in the place of ours, None where they may not."""
    try:
        mode = folder.stat().st_mode
    except OSError:
        return None
    # In a folder with the sticky bit, nobody replaces the files of others.
    if not mode & _WRITTEN_BY_OTHERS or mode & stat.S_ISVTX:
        return None
    return f"Other users may replace what lies in {folder}: chmod 700 it, or go-w where they are to read it."


def _closed(file: Path) -> str | None:
    try:
        found = file.stat()
        if not found.st_mode & _FOR_OTHERS:
            return None
        if found.st_uid == os.geteuid():
            file.chmod(0o600)
            return f"Other users could open {file}, which holds secrets; now its owner alone can."
    except OSError:
        return None
    return (
        f"Other users may open {file}, which holds secrets, and it is not ours to change: have its owner chmod 600 it."
    )
