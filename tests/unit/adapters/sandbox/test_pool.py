"""Which jail is taken, and what is said where none is."""

from dataclasses import replace
from typing import Any

import pytest

from loomwork.adapters.sandbox.inside import landlock
from loomwork.adapters.sandbox.jails import Landlock, NoJail, Start
from loomwork.adapters.sandbox.pool import JailedSandbox
from loomwork.adapters.sandbox.runtime import Runtime
from loomwork.nodes.ports import CodeRefused, SandboxLimits

needs_landlock = pytest.mark.skipif(not landlock.version(), reason="this kernel has no Landlock")
TRIVIAL = "def main(): return {'x': 1}"


class Absent:
    """A jail that this machine does not have."""

    name: Any = "absent"

    def start(self, runtime: Runtime) -> Start:
        raise NoJail("it is not installed")


class Leaking:
    """A jail that was built with a hole in it."""

    name: Any = "leaking"

    def __init__(self, **orders: Any) -> None:
        self._orders = orders

    def start(self, runtime: Runtime) -> Start:
        start = Landlock().start(runtime)
        return replace(start, orders={**start.orders, **self._orders})


async def test_without_a_jail_code_is_refused_with_what_to_install() -> None:
    sandbox = JailedSandbox(jails=[Absent()])
    assert sandbox.jail is None
    with pytest.raises(CodeRefused, match=r"it is not installed.*apt-get install bubblewrap"):
        await sandbox.run("python3", TRIVIAL, {}, SandboxLimits())
    sandbox.close()


async def test_code_that_is_turned_off_is_refused_although_a_jail_would_hold() -> None:
    sandbox = JailedSandbox(refused="Code is turned off.")
    with pytest.raises(CodeRefused, match="turned off"):
        await sandbox.run("python3", TRIVIAL, {}, SandboxLimits())
    assert sandbox.processes() == []
    sandbox.close()


@needs_landlock
def test_a_jail_with_a_hole_is_not_used() -> None:
    sandbox = JailedSandbox(jails=[Leaking(readable=["/"])])
    assert "does not hold: code could read a file" in str(sandbox.missing())
    assert sandbox.known() == (None, sandbox.missing())
    sandbox.close()


@needs_landlock
async def test_the_next_jail_is_taken_where_one_does_not_hold() -> None:
    sandbox = JailedSandbox(jails=[Absent(), Leaking(readable=["/"]), Landlock()])
    assert sandbox.known() == (None, None)
    assert sandbox.jail == "landlock"
    assert sandbox.known() == ("landlock", None)
    assert await sandbox.run("python3", TRIVIAL, {}, SandboxLimits(seconds=60)) == {"x": 1}
    sandbox.close()


@needs_landlock
def test_a_jail_that_cannot_be_set_up_says_so() -> None:
    sandbox = JailedSandbox(jails=[Leaking(readable=5)])
    assert "could not be set up" in str(sandbox.missing())
    sandbox.close()


def test_nothing_is_started_before_it_is_needed() -> None:
    sandbox = JailedSandbox()
    assert sandbox.processes() == []
    assert sandbox.known() == (None, None)
    sandbox.close()


def test_more_processes_than_a_jail_has_users_for_are_not_promised() -> None:
    with pytest.raises(ValueError, match="no more than"):
        JailedSandbox(idle=150, at_once=100)
