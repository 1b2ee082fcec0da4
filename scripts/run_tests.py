"""Runs pytest twice, the quick tests in two processes and then the slow ones one by one, and sums both up in one line.

Two runs rather than one with groups: a slow test loads a model or a browser, and is to have the machine to itself.
Usage: run_tests.py MARKERS [PYTEST ARGUMENT]...
"""

import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import pytest

QUICK = ("not slow", "-n", "2")
SLOW = ("slow", "-n", "0")


def run(markers: str, arguments: list[str], report: Path) -> int:
    """One pytest run, shown as it goes; its exit status."""
    command = [sys.executable, "-m", "pytest", "-m", markers, f"--junit-xml={report}", *arguments]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL) as pytest_run:
        while True:
            try:
                return pytest_run.wait()
            except KeyboardInterrupt:
                # It was told as well, and says itself how far it came.
                continue


def counts(report: Path) -> Counter[str]:
    """How the tests of a run ended. Empty for a run that did not get as far as a report."""
    if not report.exists():
        return Counter()
    totals: Counter[str] = Counter()
    for suite in ElementTree.parse(report).iter("testsuite"):
        failed = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        skipped = int(suite.get("skipped", 0))
        totals.update(failed=failed, skipped=skipped, passed=int(suite.get("tests", 0)) - failed - skipped)
    return totals


def verdict(statuses: list[int]) -> int:
    """The first bad status. A run without tests is no failure where another had some."""
    ran = [status for status in statuses if status != pytest.ExitCode.NO_TESTS_COLLECTED]
    return next((status for status in ran if status), 0) if ran else int(pytest.ExitCode.NO_TESTS_COLLECTED)


def main(markers: str, *arguments: str) -> int:
    statuses, totals = [], Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        for number, (speed, *how) in enumerate((QUICK, SLOW)):
            report = Path(folder) / f"{number}.xml"
            statuses.append(run(f"({markers}) and {speed}", [*how, *arguments], report))
            totals += counts(report)
            if statuses[-1] == pytest.ExitCode.INTERRUPTED:
                break
    status = verdict(statuses)
    interrupted = statuses[-1] == pytest.ExitCode.INTERRUPTED
    if status and not totals["failed"] and not interrupted:
        print(f"pytest ended with status {status}")
    said = f"{totals['passed']} passed, {totals['failed']} failed, {totals['skipped']} skipped"
    print(f"interrupted, until then {said}" if interrupted else said)
    return status


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
