"""`loomwork tools`, on a data folder."""

import json
from pathlib import Path

import pytest

from tests.unit.adapters.openapi.petstore import PETS
from tests.unit.interface.cli.conftest import Cli

OWN = """
id: own
label: Own
tools:
  - name: now
    description: What time it is.
    effect: read
    entry: clock:current_time
    parameters:
      timezone: {type: string, default: UTC}
      format: {type: string, default: "%Y"}
"""


@pytest.fixture(autouse=True)
def workspace(cli: Cli) -> None:
    """One to speak to: what only looks makes none."""
    assert cli("tools", "enable", "time").status == 0


def test_tools_are_listed_shown_and_called(cli: Cli) -> None:
    names = {tool["name"] for toolset in cli("tools", "list", "--json").objects for tool in toolset["tools"]}
    assert {"time/current_time", "calculator/eval_expression", "wikipedia/wikipedia_search"} <= names
    assert "calculator/eval_expression" in cli("tools", "list").out
    assert "expression (string, required)" in cli("tools", "show", "calculator").out
    assert cli("tools", "call", "calculator/eval_expression", "-i", "expression=2*21").out == "42\n"
    left = cli("tools", "call", "json_process/parse", "-i", 'content={"a": [1]}', "-i", "json_filter=$.a[0]", "--json")
    assert (left.status, left.objects[0]["text"], left.objects[0]["json"]) == (0, "1", [1])


def test_what_is_switched_off_is_not_called_until_it_is_on_again(cli: Cli) -> None:
    assert cli("tools", "disable", "time").status == 0
    ended = cli("tools", "call", "time/current_time")
    assert (ended.status, ended.out) == (1, "")
    assert "loomwork tools enable time" in ended.err
    assert cli("tools", "enable", "time").status == 0
    assert cli("tools", "call", "time/current_time").status == 0


def test_a_credential_is_stored_listed_and_removed(cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    key = tmp_path / "key.txt"
    key.write_text("tvly-very-secret-0001\n")
    with key.open() as piped:
        monkeypatch.setattr("sys.stdin", piped)
        made = cli("tools", "credentials", "set", "tavily", "--key-stdin")
    assert made.status == 0
    listed = cli("tools", "credentials", "list")
    assert "...0001" in listed.out
    assert "very-secret" not in made.out + made.err + listed.out
    assert cli("tools", "credentials", "remove", "tavily").status == 0
    assert cli("tools", "credentials", "remove", "tavily").status != 0


def test_a_file_of_ones_own_is_a_tool_at_once(cli: Cli, tmp_path: Path) -> None:
    cli("tools", "list")
    folder = tmp_path / "data" / "catalog" / "tools" / "own"
    folder.mkdir(parents=True)
    (folder / "tool.yml").write_text(OWN)
    assert cli("tools", "call", "own/now").out.strip().isdigit()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("call", "none/none"), "There is no tool"),
        (("call", "calculator/eval_expression"), "needs a value for 'expression'"),
        (("call", "time/current_time", "-i", "timezone"), "takes"),
        (("show", "none"), "There are no tools"),
        (("credentials", "set", "time"), "needs no credentials"),
    ],
)
def test_what_cannot_be_meant_is_said_in_a_line(cli: Cli, arguments: tuple[str, ...], says: str) -> None:
    ended = cli("tools", *arguments)
    assert ended.status != 0
    assert says in ended.err
    assert "Traceback" not in ended.err


def test_an_api_is_looked_at_added_shown_and_removed(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "pets.json"
    file.write_text(json.dumps(PETS))
    seen = cli("tools", "add", str(file), "--preview")
    assert seen.status == 0
    assert "nothing was kept" in seen.err
    assert "api.pet-store" not in cli("tools", "list").out
    said = ("--name", "Pets", "--auth", "basic", "--fixed", "list_pets.limit=3", "--effect", "add_pet=spend")
    made = cli("tools", "add", str(file), *said, "--only", "pets", "--only", "add_pet")
    assert made.status == 0
    assert "loomwork tools credentials set api.pets" in made.err
    shown = cli("tools", "show", "api.pets", "--json").objects[0]
    assert [(tool["name"], tool["effect"]) for tool in shown["tools"]] == [
        ("api.pets/list_pets", "read"),
        ("api.pets/add_pet", "spend"),
    ]
    assert list(shown["tools"][0]["input_schema"]["properties"]) == ["tag"]
    assert [field["name"] for field in shown["fields"]] == ["username", "password"]
    assert cli("tools", "remove", "pets").status == 0
    assert cli("tools", "remove", "pets").status == 2


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (("--auth", "magic"), "--auth takes none, basic"),
        (("--fixed", "limit"), "--fixed takes NAME=VALUE"),
        (("--effect", "add_pet=burn"), "effects"),
        (("--api-server", "nowhere"), "https://"),
    ],
)
def test_an_api_that_is_added_wrong_is_refused_in_a_sentence(
    cli: Cli, tmp_path: Path, said: tuple[str, str], sentence: str
) -> None:
    file = tmp_path / "pets.json"
    file.write_text(json.dumps(PETS))
    ended = cli("tools", "add", str(file), *said)
    assert (ended.status, ended.out) == (2, "")
    assert sentence in ended.err


def test_what_is_no_document_is_refused_in_a_sentence(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "none.yml"
    file.write_text("a: [1")
    ended = cli("tools", "add", str(file))
    assert ended.status == 2
    assert "no YAML" in ended.err
    assert cli("tools", "add", str(tmp_path / "missing.yml")).status == 2
    assert "not on the public internet" in cli("tools", "add", "http://127.0.0.1/api.json").err
