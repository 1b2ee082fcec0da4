"""`loomwork run`: what goes to stdout, what to stderr, and with which status it ends."""

import json
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from tests.unit.interface.cli.conftest import Cli, document, end, field, llm, start, write

Start = Callable[..., subprocess.Popen[bytes]]
ECHO = ("--model", "debug/echo")


def test_the_answer_is_on_stdout_and_the_nodes_are_on_stderr(cli: Cli, greeting: str) -> None:
    ended = cli("run", greeting, "-i", "name=World", *ECHO)
    assert (ended.status, ended.out) == (0, "Hello World\n")
    assert [line.split()[1] for line in ended.err.splitlines()] == ["Start", "Llm", "End", "Done"]


def test_a_chat_app_answers_its_query(cli: Cli, chat: str) -> None:
    ended = cli("run", chat, "--query", "good morning", *ECHO)
    assert (ended.status, ended.out) == (0, "You said: good morning\n")


def test_a_chat_app_without_a_query_is_refused_with_the_option_that_helps(cli: Cli, chat: str) -> None:
    ended = cli("run", chat, *ECHO)
    assert (ended.status, ended.out) == (2, "")
    assert "--query" in ended.err


def test_several_outputs_are_told_apart_by_their_names(cli: Cli, tmp_path: Path) -> None:
    text = document(
        [
            start(field("text")),
            llm("short {{#start.text#}}", "Short"),
            llm("long {{#start.text#}}", "Long"),
            end(post=["short", "text"], mail=["long", "text"], given=["start", "text"]),
        ]
    )
    ended = cli("run", write(tmp_path, "two.yml", text), "-i", "text=news", *ECHO)
    assert ended.out == "post:\nshort news\n\nmail:\nlong news\n\ngiven:\nnews\n"


def test_the_result_object_has_the_shape_of_the_contract(cli: Cli, greeting: str) -> None:
    [result] = cli("run", greeting, "-i", "name=World", *ECHO, "--json").objects
    assert list(result) == ["file", "status", "outputs", "answer", "error", "nodes", "elapsed_ms"]
    assert (result["file"], result["status"]) == (greeting, "succeeded")
    assert (result["outputs"], result["answer"], result["error"]) == ({"text": "Hello World"}, None, None)
    assert list(result["nodes"]) == ["start", "llm", "end"]
    assert list(result["nodes"]["llm"]) == ["status", "outputs", "error", "elapsed_ms", "runs"]


def test_events_come_in_order_and_the_result_object_is_the_last_line(cli: Cli, greeting: str) -> None:
    *events, result = cli("run", greeting, "-i", "name=World", *ECHO, "--events", "--json").objects
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert (events[0]["type"], events[-1]["type"]) == ("run_started", "run_succeeded")
    assert set(events[0]) == {"seq", "type", "node_id", "at", "frame", "data"}
    assert result["status"] == "succeeded"


def test_without_json_the_last_event_is_the_last_line(cli: Cli, greeting: str) -> None:
    assert cli("run", greeting, "-i", "name=World", *ECHO, "--events").objects[-1]["type"] == "run_succeeded"


def test_several_files_run_one_after_another_and_the_worst_status_counts(
    cli: Cli, greeting: str, tmp_path: Path
) -> None:
    broken = write(tmp_path, "broken.yml", "a: [")
    ended = cli("run", greeting, broken, greeting, "-i", "name=World", *ECHO, "--json")
    assert ended.status == 2
    assert [(it["file"], it["status"]) for it in ended.objects] == [
        (greeting, "succeeded"),
        (broken, "failed"),
        (greeting, "succeeded"),
    ]
    assert ended.objects[1]["error"]["code"] == "document_refused"


def test_a_number_is_read_as_one(cli: Cli, greeting: str) -> None:
    [result] = cli("run", greeting, "-i", "name=x", "-i", "n=7", *ECHO, "--json").objects
    assert result["nodes"]["start"]["outputs"]["n"] == 7


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-i", "nam=World"], "It has: name (text-input), n (number)"),
        ([], "needs name (text-input). Give -i name=..."),
        (["-i", "name"], "-i takes NAME=VALUE"),
        (["-i", "name=x", "-i", "n=many"], "'n' must be a number, not 'many'"),
        (["-i", "name=x", "-i", "n=1e400"], "'n' must be a finite number, not '1e400'"),
        (["-i", "name=x", "--model", "nobody/knows"], "There is no provider 'nobody'"),
        (["-i", "name=x", "--mocks", "/nowhere.json"], "cannot be read: No such file"),
    ],
)
def test_an_argument_that_cannot_be_used_is_refused_in_one_line(
    cli: Cli, greeting: str, arguments: list[str], said: str
) -> None:
    ended = cli("run", greeting, *arguments)
    assert (ended.status, ended.out) == (2, "")
    assert said in ended.err
    assert len(ended.err.splitlines()) == 1


def test_a_file_that_is_not_there_is_named_once(cli: Cli) -> None:
    assert cli("run", "nope.yml").err.count("nope.yml") == 1


@pytest.mark.parametrize("command", ["run", "import", "export"])
@pytest.mark.parametrize("content", ["# A title\n\nText: with: colons\n", "just words", ""])
def test_a_file_of_another_kind_is_called_so_and_told_what_is_one(
    cli: Cli, tmp_path: Path, command: str, content: str
) -> None:
    file = tmp_path / "README.md"
    file.write_text(content)
    ended = cli(command, str(file))
    assert (ended.status, ended.out) == (2, "")
    assert f"{file} is not an app file." in ended.err
    assert "An app file is the YAML or JSON" in ended.err
    assert f"{file} is not an app file" in cli("check", str(file)).out.replace("  ", " ")


def test_a_broken_app_file_is_not_called_another_kind_of_file(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "app.yml"
    file.write_text("app: {name: x\nworkflow: ]")
    ended = cli("run", str(file))
    assert "cannot be used as an app file" in ended.err
    assert "An app file is" not in ended.err


def test_a_refusal_is_an_object_where_objects_are_asked_for(cli: Cli, greeting: str) -> None:
    ended = cli("run", greeting, "--json")
    assert ended.status == 2
    assert ended.objects[0]["error"] == {
        "code": "invalid_input",
        "message": "This app needs name (text-input). Give -i name=...",
        "node_id": None,
    }


def test_a_run_that_fails_says_where_and_ends_with_one(cli: Cli, greeting: str) -> None:
    ended = cli("run", greeting, "-i", "name=x", "--model", "debug/fail")
    assert ended.status == 1
    assert "The run failed at 'Llm': debug/fail always fails. (model_unavailable)" in ended.err


def test_a_node_that_cannot_run_fails_with_what_can_stand_in_for_it(cli: Cli, tmp_path: Path) -> None:
    file = write(tmp_path, "odd.yml", document([start(), {"type": "made-up", "title": "Odd"}, end()]))
    ended = cli("run", file)
    assert ended.status == 1
    assert "--mocks or --mock-outside can stand in for it." in " ".join(ended.err.split())


@pytest.mark.parametrize("mode", ["chat", "agent-chat"])
def test_an_app_without_a_graph_of_its_own_answers(cli: Cli, tmp_path: Path, mode: str) -> None:
    form = [{"text-input": {"variable": "tone", "required": True}}]
    config = {"pre_prompt": "Be {{tone}}.", "user_input_form": form, "model": {"provider": "debug", "name": "echo"}}
    file = write(tmp_path, "old.yml", json.dumps({"app": {"name": "Old", "mode": mode}, "model_config": config}))
    ended = cli("run", file, "--query", "Good morning", "-i", "tone=kind", "--json")
    assert (ended.status, ended.objects[-1]["status"]) == (0, "succeeded")
    assert "Good morning" in ended.objects[-1]["answer"]


def test_a_mode_that_cannot_run_yet_fails_with_its_code(cli: Cli, tmp_path: Path) -> None:
    file = write(tmp_path, "agent.yml", "app: {name: A, mode: agent}\nagent: {package_ref: one}\n")
    ended = cli("run", file, "--json")
    assert (ended.status, ended.objects[0]["error"]["code"]) == (1, "not_runnable_yet")


def test_a_mocked_node_does_not_run_and_no_model_is_spoken_of(cli: Cli, greeting: str, tmp_path: Path) -> None:
    mocks = write(tmp_path, "mocks.json", json.dumps({"llm": {"text": "mocked"}}))
    ended = cli("run", greeting, "-i", "name=x", "--mocks", mocks)
    assert (ended.status, ended.out) == (0, "mocked\n")
    assert "answers instead" not in ended.err


def test_nothing_leaves_the_process_with_mock_outside(cli: Cli, greeting: str) -> None:
    ended = cli("run", greeting, "-i", "name=x", "--mock-outside", "--json")
    assert (ended.status, ended.objects[0]["status"]) == (0, "succeeded")
    assert "answers instead" not in ended.err


@pytest.mark.parametrize("mocks", ["[", "[]", '{"llm": "text"}'])
def test_mocks_of_the_wrong_shape_are_refused(cli: Cli, greeting: str, tmp_path: Path, mocks: str) -> None:
    ended = cli("run", greeting, "-i", "name=x", "--mocks", write(tmp_path, "mocks.json", mocks))
    assert (ended.status, ended.out) == (2, "")
    assert "mocks.json" in ended.err


def test_a_query_that_no_app_is_asked_is_warned_of_once(cli: Cli, greeting: str) -> None:
    ended = cli("run", greeting, greeting, "-i", "name=x", "--query", "Hi", *ECHO, "--json")
    assert (ended.status, len(ended.objects)) == (0, 2)
    assert ended.err.count("--query is ignored: only chat apps are asked something.") == 1


def test_a_query_that_one_of_several_apps_is_asked_is_not_warned_of(cli: Cli, chat: str, tmp_path: Path) -> None:
    workflow = write(tmp_path, "plain.yml", document([start(), llm("Hi"), end(text=["llm", "text"])]))
    ended = cli("run", chat, workflow, "--query", "morning", *ECHO)
    assert (ended.status, ended.out) == (0, "You said: morning\nHi\n")
    assert "ignored" not in ended.err


def test_a_mock_of_no_node_is_warned_of_and_the_run_goes_on(cli: Cli, greeting: str, tmp_path: Path) -> None:
    known = {"llm": {"text": "mocked"}, "*end": {}, "*variable_assigner": {}}
    mocks = write(tmp_path, "mocks.json", json.dumps({**known, "nope": {"text": "x"}}))
    ended = cli("run", greeting, "-i", "name=x", "--mocks", mocks)
    assert ended.status == 0
    assert [line[2:] for line in ended.err.splitlines() if "No node" in line] == [
        "No node matches the mock '*variable_assigner'.",
        "No node matches the mock 'nope'.",
    ]


def test_a_mock_that_one_of_several_files_uses_is_not_warned_of(cli: Cli, tmp_path: Path) -> None:
    files = [
        write(tmp_path, f"{title}.yml", document([start(), llm("Hi", title), end(text=[title.lower(), "text"])]))
        for title in ("One", "Two")
    ]
    mocked = {"one": {"text": "1"}, "two": {"text": "2"}, "nope": {"text": "3"}}
    ended = cli("run", *files, "--mocks", write(tmp_path, "mocks.json", json.dumps(mocked)))
    assert (ended.status, ended.out) == (0, "1\n2\n")
    assert [line[2:] for line in ended.err.splitlines() if "No node" in line] == ["No node matches the mock 'nope'."]


def test_what_is_said_cannot_steer_the_terminal(cli: Cli, tmp_path: Path) -> None:
    text = document([start(), llm("x", "Ev\x1b[2Jil"), end()])
    assert "\x1b" not in cli("run", write(tmp_path, "evil.yml", text), *ECHO).err


def test_a_document_that_is_none_is_explained_by_its_problems(cli: Cli, tmp_path: Path) -> None:
    ended = cli("run", write(tmp_path, "none.yml", "just text"))
    assert ended.status == 2
    assert "not_a_mapping" in ended.err


def test_an_interrupt_stops_the_run_cleanly(process: Start, greeting: str) -> None:
    words = "word " * 400
    going = process("run", greeting, "-i", f"name={words}", "--model", "debug/slow", "--events", "--json")
    assert going.stdout is not None
    for line in going.stdout:
        if orjson.loads(line)["type"] == "text_chunk":
            break
    going.send_signal(signal.SIGINT)
    out, err = going.communicate(timeout=30)
    *_, last, result = [orjson.loads(line) for line in out.splitlines()]
    assert going.returncode == 1
    assert (last["type"], last["data"], result["status"]) == ("run_stopped", {"by": "user"}, "stopped")
    assert b"Traceback" not in err


def test_a_reader_that_leaves_ends_the_run_without_a_word(process: Start, greeting: str) -> None:
    words = "word " * 400
    going = process("run", greeting, "-i", f"name={words}", "--model", "debug/slow", "--events")
    assert going.stdout is not None
    assert going.stderr is not None
    going.stdout.readline()
    going.stdout.close()
    err = going.stderr.read()
    going.stderr.close()
    assert going.wait(timeout=30) == 1
    assert b"Traceback" not in err
    assert b"BrokenPipe" not in err


@pytest.mark.parametrize("encoding", ["ascii", "iso-8859-1", "utf-8"])
def test_any_terminal_encoding_will_do(process: Start, greeting: str, encoding: str) -> None:
    ended = process("run", greeting, "-i", "name=织布机 🧵", *ECHO, PYTHONIOENCODING=encoding, PYTHONUTF8="0")
    out, err = ended.communicate(timeout=60)
    assert ended.returncode == 0
    assert out.decode(encoding).startswith("Hello ")
    assert b"Done in" in err


def test_json_is_utf8_whatever_the_terminal_is(process: Start, greeting: str) -> None:
    ended = process("run", greeting, "-i", "name=织布机", *ECHO, "--json", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    out, _ = ended.communicate(timeout=60)
    assert orjson.loads(out)["outputs"] == {"text": "Hello 织布机"}


def test_events_are_written_as_they_happen(process: Start, greeting: str) -> None:
    going = process("run", greeting, "-i", "name=" + "word " * 100, "--model", "debug/slow", "--events")
    assert going.stdout is not None
    for line in going.stdout:
        if orjson.loads(line)["type"] == "text_chunk":
            break
    assert going.poll() is None
    going.kill()
    going.communicate()
