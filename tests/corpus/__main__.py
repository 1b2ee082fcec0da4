"""`python -m tests.corpus`: read, write back and run a folder of app files; exit status 1 below the bars."""

import argparse
import asyncio
from pathlib import Path

from rich.console import Console

from loomwork.adapters.catalog.tool_files import ToolFileReader
from loomwork.adapters.tools.catalog import CatalogTools
from loomwork.adapters.tools.world import ToolWorld
from loomwork.bootstrap.package_data import catalog_dir
from loomwork.tools.api import KnownTools
from tests.corpus.bars import reading_shortfalls, running_shortfalls, tool_shortfalls
from tests.corpus.files import broken_files, corpus_files, corpus_folder, expectations
from tests.corpus.measuring import ReadResult, Trouble, answer_all, crashes, read_and_write, run_all, tools_of
from tests.corpus.report import (
    answer_columns,
    print_table,
    print_troubles,
    reading_columns,
    running_columns,
    tool_columns,
)
from tests.unit.nodes.outside import refusing


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(prog="corpus", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=corpus_folder(), help="default: CORPUS_DIR")
    parser.add_argument("--no-run", action="store_true", help="read and write only")
    parser.add_argument("--troubles", type=int, default=20, metavar="N", help="kinds of trouble to list")
    arguments = parser.parse_args()
    console = Console(width=None if Console().is_terminal else 160, soft_wrap=True)
    if not arguments.folder.is_dir():
        console.print(f"There is no corpus at {arguments.folder}: set CORPUS_DIR.")
        return 1
    return asyncio.run(_measure(console, arguments.folder, arguments.troubles, running=not arguments.no_run))


def shipped_tools() -> KnownTools:
    """The tools of the catalog, by all the names that app files have for them; none is called."""
    outside = refusing()
    world = ToolWorld(outside.egress, outside.documents, outside.files)
    return CatalogTools(ToolFileReader([catalog_dir() / "tools"]), world, {})


async def _measure(console: Console, folder: Path, shown: int, *, running: bool) -> int:
    files = corpus_files(folder)
    reads = [read_and_write(file) for file in files]
    tools = tools_of(reads, shipped_tools())
    columns = reading_columns(reads) | tool_columns(tools)
    shortfalls = reading_shortfalls(reads) + tool_shortfalls(tools)
    troubles = [("reading and writing", [(read.file.path.name, read.trouble) for read in reads])]
    missing: list[tuple[str, Trouble | None]] = [
        (each.file.path.name, Trouble("missing", name)) for each in tools for name in each.missing
    ]
    troubles.append(("tools that are not there", missing))
    if running:
        runs, answers = await run_all(reads), await answer_all(expectations(folder))
        columns |= running_columns(runs) | answer_columns(answers, files)
        shortfalls += running_shortfalls(runs)
        troubles.append(("running with everything outside mocked", [(run.file.path.name, run.trouble) for run in runs]))
        troubles.append(("known answers", [(one.expectation.path.name, one.trouble) for one in answers]))
    broken = broken_files(folder)
    crashed = await crashes(broken)
    shortfalls += [f"a broken file crashed: {said}" for said in crashed]
    print_table(console, files, columns)
    for title, found in troubles:
        print_troubles(console, title, found, shown=shown)
    console.print(f"\nbroken files: {len(broken) - len(crashed)} of {len(broken)} handled without a crash")
    _print_slowest(console, reads)
    for shortfall in shortfalls:
        console.print(f"BELOW THE BAR: {shortfall}", style="bold red", markup=False)
    return 1 if shortfalls else 0


def _print_slowest(console: Console, reads: list[ReadResult]) -> None:
    slowest = max(reads, key=lambda read: read.seconds, default=None)
    if slowest is not None:
        size = slowest.file.path.stat().st_size / 1000
        console.print(f"slowest to read: {slowest.file.path.name}, {size:.0f} kB in {slowest.seconds * 1000:.0f} ms")


if __name__ == "__main__":
    raise SystemExit(main())
