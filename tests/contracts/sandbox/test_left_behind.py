"""A jail does not outlive the process that it serves, however that ends."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from loomwork.adapters.sandbox.pool import JailedSandbox

SERVER = """
import asyncio, sys
from loomwork.adapters.sandbox.jails import Bubblewrap, Landlock
from loomwork.adapters.sandbox.pool import JailedSandbox
from loomwork.nodes.ports import SandboxLimits
async def main():
    sandbox = JailedSandbox(jails=[{"bubblewrap": Bubblewrap(), "landlock": Landlock()}[sys.argv[1]]])
    sandbox.missing()
    limits = SandboxLimits(seconds=1000, cpu_seconds=1000)
    endless = asyncio.create_task(sandbox.run("python3", "while True: pass", {}, limits))
    await asyncio.sleep(0.1)
    print(*sandbox.processes(), flush=True)
    await endless
asyncio.run(main())
"""


def family(first: int) -> set[int]:
    """A process and all that come of it, by now."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[0] != "Z":
            parents[int(stat.parent.name)] = int(fields[1])
    found = {first} & parents.keys()
    for _ in range(4):
        found |= {process for process, parent in parents.items() if parent in found}
    return found


def test_a_server_that_is_killed_leaves_no_process_behind(sandbox: JailedSandbox) -> None:
    command = [sys.executable, "-c", SERVER, str(sandbox.jail)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        first = int(server.stdout.readline())
        jailed = family(first)
        assert len(jailed) >= 3
        server.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 60
    while left := {process for process in jailed if family(process)}:
        if time.monotonic() > deadline:
            pytest.fail(f"{len(left)} processes of the jail are still here")
        time.sleep(0.01)
