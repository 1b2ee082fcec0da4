"""What one workspace feels of another: how long its runs take while the other has as many as it may."""

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.capacity import Bar
from benchmarks.gateway import ROOT, fixed_server
from benchmarks.runners.neighbours import MODEL, Case

RAISED = 1.2
"""What the noisy one may make of the quiet one's 95th percentile."""

SECONDS = 1800
"""How long all of it may take."""


def measure(parent: Path) -> list[Bar]:
    """In a process of its own, which is set up as a server's is; the model is a process as well."""
    with tempfile.TemporaryDirectory(dir=parent) as folder, fixed_server() as model_url:
        command = [sys.executable, "-m", "benchmarks.runners.neighbours", folder, model_url]
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True, cwd=ROOT, timeout=SECONDS)
    return [bar for case in json.loads(done.stdout) for bar in bars_of(Case(**case))]


def bars_of(case: Case) -> list[Bar]:
    """What is stated of a case: the medians of the rounds' 95th percentiles, and what one is of the other."""
    alone = statistics.median(percentile(each, 95) for each in case.alone)
    beside = statistics.median(percentile(each, 95) for each in case.beside)
    noise = "that ask a model" if case.noise == MODEL else f"of {case.noise}"
    quiet = "a run that asks a model" if case.quiet == MODEL else case.quiet
    return [
        Bar(f"p95 of {quiet}, alone", alone * 1000, "ms"),
        Bar(f"beside {case.crowd} runs {noise}", beside * 1000, "ms"),
        Bar("one by the other", beside / alone, "x", RAISED),
    ]


def percentile(values: list[float], share: int) -> float:
    """The smallest value that so many in a hundred do not go beyond."""
    ranked = sorted(values)
    return ranked[max(0, -(-len(ranked) * share // 100) - 1)]


def show(bars: list[Bar], console: Console) -> bool:
    """Print the table; False where the bar is missed."""
    table = Table(title="One workspace beside another (rounds in turns)")
    for heading in ("figure", "measured", "bar"):
        table.add_column(heading, justify="left" if heading == "figure" else "right")
    for item in bars:
        bar = "" if item.bar is None else f"<= {item.bar:,g} {item.unit}"
        table.add_row(item.name, f"{item.value:,.2f} {item.unit}", bar)
    console.print(table)
    return all(item.held for item in bars)
