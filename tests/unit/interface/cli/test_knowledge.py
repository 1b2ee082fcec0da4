"""`loomwork knowledge`, on a data folder of its own."""

from pathlib import Path

import pytest

from tests.unit.interface.cli.conftest import Cli


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "hours.md").write_text("# Hours\n\nThe office opens at nine.\n", encoding="utf-8")
    (folder / "trams.txt").write_text("Trams leave every hour.\n", encoding="utf-8")
    (folder / "empty.txt").write_bytes(b"")
    (folder / ".hidden").write_text("Nobody asks for this.", encoding="utf-8")
    return folder


@pytest.fixture
def handbook(cli: Cli) -> str:
    [base] = cli("knowledge", "create", "Handbook", "--embedding-model", "debug/embedding", "--json").objects
    return str(base["id"])


def test_a_folder_is_added_indexed_and_searched(cli: Cli, handbook: str, papers: Path) -> None:
    added = cli("knowledge", "add", str(papers), "--to", "Handbook")
    assert "2 of 2 documents are indexed in Handbook" in added.err
    assert "empty.txt is empty" in added.err
    documents = cli("knowledge", "documents", "Handbook", "--json").objects
    assert {(each["name"], each["state"]) for each in documents} == {("hours.md", "indexed"), ("trams.txt", "indexed")}
    [found] = cli("knowledge", "search", handbook, "office opens nine", "--json").objects
    assert found["data"][0]["document_name"] == "hours.md"
    said = cli("knowledge", "search", "Handbook", "office opens nine", "--top", "1").out
    assert "hours.md" in said
    assert "The office opens at nine." in said
    assert "2/2" in cli("knowledge", "list").out


def test_a_file_that_cannot_be_read_is_named_with_its_reason(cli: Cli, handbook: str, tmp_path: Path) -> None:
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.4 and nothing else")
    added = cli("knowledge", "add", str(broken), "--to", handbook)
    assert "broken.pdf:" in added.err
    assert "0 of 1 documents are indexed" in added.err


def test_a_base_is_renamed_known_by_other_ids_and_removed(cli: Cli, handbook: str) -> None:
    [changed] = cli("knowledge", "set", "Handbook", "--name", "Manual", "--alias", "d-1", "--json").objects
    assert (changed["name"], changed["aliases"]) == ("Manual", ["d-1"])
    assert cli("knowledge", "create", "Manual").status == 1
    cli("knowledge", "remove", "Manual")
    assert cli("knowledge", "list", "--json").objects == []
    assert "There is no knowledge yet" in cli("knowledge", "list").err


def test_how_a_base_answers_is_set_by_name_and_put_back(cli: Cli, handbook: str) -> None:
    wanted = ("--retrieval", "top_k=8", "--retrieval", "filter_model=debug/echo")
    [changed] = cli("knowledge", "set", handbook, *wanted, "--json").objects
    assert (changed["retrieval"]["top_k"], changed["retrieval"]["filter_model"]) == (8, "debug/echo")
    [changed] = cli("knowledge", "set", handbook, "--retrieval", "top_k=", "--json").objects
    assert (changed["retrieval"]["top_k"], changed["retrieval"]["filter_model"]) == (5, "debug/echo")
    assert (
        "There is no 'topk' to set. There are: method,"
        in cli("knowledge", "set", handbook, "--retrieval", "topk=2").err
    )
    assert cli("knowledge", "set", handbook, "--retrieval", "top_k=many").status == 2


def test_what_is_not_there_is_said(cli: Cli, handbook: str, tmp_path: Path) -> None:
    assert "There is no knowledge base 'Nothing'" in cli("knowledge", "search", "Nothing", "why").err
    assert cli("knowledge", "add", str(tmp_path / "nowhere")).status == 2
    assert "zvec" in cli("knowledge", "move", "Handbook", "--store", "nowhere").err
