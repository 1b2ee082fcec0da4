"""Settings: read once, each with a default and a meaning, refused in one sentence that names the variable."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from loomwork.bootstrap.settings import (
    VARIABLES,
    BadSetting,
    Settings,
    describe_settings,
    is_loopback,
    read_settings,
)
from loomwork.bootstrap.wiring import run_limits
from loomwork.engine import RunLimits


def card(**about: Any) -> Any:
    return SimpleNamespace(**{"label": "Vendor", "endpoint": None, "endpoint_env": None, "credentials": {}, **about})


def test_an_empty_environment_gives_the_defaults() -> None:
    settings = read_settings({"HOME": "/home/somebody"})
    assert (settings.data, settings.host, settings.port) == (Path("data"), "127.0.0.1", 8700)
    assert settings.default_model == "local/qwen2.5-coder-0.5b"
    assert settings.database_url == f"sqlite:///{Path('data/loomwork.db').absolute()}"


def test_a_variable_that_is_empty_counts_as_absent() -> None:
    assert read_settings({"LOOMWORK_PORT": "  "}).port == 8700


def test_an_option_goes_before_its_variable() -> None:
    assert read_settings({"LOOMWORK_PORT": "1"}, port="2").port == 2


def test_the_database_lies_in_the_data_folder_unless_a_url_is_given() -> None:
    assert read_settings({"LOOMWORK_DATA": "/srv/lw"}).database_url == "sqlite:////srv/lw/loomwork.db"
    assert read_settings({"LOOMWORK_DATABASE_URL": "sqlite:///x.db"}).database_url == "sqlite:///x.db"


def test_the_cache_is_the_users_own() -> None:
    assert read_settings({"XDG_CACHE_HOME": "/caches"}).cache_dir == Path("/caches/loomwork")
    assert read_settings({"XDG_CACHE_HOME": "relative"}).cache_dir == Path.home() / ".cache" / "loomwork"
    assert read_settings({"LOOMWORK_CACHE_DIR": "/mine"}).cache_dir == Path("/mine")


def test_lists_are_separated_by_commas() -> None:
    settings = read_settings(
        {"LOOMWORK_ALLOWED_HOSTS": "a.example, b.example,", "LOOMWORK_ALLOWED_ORIGINS": "https://a.example/"}
    )
    assert settings.allowed_hosts == {"a.example", "b.example"}
    assert settings.allowed_origins == {"https://a.example"}


def test_hosts_that_apps_may_ask_are_named_with_their_ports() -> None:
    settings = read_settings({"LOOMWORK_EGRESS_ALLOW": "CRM.internal:8080,[::1]:9000"})
    assert settings.egress_allow == {"crm.internal:8080", "[::1]:9000"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LOOMWORK_PORT", "http"),
        ("LOOMWORK_PORT", "0"),
        ("LOOMWORK_PORT", "65536"),
        ("LOOMWORK_PORT", "9" * 5000),
        ("LOOMWORK_PORT", "²"),
        ("LOOMWORK_HOST", "http://127.0.0.1"),
        ("LOOMWORK_HOST", "a b"),
        ("LOOMWORK_PUBLIC_URL", "loom.example"),
        ("LOOMWORK_PUBLIC_URL", "https://loom.example/path"),
        ("LOOMWORK_PUBLIC_URL", "https://ann:secret@loom.example"),
        ("LOOMWORK_PUBLIC_URL", "https://loom.example?a=b"),
        ("LOOMWORK_LOCAL_IDLE_SECONDS", "-1"),
        ("LOOMWORK_LOCAL_IDLE_SECONDS", "nan"),
        ("LOOMWORK_LOCAL_IDLE_SECONDS", "inf"),
        ("LOOMWORK_DEFAULT_MODEL", "gpt"),
        ("LOOMWORK_LOG_LEVEL", "loud"),
        ("LOOMWORK_DATABASE_URL", "mysql://h/x"),
        ("LOOMWORK_DATABASE_URL", "postgresql:h/x"),
        ("LOOMWORK_DATABASE_URL", "x.db"),
        ("LOOMWORK_ALLOWED_HOSTS", "https://a.example"),
        ("LOOMWORK_ALLOWED_ORIGINS", "a.example"),
        ("LOOMWORK_ALLOWED_ORIGINS", "https://a.example/path"),
        ("LOOMWORK_ALLOWED_ORIGINS", "http://[::1"),
        ("LOOMWORK_EGRESS_ALLOW", "crm.internal"),
        ("LOOMWORK_EGRESS_ALLOW", "crm.internal:http"),
        ("LOOMWORK_EGRESS_ALLOW", "::1:80"),
        ("LOOMWORK_EGRESS_ALLOW", ":80"),
        ("LOOMWORK_RUN_STEPS", "0"),
        ("LOOMWORK_RUN_STEPS", "-1"),
        ("LOOMWORK_RUN_ROUNDS", "1.5"),
        ("LOOMWORK_RUN_DEPTH", "deep"),
        ("LOOMWORK_RUN_WIDTH", "9" * 5000),
        ("LOOMWORK_RUN_VALUE_SIZE", "²"),
        ("LOOMWORK_RUN_SECONDS", "0"),
        ("LOOMWORK_RUN_SECONDS", "nan"),
        ("LOOMWORK_APP_NODES", "1000000001"),
    ],
)
def test_a_value_that_means_nothing_is_refused_by_the_variables_name(name: str, value: str) -> None:
    with pytest.raises(BadSetting, match=f"^{name} must ") as refused:
        read_settings({name: value})
    assert len(refused.value.message) < 400


def test_a_bad_option_is_refused_by_the_options_name() -> None:
    with pytest.raises(BadSetting, match=r"^--port must be a port"):
        read_settings({}, port="many")


def test_state_may_be_kept_in_postgres() -> None:
    url = "postgresql://host/db"
    assert read_settings({"LOOMWORK_DATABASE_URL": url}).database_url == url


def test_a_password_in_a_refused_url_is_not_repeated() -> None:
    with pytest.raises(BadSetting) as refused:
        read_settings({"LOOMWORK_DATABASE_URL": "mysql://user:hunter2@host/db"})
    assert "hunter2" not in refused.value.message


@pytest.mark.parametrize(
    ("host", "expected"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("localhost", True), ("::", False), ("10.0.0.1", False)],
)
def test_only_addresses_of_this_machine_are_loopback(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


def test_every_field_but_the_snapshot_has_a_variable() -> None:
    # What `sso` is read from has names that `sso_ids` says.
    assert {each.field for each in VARIABLES} == set(Settings.__dataclass_fields__) - {"environment", "sso"}


def test_the_defaults_that_are_shown_are_those_that_hold() -> None:
    counts = [each for each in VARIABLES if each.default.isdecimal()]
    assert len(counts) > 9
    for each in counts:
        assert getattr(Settings(), each.field) == each.parse(each.default), each.name


def test_a_limit_of_runs_is_read_and_becomes_theirs() -> None:
    settings = read_settings({"LOOMWORK_RUN_STEPS": "50", "LOOMWORK_RUN_SECONDS": "1.5", "LOOMWORK_RUN_WIDTH": "3"})
    limits = run_limits(settings)
    assert (limits.steps, limits.seconds, limits.width) == (50, 1.5, 3)
    assert run_limits(Settings()) == RunLimits()


def test_every_setting_is_described() -> None:
    lines = describe_settings(read_settings({}))
    assert [line.name for line in lines] == [each.name for each in VARIABLES]
    assert all(line.meaning.endswith(".") for line in lines)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://user:hunter2@host/db", "postgresql://user:***@host/db"),
        ("postgresql:///db?user=u&password=hunter2&host=h", "postgresql:///db?user=u&password=***&host=h"),
        ("postgresql:///db?sslPassword=hunter2", "postgresql:///db?sslPassword=***"),
    ],
)
def test_a_database_url_is_shown_without_its_password(url: str, shown: str) -> None:
    settings = Settings(given_database_url=url)
    [line] = [it for it in describe_settings(settings) if it.name == "LOOMWORK_DATABASE_URL"]
    assert line.value == shown


@pytest.mark.parametrize(("environment", "shown"), [({}, "not set"), ({"VENDOR_KEY": "sk-secret"}, "set")])
def test_a_providers_secret_is_only_set_or_not_set(environment: dict[str, str], shown: str) -> None:
    vendor = card(credentials={"api_key": SimpleNamespace(env="VENDOR_KEY", secret=True)})
    [*_, line] = describe_settings(read_settings(environment), [vendor])
    assert (line.name, line.value, line.secret) == ("VENDOR_KEY", shown, True)


def test_a_providers_address_is_shown_without_a_password() -> None:
    vendor = card(endpoint="https://api.vendor.example", endpoint_env="VENDOR_URL")
    [*_, line] = describe_settings(read_settings({"VENDOR_URL": "http://me:secret@host/v1"}), [vendor])
    assert (line.value, line.default) == ("http://me:***@host/v1", "https://api.vendor.example")


def test_a_variable_that_two_providers_read_is_listed_once() -> None:
    vendors = [card(credentials={"api_key": SimpleNamespace(env="VENDOR_KEY", secret=True)}) for _ in range(2)]
    lines = describe_settings(read_settings({}), vendors)
    assert sum(line.name == "VENDOR_KEY" for line in lines) == 1


def test_the_environment_is_not_part_of_what_is_printed() -> None:
    assert "sk-secret" not in repr(read_settings({"OPENAI_API_KEY": "sk-secret"}))


def test_workspaces_weigh_what_is_said_of_them() -> None:
    settings = read_settings({"LOOMWORK_WORKSPACE_WEIGHTS": "0198-b=3, 0198-a=1"})
    assert settings.workspace_weights == (("0198-a", 1), ("0198-b", 3))


@pytest.mark.parametrize("value", ["a", "a=", "=1", "a=0", "a=101", "a=1000000", "a=01001", "a=x", "a=-1", "a=٣"])
def test_a_weight_that_is_none_is_refused(value: str) -> None:
    with pytest.raises(BadSetting, match="LOOMWORK_WORKSPACE_WEIGHTS"):
        read_settings({"LOOMWORK_WORKSPACE_WEIGHTS": value})
