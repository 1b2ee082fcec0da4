"""`import`, `apps` and `keys` on a data folder."""

from pathlib import Path

import pytest
import yaml

from tests.unit.interface.cli.conftest import Cli, write


@pytest.fixture
def app_id(cli: Cli, greeting: str) -> str:
    return str(cli("import", greeting, "--json").objects[0]["app_id"])


def test_an_import_prints_the_app_and_with_publish_its_key(cli: Cli, greeting: str) -> None:
    [draft] = cli("import", greeting, "--json").objects
    [published] = cli("import", greeting, "--publish", "--json").objects
    assert list(draft) == list(published) == ["app_id", "api_key"]
    assert draft["api_key"] is None
    assert published["api_key"].startswith("app-")


def test_the_second_app_of_a_name_is_said_to_be_one_of_two(cli: Cli, greeting: str) -> None:
    first, second = cli("import", greeting), cli("import", greeting)
    assert "2 apps" not in first.err
    assert "There are 2 apps of this name now" in second.err


def test_a_document_that_cannot_be_used_is_refused(cli: Cli, tmp_path: Path) -> None:
    ended = cli("import", write(tmp_path, "bad.yml", "a: ["), "--json")
    assert (ended.status, ended.out) == (2, "")
    assert "document_refused" in ended.err


def test_a_document_in_another_encoding_is_imported(cli: Cli, greeting: str, tmp_path: Path) -> None:
    file = tmp_path / "wide.yml"
    file.write_bytes(Path(greeting).read_text().encode("utf-16"))
    [imported] = cli("import", str(file), "--json").objects
    assert yaml.safe_load(cli("apps", "export", imported["app_id"]).out) == yaml.safe_load(Path(greeting).read_text())


def test_apps_are_listed_shown_published_and_deleted(cli: Cli, app_id: str) -> None:
    [listed] = cli("apps", "list", "--json").objects
    assert (listed["id"], listed["name"], listed["published_version"]) == (app_id, "Tested", None)
    assert app_id in cli("apps", "list").out
    shown = cli("apps", "show", app_id).out
    assert "name (text-input, required)" in shown
    assert "langgenius/openai/openai/gpt-4o" in shown
    assert cli("apps", "publish", app_id, "--json").objects == [{"app_id": app_id, "version": 1}]
    assert cli("apps", "delete", app_id, "--yes").status == 0
    assert cli("apps", "list", "--json").out == ""


def test_an_app_of_no_such_id_is_refused_in_one_line(cli: Cli, app_id: str) -> None:
    for command in ("show", "publish", "export"):
        ended = cli("apps", command, "nobody")
        assert (ended.status, ended.out) == (2, "")
        assert len(ended.err.splitlines()) == 1


def test_looking_into_a_folder_makes_no_workspace_in_it(cli: Cli, tmp_path: Path) -> None:
    ended = cli("apps", "list", "--data", str(tmp_path / "elsewhere"))
    assert ended.status == 2
    assert f"There is no workspace in {tmp_path / 'elsewhere'}." in ended.err
    assert "--data" in ended.err
    assert "LOOMWORK_DATA" in ended.err
    assert not (tmp_path / "elsewhere").exists()


def test_a_folder_is_named_in_full_however_it_was_given(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert f"in {tmp_path / 'data'}." in cli("runs", "list", LOOMWORK_DATA="./data").err


def test_whoever_makes_a_workspace_is_told_where_once(cli: Cli, greeting: str, tmp_path: Path) -> None:
    said = f"A new workspace was made in {tmp_path / 'data'}"
    assert said in cli("import", greeting).err
    assert said not in cli("import", greeting).err


@pytest.mark.parametrize("prefix", ["dataset-", "lw-"], ids=["dataset", "workspace"])
def test_a_key_has_the_prefix_of_what_it_opens(cli: Cli, prefix: str) -> None:
    [base] = cli("knowledge", "create", "Handbook", "--json").objects
    options = ["--dataset", base["id"]] if prefix == "dataset-" else []
    [made] = cli("keys", "create", *options, "--json").objects
    assert list(made) == ["key"]
    assert made["key"].startswith(prefix)


def test_a_key_for_knowledge_that_is_not_there_is_refused(cli: Cli) -> None:
    ended = cli("keys", "create", "--dataset", "d1", status=2)
    assert "There is no knowledge base with the id 'd1'" in ended.err


def test_a_key_alone_is_on_stdout_so_that_a_shell_can_keep_it(cli: Cli, app_id: str) -> None:
    ended = cli("keys", "create", "--app", app_id)
    assert ended.out.startswith("app-")
    assert len(ended.out.splitlines()) == 1
    assert "not shown again" in ended.err


def test_a_key_for_an_app_that_is_not_there_is_refused(cli: Cli, app_id: str) -> None:
    assert cli("keys", "create", "--app", "nobody").status == 2
    assert cli("keys", "create", "--app", app_id, "--dataset", "d").status == 2


def test_keys_are_listed_without_their_secrets_and_revoked(cli: Cli, app_id: str) -> None:
    [made] = cli("keys", "create", "--app", app_id, "--json").objects
    ended = cli("keys", "list", "--app", app_id, "--json")
    [listed] = ended.objects
    assert made["key"] not in ended.out
    assert made["key"].endswith(listed["last_four"])
    assert cli("keys", "revoke", listed["id"]).status == 0
    assert cli("keys", "list", "--app", app_id, "--json").objects[0]["revoked_at"]
    assert cli("keys", "revoke", "nobody").status == 2


def test_a_sign_in_link_makes_no_workspace(cli: Cli) -> None:
    ended = cli("keys", "sign-in-link", "--json")
    assert ended.status == 2
    assert "no workspace" in ended.err


def test_a_sign_in_link_leads_to_the_servers_address(cli: Cli) -> None:
    cli("keys", "create", "--json")
    [made] = cli("keys", "sign-in-link", "--json", LOOMWORK_PORT="9123").objects
    assert made["link"].startswith("http://127.0.0.1:9123/sign-in?token=")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--key", "lw-x"], "--key belongs to --server"),
        (["--server", "http://127.0.0.1:1"], "--server needs --key"),
        (["--server", "http://127.0.0.1:1", "--key", "lw-x", "--data", "d"], "Choose one"),
        (["--server", "ftp://x", "--key", "lw-x"], "--server takes an address"),
        (["--server", "http://127.0.0.1:1", "--key", "lw-\n"], "--key holds characters"),
    ],
)
def test_options_that_contradict_each_other_are_refused(cli: Cli, options: list[str], said: str) -> None:
    ended = cli("apps", "list", *options)
    assert ended.status == 2
    assert said in ended.err


def test_a_server_that_is_not_there_is_named(cli: Cli) -> None:
    ended = cli("apps", "list", "--server", "http://127.0.0.1:1", "--key", "lw-x")
    assert ended.status == 1
    assert "http://127.0.0.1:1 does not answer: Connection refused" in ended.err
