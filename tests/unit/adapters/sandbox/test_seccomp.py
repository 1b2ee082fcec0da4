"""The filters, run on system calls by a machine as small as the kernel's."""

import errno
import struct

import pytest

from loomwork.adapters.sandbox.inside.seccomp import keeper_rules, program, worker_rules
from loomwork.adapters.sandbox.inside.syscalls import MACHINES, NUMBERS, Machine, number

ALLOWED, KILLED = "allowed", "killed"
CLONE_THREAD, CLONE_NEWUSER = 0x10000, 0x10000000


def verdict(filter_program: bytes, machine: Machine, call: int, *arguments: int, audit: int | None = None) -> str | int:
    """What comes of a call: allowed, killed, or the error that it gets."""
    padded = (*arguments, 0, 0, 0, 0, 0, 0)[:6]
    data = struct.pack("=IIQ6Q", call, machine.audit if audit is None else audit, 0, *padded)
    steps = list(struct.iter_unpack("=HBBI", filter_program))
    held: int = 0
    place = 0
    while True:
        code, when_true, when_false, value = steps[place]
        place += 1
        match code:
            case 0x20:
                held = struct.unpack_from("=I", data, value)[0]
            case 0x54:
                held &= value
            case 0x15:
                place += when_true if held == value else when_false
            case 0x35:
                place += when_true if held >= value else when_false
            case 0x06:
                verdicts: dict[int, str] = {0x7FFF0000: ALLOWED, 0x80000000: KILLED}
                return verdicts.get(value) or int(value & 0xFFFF)
            case _:
                raise AssertionError(f"step {code:#x} is not known")


@pytest.fixture(params=list(MACHINES))
def machine(request: pytest.FixtureRequest) -> Machine:
    return MACHINES[request.param]


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("read", (), ALLOWED),
        ("clone", (CLONE_THREAD | 0x0F00,), ALLOWED),
        ("clone", (17,), errno.EAGAIN),
        ("clone", (CLONE_THREAD | CLONE_NEWUSER,), errno.EAGAIN),
        ("clone3", (), errno.ENOSYS),
        ("execve", (), errno.EAGAIN),
        ("openat", (0, 0, 0o2000000), ALLOWED),
        ("openat", (0, 0, 0o1), errno.EROFS),
        ("openat", (0, 0, 0o2), errno.EROFS),
        ("openat", (0, 0, 0o100), errno.EROFS),
        ("openat", (0, 0, 0o1000), errno.EROFS),
        ("openat", (0, 0, 0o20200000), errno.EROFS),
        ("socket", (1, 1), errno.ENETUNREACH),
        ("socketpair", (1, 1 | 0o2000000), ALLOWED),
        ("socketpair", (1, 2), errno.ENETUNREACH),
        ("socketpair", (2, 1), errno.ENETUNREACH),
        ("connect", (), errno.ENETUNREACH),
        ("kill", (1, 9), errno.EPERM),
        ("prlimit64", (0,), ALLOWED),
        ("prlimit64", (1,), errno.EPERM),
        ("prctl", (15,), ALLOWED),
        ("prctl", (4, 1), errno.EINVAL),
        ("ioctl", (3, 0x5421), ALLOWED),
        ("ioctl", (3, 0x5412), errno.ENOTTY),
        ("fcntl", (3, 4), ALLOWED),
        ("fcntl", (3, 8, 1), errno.EINVAL),
        ("fcntl", (3, 6), errno.EINVAL),
        ("wait4", (), errno.EPERM),
        ("setresuid", (), errno.EPERM),
    ],
)
def test_a_worker_may_what_is_listed(
    machine: Machine, name: str, arguments: tuple[int, ...], expected: str | int
) -> None:
    call = number(name, machine)
    assert call is not None
    assert verdict(program(worker_rules(threads=True), machine), machine, call, *arguments) == expected


def test_every_number_that_is_not_listed_is_refused(machine: Machine) -> None:
    listed = {number(name, machine) for name in NUMBERS}
    filters = [program(worker_rules(threads=False), machine), program(keeper_rules(), machine)]
    for held in filters:
        found = {verdict(held, machine, call) for call in range(600) if call not in listed}
        assert found == {errno.EPERM}


def test_calls_of_another_architecture_kill(machine: Machine) -> None:
    held = program(worker_rules(threads=True), machine)
    read = number("read", machine)
    assert read is not None
    assert verdict(held, machine, read, audit=0x40000003) == KILLED
    assert verdict(held, machine, 0x40000000 + read) == KILLED


def test_without_threads_nothing_is_cloned(machine: Machine) -> None:
    clone = number("clone", machine)
    assert clone is not None
    held = program(worker_rules(threads=False), machine)
    assert verdict(held, machine, clone, CLONE_THREAD) == errno.EAGAIN


def test_the_keeper_makes_processes_and_no_namespaces(machine: Machine) -> None:
    clone = number("clone", machine)
    assert clone is not None
    held = program(keeper_rules(), machine)
    assert verdict(held, machine, clone, 17) == ALLOWED
    assert verdict(held, machine, clone, 17 | CLONE_NEWUSER) == errno.EPERM
