"""How providers of identity are set up by the environment."""

import pytest

from loomwork.bootstrap.settings import BadSetting, describe_settings, read_settings
from loomwork.bootstrap.workspace import sign_in_policy
from loomwork.nodes.ports import EgressRefused

CORP = {
    "LOOMWORK_SSO": "corp",
    "LOOMWORK_SSO_CORP_ISSUER": "https://id.example.org/realms/staff",
    "LOOMWORK_SSO_CORP_CLIENT_ID": "loomwork",
    "LOOMWORK_SSO_CORP_CLIENT_SECRET": "very secret",
}


def test_nothing_is_set_up_by_itself() -> None:
    assert read_settings({"LOOMWORK_SSO_CORP_ISSUER": "what is not named is not read"}).sso == ()


def test_a_provider_needs_an_issuer_and_a_client_and_lets_in_who_is_invited() -> None:
    (corp,) = read_settings(CORP).sso
    assert (corp.id, corp.label, corp.issuer) == ("corp", "corp", "https://id.example.org/realms/staff")
    assert (corp.scopes, corp.domains, corp.join) == (("openid", "email", "profile"), frozenset(), None)
    assert "very secret" not in repr(read_settings(CORP))


def test_several_stand_side_by_side_each_with_its_own() -> None:
    other = {
        "LOOMWORK_SSO": "corp, my-google",
        "LOOMWORK_SSO_MY_GOOGLE_ISSUER": "https://accounts.example.com/",
        "LOOMWORK_SSO_MY_GOOGLE_CLIENT_ID": "1234",
        "LOOMWORK_SSO_MY_GOOGLE_LABEL": "Google",
        "LOOMWORK_SSO_MY_GOOGLE_DOMAINS": "Example.org, example.com",
        "LOOMWORK_SSO_MY_GOOGLE_JOIN": "default:viewer",
        "LOOMWORK_SSO_MY_GOOGLE_SCOPES": "openid email",
    }
    _, google = read_settings(CORP | other).sso
    assert (google.issuer, google.client_secret, google.scopes) == (
        "https://accounts.example.com/",
        None,
        ("openid", "email"),
    )
    assert google.domains == {"example.org", "example.com"}
    assert google.join is not None
    assert (google.join.workspace, google.join.role) == ("default", "viewer")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("LOOMWORK_SSO", "Corp Inc"),
        ("LOOMWORK_SSO", "../corp"),
        ("LOOMWORK_SSO", "corp,nobody"),
        ("LOOMWORK_SSO_CORP_ISSUER", ""),
        ("LOOMWORK_SSO_CORP_ISSUER", "http://id.example.org"),
        ("LOOMWORK_SSO_CORP_ISSUER", "id.example.org"),
        ("LOOMWORK_SSO_CORP_ISSUER", "https://user@id.example.org"),
        ("LOOMWORK_SSO_CORP_ISSUER", "https://id.example.org/?a=b"),
        ("LOOMWORK_SSO_CORP_ISSUER", "https://[broken"),
        ("LOOMWORK_SSO_CORP_ISSUER", "https://id.example.org:99999"),
        ("LOOMWORK_SSO_CORP_CLIENT_ID", ""),
        ("LOOMWORK_SSO_CORP_LABEL", "x" * 61),
        ("LOOMWORK_SSO_CORP_SCOPES", "email"),
        ("LOOMWORK_SSO_CORP_SCOPES", 'openid "email'),
        ("LOOMWORK_SSO_CORP_DOMAINS", "*.example.org"),
        ("LOOMWORK_SSO_CORP_DOMAINS", "ann@example.org"),
        ("LOOMWORK_SSO_CORP_JOIN", "default:viewer"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(variable: str, value: str) -> None:
    with pytest.raises(BadSetting) as caught:
        read_settings(CORP | {variable: value})
    assert caught.value.message.startswith("LOOMWORK_SSO")
    assert "very secret" not in caught.value.message


@pytest.mark.parametrize("rule", ["default", "default:owner", ":viewer", "default:emperor", "default:"])
def test_strangers_never_join_as_owners_or_as_what_is_not_there(rule: str) -> None:
    with pytest.raises(BadSetting, match="LOOMWORK_SSO_CORP_JOIN"):
        read_settings(CORP | {"LOOMWORK_SSO_CORP_DOMAINS": "example.org", "LOOMWORK_SSO_CORP_JOIN": rule})


def test_two_providers_of_one_issuer_are_refused() -> None:
    other = {name.replace("_CORP_", "_AGAIN_"): value for name, value in CORP.items()}
    with pytest.raises(BadSetting, match="asked by one"):
        read_settings(other | CORP | {"LOOMWORK_SSO": "corp,again"})


def test_the_settings_are_shown_without_the_secret() -> None:
    lines = {line.name: line for line in describe_settings(read_settings(CORP))}
    assert lines["LOOMWORK_SSO"].value == "corp"
    assert lines["LOOMWORK_SSO_CORP_CLIENT_SECRET"].value == "set"
    assert "very secret" not in repr(lines)


def test_whoever_names_an_issuer_vouches_for_its_host_and_for_no_other() -> None:
    inside = CORP | {"LOOMWORK_SSO_CORP_ISSUER": "https://10.0.0.7:8443"}
    policy = sign_in_policy(read_settings(inside))
    assert policy.target("https://10.0.0.7:8443/keys").allowed
    for elsewhere in ("https://10.0.0.8:8443/keys", "https://10.0.0.7/keys", "http://127.0.0.1:80/"):
        with pytest.raises(EgressRefused):
            policy.target(elsewhere)
