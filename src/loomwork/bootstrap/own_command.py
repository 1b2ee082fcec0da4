"""How a person calls this very installation from anywhere: `make up` leaves no `loomwork` on anybody's PATH."""

import shlex
import shutil
import sys
from pathlib import Path


def own_command(*words: str, data: Path | None = None) -> str:
    """A line to paste into any shell on this machine, in any folder; `data` is the folder it is to work on."""
    folder = [] if data is None else ["--data", str(data.absolute())]
    return shlex.join([*_program(), *words, *folder])


def sign_in_link_command(data: Path) -> str:
    """What makes another link that signs the owner in."""
    return own_command("keys", "sign-in-link", data=data)


def _program() -> list[str]:
    script = Path(sys.executable).with_name("loomwork")
    found = shutil.which("loomwork")
    if found is not None and script.exists() and Path(found).samefile(script):
        return ["loomwork"]
    return [str(script)] if script.exists() else [sys.executable, "-m", "loomwork"]
