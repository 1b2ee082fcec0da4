from pathlib import Path

import pytest

from tests.corpus.bars import reading_shortfalls, running_shortfalls
from tests.corpus.files import broken_files, corpus_files
from tests.corpus.measuring import ReadResult, crashes, read_and_write, run_all


@pytest.fixture(scope="module")
def reads(corpus_dir: Path) -> list[ReadResult]:
    return [read_and_write(file) for file in corpus_files(corpus_dir)]


def test_every_file_is_accepted_and_written_back_equal(reads: list[ReadResult]) -> None:
    assert reads
    assert [(read.file.path.name, read.trouble) for read in reads if read.trouble] == []
    assert reading_shortfalls(reads) == []


@pytest.mark.anyio
async def test_enough_graph_apps_run_to_the_end_with_everything_outside_mocked(reads: list[ReadResult]) -> None:
    assert running_shortfalls(await run_all(reads)) == []


@pytest.mark.anyio
async def test_broken_files_never_crash_anything(corpus_dir: Path) -> None:
    assert await crashes(broken_files(corpus_dir)) == []
