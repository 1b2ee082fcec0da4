"""How a process gives up what it must not have. Whatever fails here raises, so that nothing runs behind half a wall."""

import ctypes
import mmap
import os
import resource
import struct
from dataclasses import dataclass

from loomwork.adapters.sandbox.inside.seccomp import control

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_CAPBSET_DROP = 1, 4, 24
SIGKILL = 9
CAP_KILL, CAP_SETGID, CAP_SETUID, LAST_CAPABILITY = 5, 6, 7, 63
CAPABILITY_VERSION_3 = 0x20080522
KEEPERS_OWN = (CAP_KILL, CAP_SETGID, CAP_SETUID)
OPEN_FILES = 48
CHANNEL = 3
"""The descriptor of a worker that leads to the server."""

MEBIBYTE = 1 << 20
RESERVE = 16 * MEBIBYTE


@dataclass(frozen=True, slots=True)
class Share:
    """What one worker gets of the machine. `user` is None where there is only one user to be."""

    user: int | None
    processes: int


def keep_few_capabilities() -> None:
    """Of root's powers keep those to become somebody else, and to end whom one made."""
    for capability in range(LAST_CAPABILITY + 1):
        if capability not in KEEPERS_OWN:
            try:
                control(PR_CAPBSET_DROP, capability)
            except OSError:  # This kernel has no capability of this number, or the machine has taken it away.
                continue
    _set_capabilities(sum(1 << capability for capability in KEEPERS_OWN))


def become_nobody(user: int) -> None:
    """Be a user who owns nothing, with no way back."""
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    if os.getresuid() != (user, user, user) or os.getresgid() != (user, user, user):
        raise PermissionError("the user could not be changed")
    _set_capabilities(0)


def give_up_files(channel: int, kept: dict[int, int]) -> None:
    """Close all descriptors but the first three, which lead nowhere, the channel, and `kept`: from, to."""
    copies = {target: os.dup2(source, 100 + target) for source, target in {channel: CHANNEL, **kept}.items()}
    highest = CHANNEL
    for target, copy in copies.items():
        os.dup2(copy, target)
        highest = max(highest, target)
    os.closerange(highest + 1, 1 << 20)


def die_with_the_keeper(keeper: int) -> None:
    """End when the process that made this one does, also where it has by now."""
    control(PR_SET_PDEATHSIG, SIGKILL)
    if os.getppid() != keeper:
        raise ProcessLookupError("the process that made this one is gone")


def hide_memory() -> None:
    """Nobody of the same user may look into this process."""
    control(PR_SET_DUMPABLE, 0)


def limit_machine(share: Share) -> None:
    """What stays the same whatever is called. Writing files is forbidden beside this, so 0 bytes of them is a second
    wall.
    """
    limits = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_MSGQUEUE: 0,
        resource.RLIMIT_NOFILE: OPEN_FILES,
        resource.RLIMIT_NPROC: share.processes,
        resource.RLIMIT_STACK: 8 * MEBIBYTE,
    }
    for which, most in limits.items():
        _lower(which, most)


def limit_call(size: int, memory: int, cpu_seconds: int) -> None:
    """`memory` in bytes beyond the `size` that the process has by now. The signal that the time is over can be caught;
    the end a second later cannot.
    """
    limit_memory(size, memory)
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 1))


def limit_memory(size: int, memory: int) -> None:
    """`memory` in bytes beyond the `size` that the process has by now."""
    resource.setrlimit(resource.RLIMIT_AS, (size + memory, size + memory + RESERVE))


def open_reserve() -> None:
    """Have memory to say that there was none left."""
    resource.setrlimit(resource.RLIMIT_AS, (resource.getrlimit(resource.RLIMIT_AS)[1],) * 2)


def address_space() -> int:
    """Bytes of address space that this process has, found by trying, since a jail has no /proc to read it from."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    low, high = 0, 1 << 40
    while high - low > MEBIBYTE:
        middle = (low + high) // 2
        resource.setrlimit(resource.RLIMIT_AS, (middle, before[1]))
        low, high = (low, middle) if _has_room() else (middle, high)
    resource.setrlimit(resource.RLIMIT_AS, before)
    return high


def _has_room() -> bool:
    try:
        mmap.mmap(-1, mmap.PAGESIZE).close()
    except (OSError, MemoryError):
        return False
    return True


def _lower(which: int, most: int) -> None:
    """Where the machine sets less, that stays."""
    hard = resource.getrlimit(which)[1]
    limit = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(which, (limit, limit))


def _set_capabilities(kept: int) -> None:
    """`capset(2)`: permitted and effective are `kept`, and nothing is inheritable."""
    low, high = kept & 0xFFFFFFFF, kept >> 32
    header = struct.pack("=Ii", CAPABILITY_VERSION_3, 0)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.capset(header, struct.pack("=6I", low, low, 0, high, high, 0)) != 0:
        raise OSError(ctypes.get_errno(), "the capabilities could not be set")
