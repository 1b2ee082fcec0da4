"""What a process that reads a document cannot do, tried in one."""

import subprocess
import sys
from pathlib import Path

import pytest

from loomwork.adapters.documents.processes import ROOT
from loomwork.adapters.documents.walls import walls_here

TRY = """
import os, sys, socket, subprocess
sys.path.insert(0, sys.argv[1])
from loomwork.adapters.documents.walls import landlock, raise_walls
if sys.argv[3] == "system calls":
    landlock.version = lambda: 0
raise_walls("")
attempts = {
    "read": lambda: open(sys.argv[2]).read(),
    "list": lambda: os.listdir(os.path.dirname(sys.argv[2])),
    "write": lambda: open(sys.argv[2] + "x", "w"),
    "network": lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM),
    "fork": os.fork,
    "run": lambda: os.execv(sys.executable, [sys.executable]),
    "kill": lambda: os.kill(os.getppid(), 0),
}
for name, attempt in attempts.items():
    try:
        attempt()
    except (OSError, ValueError):
        continue
    print(name)
"""


@pytest.mark.skipif(walls_here() == "limits", reason="this machine has no walls to raise")
@pytest.mark.parametrize(("walls", "possible"), [("landlock", []), ("system calls", ["read", "list"])])
def test_behind_walls_there_is_no_network_no_other_process_and_with_landlock_no_file(
    tmp_path: Path, walls: str, possible: list[str]
) -> None:
    if walls == "landlock" and walls_here() != walls:
        pytest.skip("this kernel has no Landlock")
    secret = tmp_path / "secret"
    secret.write_text("x", encoding="ascii")
    command = [sys.executable, "-I", "-c", TRY, ROOT, str(secret), walls]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == possible
