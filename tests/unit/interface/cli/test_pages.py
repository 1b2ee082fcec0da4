"""Lists that come in pages, at a terminal."""

from collections.abc import Mapping, Sequence

import pytest

from tests.unit.interface.cli.conftest import Cli

LISTS: Mapping[tuple[str, ...], Sequence[tuple[str, ...]]] = {
    ("keys", "list"): [("keys", "create")] * 3,
    ("members", "list"): [("members", "add", f"{name}@example.org") for name in ("ada", "ben")],
    ("roles", "list"): [],
    ("people", "invitations"): [("people", "invite", f"{name}@example.org") for name in ("cleo", "dan", "eve")],
    ("models", "budgets", "list"): [("models", "budgets", "set", str(limit)) for limit in (10, 20, 30)],
}
"""Each list, and what puts something in it."""


@pytest.mark.parametrize("listing", LISTS, ids=" ".join)
def test_a_list_is_shown_page_by_page_and_says_where_it_goes_on(
    cli: Cli, greeting: str, listing: tuple[str, ...]
) -> None:
    assert cli("import", greeting).status == 0
    for command in LISTS[listing]:
        assert cli(*command).status == 0
    whole = [each["id"] for each in cli(*listing, "--json").objects]
    assert len(whole) > 2
    first = cli(*listing, "--limit", "2", "--json")
    assert [each["id"] for each in first.objects] == whole[:2]
    assert f"There are more: --after {whole[1]}" in first.err
    rest = cli(*listing, "--after", whole[1], "--json")
    assert [each["id"] for each in rest.objects] == whole[2:]
    assert "There are more" not in rest.err
    assert cli(*listing, "--limit", "0").status == 2


def test_lists_are_narrowed_by_what_is_asked_for(cli: Cli, greeting: str) -> None:
    assert cli("import", greeting).status == 0
    cli("members", "add", "ada@example.org", "--role", "editor")
    cli("members", "add", "ben@example.org", "--role", "viewer")
    assert [each["email"] for each in cli("members", "list", "--role", "Editor", "--json").objects] == [
        "ada@example.org"
    ]
    assert [each["email"] for each in cli("members", "list", "--search", "BEN", "--json").objects] == [
        "ben@example.org"
    ]
    cli("keys", "create")
    [key] = cli("keys", "list", "--json").objects
    cli("keys", "revoke", key["id"])
    assert cli("keys", "list", "--state", "valid", "--json").objects == []
    assert len(cli("keys", "list", "--state", "revoked", "--json").objects) == 1
    cli("models", "budgets", "set", "5", "--end-user", "zoe")
    cli("models", "budgets", "set", "9")
    [budget] = cli("models", "budgets", "list", "--for", "end_user", "--id", "zoe", "--json").objects
    assert budget["subject_id"] == "zoe"
    assert cli("people", "invitations", "--state", "ripe").status == 2
