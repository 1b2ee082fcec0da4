"""The sum of both runs is true, and nothing that went wrong in either is lost."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.run_tests import verdict

REPO = Path(__file__).resolve().parents[3]
INI = "[pytest]\nmarkers =\n  slow: slow\n  nightly: nightly\n"

QUICK = "def test_quick(): pass\n"
SLOW = "import pytest\n@pytest.mark.slow\ndef test_slow(): pass\n"
FAILING = "def test_failing(): assert False\n"
FAILING_SLOW = "import pytest\n@pytest.mark.slow\ndef test_failing(): assert False\n"
ERRORS_AT_SETUP = "import pytest\n@pytest.fixture\ndef broken(): raise OSError\ndef test_it(broken): pass\n"
DOES_NOT_IMPORT = "import nothing_of_this_name\n"
SKIPPED = "import pytest\ndef test_skipped(): pytest.skip('why')\n"
INTERRUPTED = "import pytest\ndef test_interrupted(): pytest.exit('asked to', returncode=2)\n"
NIGHTLY = "import pytest\n@pytest.mark.nightly\ndef test_nightly(): assert False\n"


def test_the_last_line_counts_both_runs(tmp_path: Path) -> None:
    files = (QUICK, FAILING, ERRORS_AT_SETUP, SKIPPED, SLOW, FAILING_SLOW, NIGHTLY)
    assert run_in(tmp_path, *files) == ("2 passed, 3 failed, 1 skipped", 1)


def test_a_tree_without_slow_tests_passes(tmp_path: Path) -> None:
    assert run_in(tmp_path, QUICK) == ("1 passed, 0 failed, 0 skipped", 0)


def test_a_run_that_is_interrupted_says_so(tmp_path: Path) -> None:
    said, status = run_in(tmp_path, QUICK, INTERRUPTED)
    assert said.startswith("interrupted, until then ")
    assert status == pytest.ExitCode.INTERRUPTED


def test_a_file_that_cannot_be_imported_fails_the_run(tmp_path: Path) -> None:
    assert run_in(tmp_path, QUICK, DOES_NOT_IMPORT)[1] != 0


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        ([0, 0], 0),
        ([0, 5], 0),
        ([5, 0], 0),
        ([5, 5], 5),
        ([1, 0], 1),
        ([0, 1], 1),
        ([5, 1], 1),
        ([3, 1], 3),
        ([2], 2),
        ([-9, 0], -9),
    ],
)
def test_a_bad_status_of_either_run_is_the_status(statuses: list[int], expected: int) -> None:
    assert verdict(statuses) == expected


def run_in(folder: Path, *files: str) -> tuple[str, int]:
    """The last line and the exit status of the runner over these test files."""
    (folder / "pytest.ini").write_text(INI)
    for number, content in enumerate(files):
        (folder / f"test_{number}.py").write_text(content)
    command = [sys.executable, str(REPO / "scripts/run_tests.py"), "not nightly", "-p", "xdist.plugin"]
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(command, cwd=folder, env=environment, check=False, capture_output=True, text=True)
    return done.stdout.splitlines()[-1], done.returncode
