"""Landlock (Linux 5.13): a process gives up every file but some that it may read (`linux/landlock.h`)."""

import ctypes
import os
import platform
import struct
from collections.abc import Iterable
from glob import glob

from loomwork.adapters.sandbox.inside.seccomp import PR_SET_NO_NEW_PRIVS, control

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
RULE_PATH_BENEATH, ASK_VERSION = 1, 1
READ_FILE, READ_DIR = 1 << 2, 1 << 3
FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
"""How many of the rights over files a version has; later ones have those of the fifth."""

NETWORK_RIGHTS, SCOPES = 0b11, 0b11
"""Binding and connecting TCP, from the fourth version; abstract sockets and signals, from the sixth."""


def version() -> int:
    """Of Landlock in this kernel; 0 where there is none."""
    if platform.system() != "Linux":
        return 0
    try:
        return _call(CREATE_RULESET, None, 0, ASK_VERSION)
    except OSError:
        return 0


def read_only(paths: Iterable[str]) -> None:
    """Give up all files for ever but to read what is beneath these paths; with a kernel that can, also TCP, abstract
    sockets, and signals to processes outside. Paths that do not exist are passed over. Raises `OSError`.
    """
    known = version()
    if not known:
        raise OSError("this kernel has no Landlock")
    handled = (1 << FILE_RIGHTS.get(known, 16)) - 1
    attributes = [handled, *([NETWORK_RIGHTS] if known >= 4 else []), *([SCOPES] if known >= 6 else [])]
    packed = struct.pack(f"={len(attributes)}Q", *attributes)
    control(PR_SET_NO_NEW_PRIVS, 1)
    ruleset = _call(CREATE_RULESET, packed, len(packed), 0)
    try:
        for path in paths:
            _allow(ruleset, path)
        _call(RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: str) -> None:
    """Reading beneath a path. What is installed beside a standard library is left out of it, and only listed."""
    hidden = glob(f"{path}/*-packages")
    if not hidden:
        _grant(ruleset, path, READ_FILE | READ_DIR if os.path.isdir(path) else READ_FILE)
        return
    _grant(ruleset, path, READ_DIR)
    for inside in set(glob(f"{path}/*")) - set(hidden):
        _allow(ruleset, inside)


def _grant(ruleset: int, path: str, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        _call(ADD_RULE, ruleset, RULE_PATH_BENEATH, struct.pack("=Qi", rights, place), 0)
    finally:
        os.close(place)


def _call(number: int, *arguments: int | bytes | None) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    given = [ctypes.c_long(value) if isinstance(value, int) else ctypes.c_char_p(value) for value in arguments]
    result = int(libc.syscall(ctypes.c_long(number), *given))
    if result < 0:
        raise OSError(ctypes.get_errno(), "Landlock was refused")
    return result
