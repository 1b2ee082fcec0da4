"""Which workspace commands on a data folder mean where they name none."""

import os
from pathlib import Path

from loomwork.kernel.errors import InvalidInput

FILE = "workspace-in-use"
_MOST = 100


def workspace_in_use(data: Path) -> str | None:
    """The id of the one that was chosen; None where none was."""
    try:
        return (data / FILE).read_text(encoding="ascii")[:_MOST].strip() or None
    except (OSError, UnicodeDecodeError):
        return None


def use_workspace(data: Path, workspace_id: str) -> None:
    """Remember it. Raises `InvalidInput` for a folder that cannot be written."""
    try:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        partial = data / f"{FILE}.partial"
        with open(partial, "w", encoding="ascii", opener=lambda path, flags: os.open(path, flags, 0o600)) as out:
            out.write(f"{workspace_id}\n")
        partial.replace(data / FILE)
    except OSError as error:
        raise InvalidInput(f"The data folder {data} cannot be written: {error.strerror}.") from None
