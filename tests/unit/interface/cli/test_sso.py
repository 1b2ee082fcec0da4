"""`sso` on a data folder, with a provider on a real socket."""

from collections.abc import Iterator

import pytest

from tests.openid_server import CLIENT, SECRET, Provider, openid_server
from tests.unit.interface.cli.conftest import Cli


@pytest.fixture
def corp() -> Iterator[Provider]:
    with openid_server() as provider:
        yield provider


@pytest.fixture
def given(corp: Provider, cli: Cli) -> dict[str, str]:
    cli("people", "invite", "ann@example.org")
    return {
        "LOOMWORK_SSO": "corp",
        "LOOMWORK_SSO_CORP_ISSUER": corp.url,
        "LOOMWORK_SSO_CORP_CLIENT_ID": CLIENT,
        "LOOMWORK_SSO_CORP_CLIENT_SECRET": SECRET,
        "LOOMWORK_PUBLIC_URL": "https://studio.example.org",
    }


def test_what_is_set_up_is_listed_without_its_secret(cli: Cli, given: dict[str, str], corp: Provider) -> None:
    ended = cli("sso", "list", "--json", **given)
    [listed] = ended.objects
    assert (listed["id"], listed["issuer"], listed["join"]) == ("corp", corp.url, "")
    assert listed["redirect_uri"] == "https://studio.example.org/sign-in/sso/corp/callback"
    assert SECRET not in ended.out + ended.err
    assert "who is invited" in cli("sso", "list", **given).out
    assert "Set LOOMWORK_SSO" in cli("sso", "list").err


def test_a_sound_provider_is_found_sound(cli: Cli, given: dict[str, str]) -> None:
    ended = cli("sso", "test", **given)
    assert (ended.status, ended.out) == (0, "")
    assert "come back to https://studio.example.org/sign-in/sso/corp/callback" in ended.err
    assert {each["is_good"] for each in cli("sso", "test", "corp", "--json", **given).objects} == {True}


def test_what_is_wrong_is_said_and_is_the_exit_status(cli: Cli, given: dict[str, str], corp: Provider) -> None:
    corp.metadata = {"issuer": "https://id.example.org/\x1b[31m"}
    ended = cli("sso", "test", **given)
    assert ended.status == 1
    assert "calls itself" in ended.err
    assert "\x1b" not in ended.err
    assert cli("sso", "test", "nobody", **given).status == 2
    assert cli("sso", "test", **(given | {"LOOMWORK_SSO_CORP_ISSUER": "http://id.example.org"})).status == 2
