"""The bars that a corpus must clear."""

import math
from collections.abc import Sequence

from tests.corpus.measuring import ReadResult, RunResult, ToolsResult

RUNS_WANTED = 0.97
"""The share of graph files that run to the end with everything outside mocked, their code really running. Some are
broken as they are.
"""

TOOLS_WANTED = 0.60
"""The share of the files with tool nodes all of whose tools come with Loomwork. The others call services of their
makers, or what their workspace has added.
"""


def reading_shortfalls(reads: Sequence[ReadResult]) -> list[str]:
    """Every file is accepted, and written back equal."""
    accepted = sum(read.document is not None for read in reads)
    equal = sum(read.equal for read in reads)
    found = []
    if accepted < len(reads):
        found.append(f"{accepted} of {len(reads)} files are accepted; all must be")
    if equal < len(reads):
        found.append(f"{equal} of {len(reads)} files are written back equal; all must be")
    return found


def running_shortfalls(runs: Sequence[RunResult]) -> list[str]:
    """Nearly all graph files run to the end."""
    finished, wanted = sum(run.finished for run in runs), math.ceil(RUNS_WANTED * len(runs))
    return [f"{finished} graph files run to the end; {wanted} must"] if finished < wanted else []


def tool_shortfalls(tools: Sequence[ToolsResult]) -> list[str]:
    """Most files find all their tools here."""
    found, wanted = sum(not each.missing for each in tools), math.ceil(TOOLS_WANTED * len(tools))
    return [f"{found} of {len(tools)} files find their tools; {wanted} must"] if found < wanted else []
