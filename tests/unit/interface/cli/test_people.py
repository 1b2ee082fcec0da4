"""`people` on a data folder, and `up` on addresses that others reach."""

import io
from pathlib import Path

import pytest

from tests.unit.interface.cli.conftest import Cli

ANN, PASSWORD = "ann@example.org", "four words that rhyme"


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A password comes out of a pipe."""
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))


def test_the_owner_is_given_a_password_which_is_never_shown(cli: Cli, typed: None) -> None:
    ended = cli("people", "password", "Ann@Example.org")
    assert ended.status == 0
    assert f"Owner signs in with {ANN}" in ended.err
    assert PASSWORD not in ended.err + ended.out


def test_a_password_that_would_be_guessed_is_refused(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    for given in ("short\n", "", "\n"):
        monkeypatch.setattr("sys.stdin", io.StringIO(given))
        ended = cli("people", "password", ANN)
        assert (ended.status, ended.out) == (2, "")
        assert "10 to 1000 characters" in ended.err


def test_a_link_for_a_new_password_leads_to_where_the_server_is(cli: Cli, typed: None) -> None:
    assert cli("people", "password-link", ANN).status == 2
    cli("people", "password", ANN)
    [made] = cli("people", "password-link", ANN, "--json", LOOMWORK_PUBLIC_URL="https://loom.example/").objects
    assert made["link"].startswith("https://loom.example/new-password#token=")
    assert "Nobody here" in cli("people", "password-link", "ben@example.org").err


def test_somebody_is_invited_listed_and_uninvited(cli: Cli) -> None:
    [made] = cli("people", "invite", ANN, "--role", "editor", "--json").objects
    assert made["link"].startswith("http://127.0.0.1:8700/join#token=")
    assert made["link"] in made["mail"]
    [listed] = cli("people", "invitations", "--json").objects
    assert (listed["id"], listed["email"], listed["role"], listed["state"]) == (made["id"], ANN, "editor", "open")
    assert cli("people", "revoke-invitation", made["id"]).status == 0
    assert "revoked" in cli("people", "invitations").out
    for refused in (("invite", ANN, "--role", "emperor"), ("invite", "nobody"), ("revoke-invitation", "never")):
        ended = cli("people", *refused)
        assert (ended.status, ended.out, len(ended.err.splitlines())) == (2, "", 1)


def test_up_does_not_listen_to_others_before_there_is_an_owner_with_a_password(cli: Cli, tmp_path: Path) -> None:
    for host in ("0.0.0.0", "::", "192.0.2.1", "loom.example"):
        ended = cli("up", "--host", host)
        assert (ended.status, len(ended.err.splitlines())) == (2, 1)
        assert "loomwork people password" in ended.err
    assert not (tmp_path / "data").exists()
