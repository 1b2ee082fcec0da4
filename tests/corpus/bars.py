"""The bars that a corpus must clear."""

from collections.abc import Sequence

from tests.corpus.measuring import ReadResult, RunResult

RUNS_WANTED = 200
"""Graph files that run to the end with everything outside mocked; all of them where a folder has fewer."""


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
    """Enough graph files run to the end."""
    finished, wanted = sum(run.finished for run in runs), min(RUNS_WANTED, len(runs))
    return [f"{finished} graph files run to the end; {wanted} must"] if finished < wanted else []
