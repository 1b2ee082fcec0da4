"""Filters of system calls (seccomp, classic BPF; `linux/seccomp.h`, `linux/filter.h`).

Both are lists of what is allowed. What is not answers with an error rather than with death, so that code meets an
exception; only calls of a foreign architecture kill, since their numbers mean something else.
"""

import ctypes
import errno
import struct
from collections.abc import Iterable, Mapping
from typing import NamedTuple, TypeAlias

from loomwork.adapters.sandbox.inside.syscalls import (
    HARMLESS,
    KEEPER_NEEDS,
    NO_NETWORK,
    NO_PROGRAMS,
    Machine,
    number,
)

LOAD, JUMP_EQUAL, JUMP_AT_LEAST, AND, RETURN = 0x20, 0x15, 0x35, 0x54, 0x06
ALLOW, KILL, ERROR = 0x7FFF0000, 0x80000000, 0x00050000
NUMBER_AT, ARCHITECTURE_AT, ARGUMENTS_AT = 0, 4, 16
X32 = 0x40000000
"""The bit that marks the calls of the x32 ABI."""

PR_SET_SECCOMP, SECCOMP_MODE_FILTER, PR_SET_NO_NEW_PRIVS = 22, 2, 38
PR_SET_NAME, PR_GET_NAME = 15, 16
AF_UNIX, SOCK_STREAM, SOCK_TYPE = 1, 1, 0xF
CLONE_THREAD = 0x00010000
CLONE_NAMESPACES = 0x7E020000
WRITING = 0o3 | 0o100 | 0o1000 | 0o20000000
"""The flags of `open` that write: O_WRONLY, O_RDWR, O_CREAT, O_TRUNC, and the own bit of O_TMPFILE."""

DESCRIPTOR_FLAGS = (0, 1, 2, 3, 4, 1030)
"""F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD_CLOEXEC."""

TERMINAL_QUESTIONS = (0x5401, 0x5413, 0x5421, 0x5450, 0x5451)
"""TCGETS, TIOCGWINSZ, FIONBIO, FIONCLEX, FIOCLEX."""

Instruction: TypeAlias = bytes


class Test(NamedTuple):
    """Whether an argument (its lower 32 bits), with only the bits of `mask`, is one of these values."""

    argument: int
    mask: int
    values: tuple[int, ...]


class Rule(NamedTuple):
    """Allowed where every test holds; otherwise the error. Without tests it is always allowed, and with `never`,
    never.
    """

    tests: tuple[Test, ...] = ()
    error: int = errno.EPERM
    never: bool = False


def worker_rules(*, threads: bool) -> Mapping[str, Rule]:
    """What a process may do that runs code of others. The errors are such that they tell what was tried."""
    rules = {name: Rule() for name in HARMLESS}
    rules |= {name: Rule(error=errno.ENETUNREACH, never=True) for name in NO_NETWORK}
    rules |= {name: Rule(error=errno.EAGAIN, never=True) for name in NO_PROGRAMS}
    rules["clone"] = _only_threads() if threads else Rule(error=errno.EAGAIN, never=True)
    # Their arguments lie in memory, where no filter sees them; libraries then fall back to what it does see.
    rules |= {name: Rule(error=errno.ENOSYS, never=True) for name in ("clone3", "openat2")}
    rules |= {"open": _only_reading(1), "openat": _only_reading(2)}
    rules["socketpair"] = Rule((Test(0, 0xFFFFFFFF, (AF_UNIX,)), Test(1, SOCK_TYPE, (SOCK_STREAM,))), errno.ENETUNREACH)
    rules["ioctl"] = Rule((Test(1, 0xFFFFFFFF, TERMINAL_QUESTIONS),), errno.ENOTTY)
    # Others have the kernel signal any process of this user (F_SETOWN), or lock files.
    rules["fcntl"] = Rule((Test(1, 0xFFFFFFFF, DESCRIPTOR_FLAGS),), errno.EINVAL)
    rules["prctl"] = Rule((Test(0, 0xFFFFFFFF, (PR_SET_NAME, PR_GET_NAME)),), errno.EINVAL)
    rules["prlimit64"] = Rule((Test(0, 0xFFFFFFFF, (0,)),))
    rules["setrlimit"] = Rule()
    return rules


def keeper_rules() -> Mapping[str, Rule]:
    """What the process may do that makes the workers."""
    rules = dict(worker_rules(threads=True))
    rules |= {name: Rule() for name in KEEPER_NEEDS}
    no_namespace = Rule((Test(0, CLONE_NAMESPACES, (0,)),))
    return rules | {"clone": no_namespace, "fork": Rule(), "vfork": Rule()}


def program(rules: Mapping[str, Rule], machine: Machine) -> bytes:
    """The filter as the kernel takes it."""
    steps = [
        _step(LOAD, ARCHITECTURE_AT),
        _step(JUMP_EQUAL, machine.audit, 1, 0),
        _step(RETURN, KILL),
        _step(LOAD, NUMBER_AT),
        _step(JUMP_AT_LEAST, X32, 0, 1),
        _step(RETURN, KILL),
    ]
    for name, rule in rules.items():
        call = number(name, machine)
        if call is not None:
            block = list(_block(rule))
            steps += [_step(JUMP_EQUAL, call, 0, len(block)), *block]
    steps.append(_step(RETURN, ERROR | errno.EPERM))
    return b"".join(steps)


def load(filter_program: bytes) -> None:
    """Hold this thread, and all that comes of it, to a filter for ever. Raises `OSError`."""

    class Program(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("steps", ctypes.c_char_p)]

    given = Program(len(filter_program) // 8, filter_program)
    control(PR_SET_NO_NEW_PRIVS, 1)
    control(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.addressof(given))


def control(option: int, *arguments: int) -> None:
    """`prctl(2)`. Raises `OSError`."""
    libc = ctypes.CDLL(None, use_errno=True)
    padded = [ctypes.c_ulong(value) for value in (*arguments, 0, 0, 0, 0)[:4]]
    if libc.prctl(ctypes.c_int(option), *padded) != 0:
        raise OSError(ctypes.get_errno(), "prctl was refused")


def _only_threads() -> Rule:
    """A new thread of this very process, in no namespace of its own."""
    return Rule((Test(0, CLONE_THREAD | CLONE_NAMESPACES, (CLONE_THREAD,)),), errno.EAGAIN)


def _only_reading(argument: int) -> Rule:
    return Rule((Test(argument, WRITING, (0,)),), errno.EROFS)


def _block(rule: Rule) -> Iterable[Instruction]:
    """What follows the comparison of the number. Its last step returns, so nothing falls out of it."""
    if not rule.never:
        for place, test in enumerate(rule.tests):
            left = sum(_size(later) for later in rule.tests[place + 1 :])
            yield _step(LOAD, ARGUMENTS_AT + 8 * test.argument)
            yield _step(AND, test.mask)
            for index, value in enumerate(test.values):
                others = len(test.values) - index - 1
                # To the next test where it is one of the values; past the allowing end where it is none of them.
                yield _step(JUMP_EQUAL, value, others, 0 if others else left + 1)
        yield _step(RETURN, ALLOW)
    if rule.never or rule.tests:
        yield _step(RETURN, ERROR | rule.error)


def _size(test: Test) -> int:
    return 2 + len(test.values)


def _step(code: int, value: int, when_true: int = 0, when_false: int = 0) -> Instruction:
    return struct.pack("=HBBI", code, when_true, when_false, value)
