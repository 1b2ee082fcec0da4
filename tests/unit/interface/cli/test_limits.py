"""`loomwork limits`, and budgets of end users, on a data folder."""

import pytest

from tests.unit.interface.cli.conftest import Cli


@pytest.fixture(autouse=True)
def workspace(cli: Cli, greeting: str) -> None:
    assert cli("import", greeting, "--json").status == 0


def test_limits_are_set_replaced_listed_and_removed(cli: Cli) -> None:
    assert "No limits" in cli("limits", "list").err
    [made] = cli("limits", "set", "600", "--json").objects
    assert (made["subject"], made["subject_id"], made["measure"], made["most"]) == ("workspace", "", "requests", 600)
    [again] = cli("limits", "set", "700", "--json").objects
    assert (again["id"], again["most"]) == (made["id"], 700)
    told = cli("limits", "set", "2", "--measure", "runs", "--end-user", "*")
    assert "2 runs at once for each end user" in told.err
    assert "700 requests a minute" in cli("limits", "list").out
    assert len(cli("limits", "list", "--json").objects) == 2
    assert cli("limits", "remove", made["id"]).status == 0
    assert [each["measure"] for each in cli("limits", "list", "--json").objects] == ["runs"]


@pytest.mark.parametrize(
    "given",
    [("0",), ("many",), ("1", "--measure", "wishes"), ("1", "--app", "a", "--end-user", "b"), ("1", "--app", "")],
)
def test_what_cannot_be_a_limit_is_refused(cli: Cli, given: tuple[str, ...]) -> None:
    told = cli("limits", "set", *given)
    assert (told.status, told.out) == (2, "")
    assert cli("limits", "list", "--json").out == ""


def test_a_limit_that_is_not_there_cannot_be_removed(cli: Cli) -> None:
    assert cli("limits", "remove", "nothing").status == 2


def test_a_budget_is_set_for_an_end_user(cli: Cli) -> None:
    [made] = cli("models", "budgets", "set", "5", "--end-user", "ann", "--json").objects
    assert (made["subject"], made["subject_id"]) == ("end_user", "ann")
    assert cli("models", "budgets", "set", "5", "--end-user", "ann", "--app", "an-app").status == 2
