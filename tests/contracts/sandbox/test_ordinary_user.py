"""A server that is not root has jails that hold too: code has the server's own user then, or none but that."""

import json
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from loomwork.adapters.sandbox.inside import landlock
from tests.contracts.sandbox import as_an_ordinary_user
from tests.contracts.sandbox.escapes import ATTEMPTS, source_of
from tests.contracts.sandbox.surroundings import Surroundings
from tests.contracts.sandbox.test_escapes import needs_these_numbers

SOURCE = Path(as_an_ordinary_user.__file__).resolve().parents[3] / "src"
USER = 64_999
"""Nobody, on any machine that these tests know."""

FINE = "def main(**given): return {'sum': sum(range(5))}"


@cache
def reachable_python() -> str | None:
    """A Python that another user may start, this one where it may."""
    for python in (os.path.realpath(sys.executable), shutil.which("python3", path="/usr/bin:/usr/local/bin")):
        if python is not None and _starts(python):
            return python
    return None


def _starts(python: str) -> bool:
    try:
        done = subprocess.run([python, "-c", "import sys; sys.exit(sys.version_info < (3, 11))"], user=USER, cwd="/")
    except OSError:
        return False
    return done.returncode == 0


def asked(sources: list[str], given: dict[str, Any]) -> dict[str, str | list[str]]:
    """What the program says as another user. Skips where nobody else could run it."""
    python = reachable_python() if os.geteuid() == 0 else sys.executable
    if python is None:
        pytest.skip("no Python 3.11 on this machine can be started by an ordinary user")
    program = Path(as_an_ordinary_user.__file__)
    other: dict[str, Any] = {"user": USER, "group": USER, "extra_groups": []} if os.geteuid() == 0 else {}
    done = subprocess.run(
        [python, "-c", program.read_text()],
        input=json.dumps({"sources": sources, "given": given}),
        env={"PYTHONPATH": str(SOURCE), "PYTHONDONTWRITEBYTECODE": "1", "PATH": os.environ["PATH"], "SECRET": "x=y"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd="/",
        **other,
    )
    if "ModuleNotFoundError: No module named 'loomwork'" in done.stderr or "Permission denied" in done.stderr:
        pytest.skip("the source lies where an ordinary user cannot read it")
    assert done.returncode == 0, done.stderr
    left: dict[str, str | list[str]] = json.loads(done.stdout)
    return left


@needs_these_numbers
def test_code_of_a_server_that_is_not_root_cannot_get_out_either(around: Surroundings) -> None:
    sources = [FINE, *map(source_of, ATTEMPTS.values())]
    left = asked(sources, around.given)
    for jail, answers in left.items():
        if isinstance(answers, str):
            continue
        assert json.loads(answers[0]) == {"left": {"sum": 10}}
        out = [name for name, answer in zip(ATTEMPTS, answers[1:], strict=True) if '"got": true' in answer]
        assert (jail, out) == (jail, [])
    assert around.untouched()
    if landlock.version():
        assert isinstance(left["landlock"], list), left["landlock"]
