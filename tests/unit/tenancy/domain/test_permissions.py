"""Roles, what they hold, and what may be given on."""

import pytest

from loomwork.kernel.errors import InvalidInput, NotAllowed
from loomwork.tenancy.domain import (
    BUILT_IN,
    OF_APPS,
    PERMISSIONS,
    BuiltInRole,
    Permission,
    Standing,
    refuse_more_than,
    to_permissions,
)


def test_an_owner_may_do_everything_and_an_admin_all_but_give_the_workspace_away() -> None:
    assert BUILT_IN["owner"] == PERMISSIONS
    assert PERMISSIONS - BUILT_IN["admin"] == {"workspace.delete", "workspace.transfer", "installation.manage"}


@pytest.mark.parametrize(
    ("role", "may", "may_not"),
    [
        ("editor", ["apps.edit", "apps.publish", "apps.delete", "apps.keys", "runs.act"], ["members.manage"]),
        ("editor", ["models.read", "members.read"], ["models.manage", "budgets.manage", "keys.manage", "audit.read"]),
        ("operator", ["apps.run", "apps.publish", "runs.act", "audit.read"], ["apps.edit", "apps.delete", "apps.keys"]),
        ("viewer", ["apps.read", "runs.read", "members.read", "audit.read"], ["apps.run", "runs.act", "models.use"]),
    ],
)
def test_a_role_holds_what_its_name_says(role: BuiltInRole, may: list[Permission], may_not: list[Permission]) -> None:
    assert set(may) <= BUILT_IN[role]
    assert not set(may_not) & BUILT_IN[role]


def test_a_viewer_changes_nothing() -> None:
    assert all(permission.endswith(".read") for permission in BUILT_IN["viewer"])


def test_a_grant_is_for_its_app_alone() -> None:
    standing = Standing("viewer", BUILT_IN["viewer"], {"a": BUILT_IN["editor"] & OF_APPS})
    assert standing.may("apps.edit", "a")
    assert not standing.may("apps.edit", "b")
    assert not standing.may("apps.edit")
    assert standing.may_somewhere("apps.edit")
    assert standing.apps_with("apps.edit") == frozenset({"a"})
    assert standing.apps_with("apps.read") is None
    assert standing.may("apps.read", "b")


def test_a_grant_gives_nothing_of_the_workspace() -> None:
    assert not OF_APPS & {"workspace.read", "members.manage", "models.manage", "keys.manage", "audit.read"}


def test_the_scopes_of_a_key_only_take_away() -> None:
    standing = Standing("viewer", frozenset({"apps.read"}), {"a": frozenset({"apps.edit"})})
    assert standing.only(None) == standing
    scoped = standing.only(frozenset({"apps.read", "apps.delete"}))
    assert scoped.permissions == {"apps.read"}
    assert not scoped.may("apps.edit", "a")
    assert not scoped.may("apps.delete", "a")


def test_nobody_gives_more_than_they_have() -> None:
    refuse_more_than(BUILT_IN["admin"], BUILT_IN["editor"])
    with pytest.raises(NotAllowed, match=r"workspace\.delete"):
        refuse_more_than(BUILT_IN["admin"], BUILT_IN["owner"])


def test_a_word_that_is_no_permission_is_refused_by_name() -> None:
    assert to_permissions(["apps.read", "runs.read"]) == {"apps.read", "runs.read"}
    with pytest.raises(InvalidInput, match=r"apps\.fly"):
        to_permissions(["apps.read", "apps.fly"])
