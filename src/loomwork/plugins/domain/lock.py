"""What a plugin needs of other packages: exact versions, each with the hashes of its wheels, and nothing else."""

import re
from collections.abc import Sequence

from loomwork.plugins.domain.errors import PluginInvalid

LONGEST_LOCK = 500_000
MOST_PACKAGES = 300
_PIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}(\[[A-Za-z0-9._,-]{1,100}\])?==[0-9A-Za-z][0-9A-Za-z.+!_-]{0,99}")
_HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")
_MARKER = re.compile(r"[A-Za-z0-9_.<>=!'\" ()~+]{0,200}")
_CONTINUED = re.compile(r"\\\r?\n")


def pinned(text: str, *, source: str) -> Sequence[str]:
    """One line per package, as it is handed to pip. An option, an address, a path or a line without a hash is refused:
    pip would take its word for where packages come from. `source` names the text in sentences. Raises `PluginInvalid`.
    """
    if len(text) > LONGEST_LOCK:
        raise PluginInvalid(f"{source} has more than {LONGEST_LOCK} characters.")
    lines = [_without_comment(line).strip() for line in _CONTINUED.sub(" ", text).splitlines()]
    found = [_checked(line, source) for line in lines if line]
    if len(found) > MOST_PACKAGES:
        raise PluginInvalid(f"{source} names more than {MOST_PACKAGES} packages.")
    return found


def _without_comment(line: str) -> str:
    return re.sub(r"(^|\s)#.*$", "", line)


def _checked(line: str, source: str) -> str:
    said, _, marker = line.partition(";")
    marker, _, hashes = marker.partition("--hash")
    pin, *parts = f"{said} {'--hash' + hashes if hashes else ''}".split() or [""]
    if _PIN.fullmatch(pin) is None:
        raise PluginInvalid(f"{source}: {line[:80]!r} is no `name==version` with its hashes.")
    if not parts or any(_HASH.fullmatch(part) is None for part in parts):
        raise PluginInvalid(f"{source}: {pin} needs `--hash=sha256:...` for each of its wheels, and nothing else.")
    if _MARKER.fullmatch(marker) is None:
        raise PluginInvalid(f"{source}: what follows the semicolon of {pin} is no environment marker.")
    marked = f" ; {marker.strip()}" if marker.strip() else ""
    return f"{pin}{marked} {' '.join(parts)}"
