"""`loomwork check` and `loomwork export`."""

import json
from pathlib import Path

import pytest
import yaml

from tests.unit.interface.cli.conftest import Cli, document, end, field, llm, start, write


def test_a_sound_file_is_ok(cli: Cli, greeting: str) -> None:
    ended = cli("check", greeting, "--json", OPENAI_API_KEY="sk-1")
    assert ended.status == 0
    [found] = ended.objects
    assert found == {
        "file": greeting,
        "ok": True,
        "mode": "workflow",
        "dsl_version": "0.3.0",
        "nodes": 3,
        "problems": [],
    }


def test_warnings_do_not_keep_a_file_from_importing(cli: Cli, tmp_path: Path) -> None:
    file = write(tmp_path, "warned.yml", document([start(), llm("{{#nobody.text#}}"), end()]))
    [found] = cli("check", file, "--json", OPENAI_API_KEY="sk-1").objects
    assert found["ok"]
    [problem] = found["problems"]
    assert (problem["level"], problem["code"], problem["node_id"]) == ("warning", "unset_selector", "llm")


def test_a_model_that_is_not_here_is_a_warning_that_names_its_stand_in(cli: Cli, tmp_path: Path) -> None:
    node = {**llm("Hi"), "model": {"provider": "langgenius/openai/openai", "name": "gpt-4o", "mode": "chat"}}
    file = write(tmp_path, "asks.yml", document([start(), node, end(text=["llm", "text"])]))
    [found] = cli("check", file, "--json").objects
    assert found["ok"]
    [problem] = found["problems"]
    assert (problem["level"], problem["code"]) == ("warning", "model_stands_in")
    assert "gpt-4o" in problem["message"]
    assert "local/qwen2.5-coder-0.5b answers instead" in problem["message"]
    [configured] = cli("check", file, "--json", OPENAI_API_KEY="sk-1").objects
    assert configured["problems"] == []


def test_a_model_that_sees_no_images_is_named_with_the_step_that_shows_it_some(cli: Cli, tmp_path: Path) -> None:
    seen = {"enabled": True, "configs": {"variable_selector": ["start", "photo"]}}
    nodes = [start(field("photo", "file")), {**llm("Look"), "title": "LLM", "vision": seen}, end(text=["llm", "text"])]
    nodes[1]["model"] = {"provider": "openai", "name": "gpt-4o", "mode": "chat"}
    file = write(tmp_path, "looks.yml", document(nodes))
    [found] = cli("check", file, "--json").objects
    assert [problem["code"] for problem in found["problems"]] == ["model_stands_in", "model_sees_no_images"]
    told = "local/qwen2.5-coder-0.5b cannot see images: a run that shows it one fails at 'LLM'."
    assert found["problems"][1]["message"] == told
    [configured] = cli("check", file, "--json", OPENAI_API_KEY="sk-1").objects
    assert configured["problems"] == []


def test_what_runs_is_told_from_what_does_not_and_many_files_are_summed_up(
    cli: Cli, greeting: str, tmp_path: Path
) -> None:
    node = {**llm("Hi"), "model": {"provider": "langgenius/openai/openai", "name": "gpt-4o", "mode": "chat"}}
    stand_in = write(tmp_path, "asks.yml", document([start(), node, end(text=["llm", "text"])]))
    tool = {"id": "tool", "type": "knowledge-retrieval", "title": "Look up"}
    waiting = write(tmp_path, "tool.yml", document([start(), tool, end()]))
    assistant = write(tmp_path, "assistant.yml", "app: {mode: agent, name: It}\nkind: app\nagent: {package_ref: one}\n")
    ended = cli("check", greeting, stand_in, waiting, assistant)
    verdicts = [line.rpartition(": ")[2] for line in ended.out.splitlines() if not line.startswith(" ")]
    assert verdicts == [
        "runs, another model answers",
        "runs, another model answers",
        "imports, does not run whole yet",
        "imports, does not run whole yet",
    ]
    last = "4 files: 2 would run with another model, 2 would import but not run whole yet."
    assert ended.err.splitlines() == [last]
    assert ended.status == 0


def test_an_app_of_a_mode_that_does_not_run_is_not_said_to_be_answered_by_another_model(
    cli: Cli, tmp_path: Path
) -> None:
    model = {"provider": "openai", "name": "gpt-4", "mode": "chat"}
    agent = {"package_ref": "one"}
    text = json.dumps({"app": {"mode": "agent", "name": "It"}, "agent": agent, "model_config": {"model": model}})
    [found] = cli("check", write(tmp_path, "assistant.yml", text), "--json").objects
    assert [problem["code"] for problem in found["problems"]] == ["not_runnable_yet"]


def test_a_wrong_default_model_does_not_make_a_file_wrong(cli: Cli, tmp_path: Path) -> None:
    node = {**llm("Hi"), "model": {"provider": "nobody", "name": "knows", "mode": "chat"}}
    file = write(tmp_path, "asks.yml", document([start(), node, end(text=["llm", "text"])]))
    ended = cli("check", file, "--json", LOOMWORK_DEFAULT_MODEL="nobody/else")
    assert (ended.status, ended.objects[0]["ok"]) == (0, True)
    assert [problem["code"] for problem in ended.objects[0]["problems"]] == ["model_not_found"]


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "empty_document"), (b"\x00\xff\x00", None), (b"[1]", "not_a_mapping"), (b"a: [", "invalid_yaml")],
)
def test_what_is_no_app_file_is_refused_with_status_two(
    cli: Cli, tmp_path: Path, content: bytes, code: str | None
) -> None:
    file = tmp_path / "bad.yml"
    file.write_bytes(content)
    ended = cli("check", str(file), "--json")
    assert (ended.status, ended.objects[0]["ok"]) == (2, False)
    assert code in (None, ended.objects[0]["problems"][0]["code"])


def test_a_file_that_is_not_there_is_reported_like_the_others(cli: Cli, greeting: str) -> None:
    ended = cli("check", "/nowhere.yml", greeting, "--json")
    assert ended.status == 2
    assert [found["ok"] for found in ended.objects] == [False, True]
    assert ended.objects[0]["problems"][0]["code"] == "unreadable_file"


def test_a_tool_that_nobody_has_keeps_a_file_from_running_whole(cli: Cli, tmp_path: Path) -> None:
    tool = {"type": "tool", "title": "Weave", "provider_id": "me/loom/loom", "tool_name": "weave"}
    ended = cli("check", write(tmp_path, "tool.yml", document([start(), tool, end()])))
    assert ended.status == 0
    assert ended.out.splitlines()[0].endswith("imports, does not run whole yet")


def test_people_see_problems_grouped_by_what_is_wrong(cli: Cli, tmp_path: Path) -> None:
    text = document([start(), llm("{{#a.x#}} {{#b.y#}}"), end()])
    ended = cli("check", write(tmp_path, "warned.yml", text))
    assert ended.status == 0
    lines = ended.out.splitlines()
    assert "workflow, 3 nodes, version 0.3.0" in lines[0]
    assert [line.strip() for line in lines].count("unset_selector") == 1
    assert sum("which nothing in the graph sets" in line for line in lines) == 2


def test_an_export_is_equal_and_is_all_of_stdout(cli: Cli, greeting: str) -> None:
    ended = cli("export", greeting)
    assert (ended.status, ended.err) == (0, "")
    assert yaml.safe_load(ended.out) == yaml.safe_load(Path(greeting).read_text())


def test_an_export_goes_into_a_file(cli: Cli, greeting: str, tmp_path: Path) -> None:
    out = tmp_path / "out.yml"
    assert cli("export", greeting, "-o", str(out)).out == ""
    assert yaml.safe_load(out.read_text()) == yaml.safe_load(Path(greeting).read_text())


def test_an_export_that_cannot_be_written_is_refused(cli: Cli, greeting: str) -> None:
    ended = cli("export", greeting, "-o", "/nowhere/at/all.yml")
    assert ended.status == 2
    assert "/nowhere/at/all.yml cannot be written" in ended.err


def test_exporting_what_is_no_app_file_is_refused(cli: Cli, tmp_path: Path) -> None:
    ended = cli("export", write(tmp_path, "bad.yml", "a: ["))
    assert (ended.status, ended.out) == (2, "")
