from pathlib import Path

import pytest

from tests.corpus.bars import reading_shortfalls, running_shortfalls, tool_shortfalls
from tests.corpus.comparing import same_tree
from tests.corpus.files import CorpusFile
from tests.corpus.measuring import RunResult, ToolsResult, crashes, read_and_write


def file(path: Path) -> CorpusFile:
    return CorpusFile(path, "A", path.name, "workflow")


def runs(finished: int, failed: int) -> list[RunResult]:
    one = file(Path("x.yml"))
    return [RunResult(one, True, True)] * finished + [RunResult(one, True, False)] * failed


@pytest.mark.parametrize(
    ("finished", "failed", "clears"),
    [(97, 3, True), (96, 4, False), (454, 14, True), (453, 15, False), (3, 0, True), (2, 1, False)],
)
def test_the_bar_for_runs_is_a_share_and_all_of_a_small_folder(finished: int, failed: int, clears: bool) -> None:
    assert (running_shortfalls(runs(finished, failed)) == []) is clears


@pytest.mark.parametrize(
    ("there", "missing", "clears"), [(60, 40, True), (59, 41, False), (0, 0, True), (86, 56, True)]
)
def test_the_bar_for_tools_is_a_share_of_the_files_that_call_any(there: int, missing: int, clears: bool) -> None:
    one = file(Path("x.yml"))
    measured = [ToolsResult(one, [])] * there + [ToolsResult(one, ["some/tool"])] * missing
    assert (tool_shortfalls(measured) == []) is clears


def test_a_single_refused_file_is_below_the_bar(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.yml", tmp_path / "bad.yml"
    good.write_text("app: {mode: chat}\nmodel_config: {a: 1}\n")
    bad.write_text("- no app\n")
    assert reading_shortfalls([read_and_write(file(good))]) == []
    refused = read_and_write(file(bad))
    assert refused.trouble is not None
    assert refused.trouble.code == "not_a_mapping"
    assert len(reading_shortfalls([read_and_write(file(good)), refused])) == 2


@pytest.mark.parametrize(
    ("one", "other"),
    [({"a": 1, "b": 2}, {"b": 2, "a": 1}), ({"a": 1}, {"a": 1.0}), ({"a": 1}, {"a": True}), ([1], [1, 2]), ("1", 1)],
)
def test_order_and_types_are_part_of_being_equal(one: object, other: object) -> None:
    assert same_tree(one, one)
    assert not same_tree(one, other)


@pytest.mark.anyio
async def test_a_refusal_is_no_crash_and_a_missing_file_is(tmp_path: Path) -> None:
    refused = tmp_path / "refused.yml"
    refused.write_text("- no app\n")
    assert await crashes([refused]) == []
    assert "FileNotFoundError" in (await crashes([tmp_path / "gone.yml"]))[0]
