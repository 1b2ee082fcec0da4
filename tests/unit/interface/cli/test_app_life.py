"""Versions, tags, retention, logs and annotations on a data folder."""

import pytest

from tests.unit.interface.cli.conftest import Cli


@pytest.fixture
def app_id(cli: Cli, greeting: str) -> str:
    return str(cli("import", greeting, "--json").objects[0]["app_id"])


def test_versions_are_published_listed_promoted_noted_and_restored(cli: Cli, app_id: str) -> None:
    assert cli("apps", "publish", app_id, "--environment", "dev", "--notes", "The first.\nReally.").status == 0
    listed = cli("apps", "versions", app_id)
    assert "dev" in listed.out
    assert "The first." in listed.out
    assert "Really." not in listed.out
    refused = cli("apps", "promote", app_id, "prod")
    assert (refused.status, len(refused.err.splitlines())) == (1, 1)
    assert cli("apps", "promote", app_id, "staging", "--json").objects[0]["number"] == 1
    assert "prod" in cli("apps", "promote", app_id, "prod", "--version", "1").out
    assert cli("apps", "note", app_id, "1", "Kept.").status == 0
    [version] = cli("apps", "versions", app_id, "--json").objects
    assert (version["notes"], version["environments"]) == ("Kept.", ["dev", "staging", "prod"])
    assert cli("apps", "restore", app_id, "1").status == 0
    assert cli("apps", "show", app_id, "--json").objects[0]["app"]["published_version"] == 1


def test_the_draft_is_compared_with_the_newest_version(cli: Cli, app_id: str) -> None:
    none = cli("apps", "diff", app_id)
    assert (none.status, none.out) == (2, "")
    cli("apps", "publish", app_id)
    same = cli("apps", "diff", app_id)
    assert (same.status, same.out) == (0, "")
    assert "They mean the same." in same.err
    assert cli("apps", "diff", app_id, "1", "draft", "--json").objects[0]["nodes"] == []
    for odd in ("first", "-1", "9" * 30):
        assert cli("apps", "diff", app_id, "--", odd).status == 2


def test_apps_are_copied_tagged_and_found_by_their_tags(cli: Cli, app_id: str) -> None:
    assert cli("apps", "tag", app_id, "summer", "support").status == 0
    [copy] = cli("apps", "duplicate", app_id, "--name", "Another", "--json").objects
    tagged = cli("apps", "list", "--tag", "summer", "--json").objects
    assert {app["id"] for app in tagged} == {app_id, copy["app_id"]}
    assert [app["tags"] for app in tagged] == [["summer", "support"]] * 2
    assert "Tested 2" in cli("apps", "duplicate", app_id).out
    assert cli("apps", "tag", app_id).status == 0
    assert [app["id"] for app in cli("apps", "list", "--tag", "summer", "--json").objects].count(app_id) == 0
    assert cli("apps", "tag", app_id, "two\nlines").status == 2


def test_how_long_runs_are_kept_is_set_and_taken_back(cli: Cli, app_id: str) -> None:
    assert cli("retention", "show").out == "For ever.\n"
    assert cli("retention", "set", "90").status == 0
    assert cli("retention", "set", "7", "--app", app_id).status == 0
    assert cli("retention", "show").out == "90 days\n"
    assert cli("retention", "show", "--app", app_id, "--json").objects == [{"days": 7}]
    assert cli("retention", "set", "forever", "--app", app_id).status == 0
    assert cli("retention", "show", "--app", app_id).out == "No rule.\n"
    for odd in ("0", "-1", "many", "9" * 40):
        refused = cli("retention", "set", "--", odd)
        assert (refused.status, refused.out) == (2, "")


def test_annotations_are_added_listed_edited_and_deleted(cli: Cli, app_id: str) -> None:
    said = ("--question", "When?", "--answer", "At nine.")
    [made] = cli("annotations", "add", app_id, *said, "--json").objects
    assert "At nine." in cli("annotations", "list", app_id).out
    assert cli("annotations", "list", app_id, "--search", "where", "--json").out == ""
    assert cli("annotations", "edit", app_id, made["id"], "--question", "When?", "--answer", "At ten.").status == 0
    assert cli("annotations", "list", app_id, "--json").objects[0]["answer"] == "At ten."
    assert cli("annotations", "delete", app_id, made["id"]).status == 0
    assert cli("annotations", "delete", app_id, made["id"]).status == 2
    assert "No annotations." in cli("annotations", "list", app_id).err


def test_a_workspace_in_which_nothing_was_said_says_so(cli: Cli, app_id: str) -> None:
    assert "No messages." in cli("messages", "list", "--app", app_id, "--rating", "like", "--since", "2026-01-31").err
    assert "No runs." in cli("runs", "list", "--status", "failed", "--status", "stopped", "--search", "x").err


@pytest.mark.parametrize("command", [
    ("messages", "list", "--rating", "meh"),
    ("messages", "list", "--since", "yesterday"),
    ("messages", "list", "--version", "x"),
    ("messages", "list", "--environment", "moon"),
    ("messages", "list", "--app", "nobody"),
    ("messages", "show", "nobody"),
    ("messages", "rate", "nobody", "like"),
    ("messages", "rate", "nobody", "meh"),
    ("annotations", "list", "nobody"),
    ("apps", "versions", "nobody"),
    ("apps", "promote", "nobody", "moon"),
    ("apps", "publish", "nobody", "--environment", "moon"),
    ("apps", "restore", "nobody", "1"),
    ("apps", "duplicate", "nobody"),
    ("apps", "tag", "nobody", "x"),
    ("retention", "set", "1", "--app", "nobody"),
    ("runs", "list", "--until", "whenever"),
])  # fmt: skip
def test_what_is_not_there_or_means_nothing_is_refused_in_one_line(
    cli: Cli, app_id: str, command: tuple[str, ...]
) -> None:
    ended = cli(*command)
    assert (ended.status, ended.out) == (2, "")
    assert len(ended.err.splitlines()) == 1
