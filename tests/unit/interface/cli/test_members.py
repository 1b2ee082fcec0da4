"""`loomwork workspaces`, `members` and `roles` on a data folder."""

from pathlib import Path

import pytest

from tests.unit.interface.cli.conftest import Cli

ADA, BOB = "ada@example.org", "bob@example.org"


@pytest.fixture
def app_id(cli: Cli, greeting: str) -> str:
    return str(cli("import", greeting, "--json").objects[0]["app_id"])


@pytest.fixture
def acme(cli: Cli, app_id: str) -> str:
    """Another workspace, with two members besides its owner."""
    [made] = cli("workspaces", "create", "Acme", "--json").objects
    for email in (ADA, BOB):
        assert cli("members", "add", email, "--role", "viewer", "--workspace", "acme").status == 0
    return str(made["id"])


def roles(cli: Cli, *where: str) -> dict[str, str]:
    return {each["email"]: each["role"] for each in cli("members", "list", "--json", *where).objects}


def test_a_workspace_in_use_is_meant_where_none_is_named(cli: Cli, acme: str) -> None:
    assert ADA not in roles(cli)
    assert "acme" in cli("workspaces", "use", "acme").err
    assert ADA in roles(cli)
    assert cli("apps", "list", "--json").objects == []
    assert ADA not in roles(cli, "--workspace", "default")
    assert cli("workspaces", "use", "nowhere").status == 2
    assert cli("workspaces", "delete", "acme", "--yes").status == 0
    told = cli("members", "list")
    assert told.status == 2
    assert "workspaces use default" in told.err
    assert cli("workspaces", "use", "default").status == 0
    assert len(cli("apps", "list", "--json").objects) == 1


def test_using_a_workspace_of_a_folder_without_any_makes_none(cli: Cli, tmp_path: Path) -> None:
    assert cli("workspaces", "use", "default", "--data", str(tmp_path / "none")).status == 2
    assert not (tmp_path / "none").exists()


def test_a_workspace_is_renamed_and_handed_on(cli: Cli, acme: str) -> None:
    [renamed] = cli("workspaces", "rename", "Acme Limited", "--slug", "acme-ltd", "--workspace", acme, "--json").objects
    assert (renamed["name"], renamed["slug"]) == ("Acme Limited", "acme-ltd")
    assert cli("workspaces", "rename", "--workspace", "acme-ltd").status == 2
    assert cli("workspaces", "transfer", ADA, "--workspace", "acme-ltd", "--yes").status == 0
    assert sorted(roles(cli, "--workspace", "acme-ltd").values()) == ["admin", "owner", "viewer"]
    assert roles(cli, "--workspace", "acme-ltd")[ADA] == "owner"
    assert cli("workspaces", "transfer", "nobody@example.org", "--workspace", "acme-ltd", "--yes").status == 2


def test_a_role_is_made_given_by_its_name_edited_and_deleted(cli: Cli, acme: str) -> None:
    there = ("--workspace", "acme")
    [made] = cli("roles", "create", "Publisher", "--permission", "apps.read", "--json", *there).objects
    assert cli("members", "role", ADA, "publisher", *there).status == 0
    assert roles(cli, *there)[ADA] == made["id"]
    words = ("--permission", "apps.read", "--permission", "apps.publish")
    [edited] = cli("roles", "edit", "Publisher", *words, "--json", *there).objects
    assert (edited["name"], edited["permissions"]) == ("Publisher", ["apps.publish", "apps.read"])
    [renamed] = cli("roles", "edit", made["id"], "--name", "Printer", "--json", *there).objects
    assert (renamed["name"], renamed["permissions"]) == ("Printer", ["apps.publish", "apps.read"])
    assert cli("roles", "edit", "Printer", *there).status == 2
    assert cli("roles", "edit", "viewer", "--name", "Looker", *there).status != 0
    assert cli("roles", "delete", "Printer", *there).status != 0
    assert cli("members", "role", ADA, "viewer", *there).status == 0
    assert cli("roles", "delete", "printer", *there).status == 0
    assert cli("roles", "delete", "printer", *there).status == 2


def test_what_is_granted_of_an_app_by_its_name_is_taken_back(cli: Cli, app_id: str) -> None:
    assert cli("members", "add", ADA, "--role", "viewer").status == 0
    assert cli("members", "grant", ADA, "Tested", "editor").status == 0
    [granted] = cli("members", "grants", "--json").objects
    assert (granted["app_id"], granted["role"]) == (app_id, "editor")
    assert cli("members", "ungrant", ADA, "Tested").status == 0
    assert cli("members", "grants", "--json").objects == []
    assert cli("members", "ungrant", ADA, app_id).status == 2
    assert cli("members", "remove", ADA).status == 0
    assert ADA not in roles(cli)


def test_an_app_is_named_by_its_name_wherever_its_id_is_asked(cli: Cli, app_id: str, greeting: str) -> None:
    assert app_id in cli("apps", "show", "Tested").out
    assert cli("keys", "create", "--app", "Tested").out.startswith("app-")
    assert cli("limits", "set", "3", "--app", "Tested", "--json").objects[0]["subject_id"] == app_id
    assert cli("apps", "show", "Untested").status == 2
    other = cli("import", greeting, "--json").objects[0]["app_id"]
    told = cli("apps", "show", "Tested")
    assert told.status == 2
    assert app_id in told.err
    assert other in told.err
