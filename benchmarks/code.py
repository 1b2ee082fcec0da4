"""A call of code in each jail of this machine: warm, one after the other without a pause, and what waits for calls."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from loomwork.adapters.sandbox.jails import Bubblewrap, Jail, Landlock
from loomwork.adapters.sandbox.pool import JailedSandbox
from loomwork.nodes.ports import CodeLanguage, SandboxLimits

WARM_MILLISECONDS = 2.0
SUSTAINED = 50.0
IDLE = 20
IDLE_MEGABYTES = 150.0

CALLS = 300
PAUSE = 0.01
"""Seconds between warm calls, in which the next process is made."""

SUSTAINED_SECONDS = 5.0
INPUTS = {"numbers": list(range(100))}
SOURCES: dict[CodeLanguage, str] = {
    "python3": "def main(numbers):\n    return {'sum': sum(numbers)}",
    "javascript": "function main({numbers}) { return {sum: numbers.reduce((a, b) => a + b, 0)} }",
}


@dataclass(frozen=True)
class CodeFigures:
    """Milliseconds of a warm call; calls a second with two askers; seconds to build the jail; megabytes (PSS) of a jail
    with `IDLE` processes that wait.
    """

    jail: str
    built_seconds: float
    python_p50: float
    python_p95: float
    javascript_p50: float
    sustained: float
    idle_megabytes: float


def measure() -> list[CodeFigures]:
    """Every jail that can be built here."""
    jails: list[Jail] = [Bubblewrap(), Landlock()]
    return [figures for jail in jails if (figures := _measured(jail)) is not None]


def _measured(jail: Jail) -> CodeFigures | None:
    began = time.perf_counter()
    sandbox = JailedSandbox(jails=[jail], idle=IDLE)
    try:
        if sandbox.missing() is not None:
            return None
        built = time.perf_counter() - began
        return asyncio.run(_figures(jail, sandbox, built))
    finally:
        sandbox.close()


async def _figures(jail: Jail, sandbox: JailedSandbox, built: float) -> CodeFigures:
    await asyncio.sleep(1.0)
    idle = sum(_megabytes(process) for first in sandbox.processes() for process in _family(first))
    python = sorted([await _warm(sandbox, "python3") for _ in range(CALLS)])
    script = sorted([await _warm(sandbox, "javascript") for _ in range(CALLS)])
    sustained = sum(await asyncio.gather(_asker(sandbox), _asker(sandbox))) / SUSTAINED_SECONDS
    middle, late = CALLS // 2, CALLS * 95 // 100
    return CodeFigures(jail.name, built, python[middle], python[late], script[middle], sustained, idle)


async def _warm(sandbox: JailedSandbox, language: CodeLanguage) -> float:
    await asyncio.sleep(PAUSE)
    began = time.perf_counter()
    left = await sandbox.run(language, SOURCES[language], INPUTS, SandboxLimits())
    taken = (time.perf_counter() - began) * 1000
    assert left == {"sum": sum(INPUTS["numbers"])}
    return taken


async def _asker(sandbox: JailedSandbox) -> int:
    ends, calls = time.perf_counter() + SUSTAINED_SECONDS, 0
    while time.perf_counter() < ends:
        await sandbox.run("python3", SOURCES["python3"], INPUTS, SandboxLimits())
        calls += 1
    return calls


def _family(first: int) -> Iterator[int]:
    """A process and all that come of it."""
    children = defaultdict(list)
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        children[parent].append(int(stat.parent.name))
    pending = [first]
    while pending:
        process = pending.pop()
        yield process
        pending += children[process]


def _megabytes(process: int) -> float:
    """Proportional set size: pages that several share count in parts."""
    for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1000
    return 0.0


def show(figures: list[CodeFigures], console: Console) -> bool:
    """Print the table; whether every jail holds the bars. Without a jail there is nothing to hold."""
    if not figures:
        console.print("No jail can be built on this machine, so code was not measured.")
        return True
    table = Table("figure", *[each.jail for each in figures], "bar", title="Code in a jail")
    rows = [
        ("Python, warm, p50", "{:.2f} ms", "python_p50", f"≤ {WARM_MILLISECONDS:g} ms"),
        ("Python, warm, p95", "{:.2f} ms", "python_p95", ""),
        ("JavaScript, warm, p50", "{:.2f} ms", "javascript_p50", f"≤ {WARM_MILLISECONDS:g} ms"),
        ("two askers without a pause", "{:.0f} calls/s", "sustained", f"≥ {SUSTAINED:g} calls/s"),
        (f"a jail with {IDLE} processes that wait, PSS", "{:.0f} MB", "idle_megabytes", f"≤ {IDLE_MEGABYTES:g} MB"),
        ("to build and prove the jail", "{:.2f} s", "built_seconds", ""),
    ]
    for name, form, field, bar in rows:
        table.add_row(name, *[form.format(getattr(each, field)) for each in figures], bar)
    console.print(table)
    return all(_holds(each) for each in figures)


def _holds(figures: CodeFigures) -> bool:
    return (
        figures.python_p50 <= WARM_MILLISECONDS
        and figures.javascript_p50 <= WARM_MILLISECONDS
        and figures.sustained >= SUSTAINED
        and figures.idle_megabytes <= IDLE_MEGABYTES
    )
