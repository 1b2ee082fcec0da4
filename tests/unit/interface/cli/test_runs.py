"""`loomwork runs` on a data folder that no server has open."""

import pytest

from tests.unit.interface.cli.conftest import Cli


def test_a_workspace_without_runs_says_so(cli: Cli, greeting: str) -> None:
    cli("import", greeting)
    listed = cli("runs", "list")
    assert (listed.status, listed.out) == (0, "")
    assert "No runs." in listed.err


@pytest.mark.parametrize("command", [
    ("show", "nobody"),
    ("pause", "nobody"),
    ("resume", "nobody"),
    ("stop", "nobody"),
    ("answer", "nobody", "--action", "yes"),
    ("replay", "nobody"),
    ("replay", "nobody", "--output", "text=x"),
    ("replay", "nobody", "--output", "text"),
    ("replay", "nobody", "-i", "text"),
])  # fmt: skip
def test_a_run_that_is_not_there_or_an_argument_that_is_none_is_refused_in_one_line(
    cli: Cli, greeting: str, command: tuple[str, ...]
) -> None:
    cli("import", greeting)
    ended = cli("runs", *command)
    assert (ended.status, ended.out) == (2, "")
    assert len(ended.err.splitlines()) == 1
