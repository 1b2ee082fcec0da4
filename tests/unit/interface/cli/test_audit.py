"""`loomwork audit`, on a data folder and over a server."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.unit.interface.cli.conftest import Cli


@pytest.fixture
def app_id(cli: Cli, greeting: str) -> str:
    return str(cli("import", greeting, "--publish", "--json").objects[0]["app_id"])


def test_what_was_done_is_listed_newest_first_and_printed_oldest_first(cli: Cli, app_id: str) -> None:
    listed = cli("audit", "list", "--json").objects
    assert [entry["number"] for entry in listed] == list(range(len(listed), 0, -1))
    assert {"app.created", "app.published", "key.created"} <= {entry["action"] for entry in listed}
    assert {entry["via"] for entry in listed} == {"cli", "system"}
    assert cli("audit", "export").objects == list(reversed(listed))
    assert app_id in cli("audit", "list").out


def test_the_list_is_narrowed_by_options(cli: Cli, app_id: str) -> None:
    assert [entry["action"] for entry in cli("audit", "list", "--action", "key", "--json").objects] == ["key.created"]
    assert {entry["object"]["id"] for entry in cli("audit", "list", "--to", app_id, "--json").objects} == {app_id}
    assert len(cli("audit", "list", "--limit", "1", "--json").objects) == 1
    assert cli("audit", "list", "--until", "2020-01-31", "--json").out == ""
    assert "Nothing of the kind" in cli("audit", "list", "--search", "no such word").err


@pytest.mark.parametrize("when", ["yesterday", "0001-01-01T00:00:00+14:00", "x" * 5000])
def test_a_moment_that_is_none_is_refused_in_a_line(cli: Cli, app_id: str, when: str) -> None:
    ended = cli("audit", "list", "--since", when)
    assert (ended.status, ended.out, len(ended.err.splitlines())) == (2, "", 1)


def test_a_trail_is_proved_and_held_against_what_was_noted(cli: Cli, app_id: str) -> None:
    first = cli("audit", "verify")
    assert first.status == 0
    noted = first.out.strip()
    assert cli("audit", "verify", "--noted", noted).status == 0
    number = noted.split(":")[0]
    ended = cli("audit", "verify", "--noted", f"{number}:{'0' * 64}", "--json")
    assert (ended.status, ended.objects[0]["problem"]) == (1, {"number": int(number), "kind": "replaced"})


@pytest.mark.parametrize("noted", ["", "1", "x:" + "0" * 64, "1:0", "0:" + "0" * 64, "1:" + "g" * 64, "٣:" + "0" * 64])
def test_a_note_that_is_none_is_refused_in_a_line(cli: Cli, app_id: str, noted: str) -> None:
    ended = cli("audit", "verify", "--noted", noted)
    assert (ended.status, len(ended.err.splitlines())) == (2, 1)


def test_a_trail_that_was_tampered_with_is_said_to_be(cli: Cli, app_id: str, environment: dict[str, str]) -> None:
    with closing(sqlite3.connect(Path(environment["LOOMWORK_DATA"]) / "loomwork.db")) as file:
        file.executescript(
            "DROP TRIGGER refuse_audit_change; UPDATE audit_entries SET actor_id = 'another' WHERE number = 2"
        )
    ended = cli("audit", "verify")
    assert ended.status == 1
    assert "entry 2 was changed" in ended.err
