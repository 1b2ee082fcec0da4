"""What a person sees, on a terminal that is one."""

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import yaml

from tests.unit.interface.cli.conftest import ECHO_MODEL, Cli, document, field, llm, start, write

_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


def seen(environment: dict[str, str], *arguments: str, typed: str = "") -> str:
    """All that a command writes to a terminal that it has for itself, where somebody types this."""
    terminal, side = pty.openpty()
    os.write(terminal, typed.encode())
    command = [sys.executable, "-c", "from loomwork.bootstrap.main import main; main()", *arguments]
    variables = {"PATH": os.environ["PATH"], "TERM": "xterm-256color", "COLUMNS": "100", "LANG": "C.UTF-8"}
    going = subprocess.Popen(command, stdin=side, stdout=side, stderr=side, env=variables | environment)
    os.close(side)
    written = bytearray()
    try:
        while piece := os.read(terminal, 4096):
            written += piece
    except OSError:
        pass  # Linux says that the other side has closed a terminal by an error
    finally:
        os.close(terminal)
        going.wait(timeout=30)
    return written.decode()


def test_lines_about_nodes_wait_until_the_text_has_ended(environment: dict[str, str], greeting: str) -> None:
    raw = seen(environment, "run", greeting, "-i", "name=a quiet world", "--model", "debug/slow")
    lines = [line for line in _ESCAPES.sub("", raw).replace("\r", "\n").splitlines() if line.strip()]
    assert "Hello a quiet world" in lines
    after = lines[lines.index("Hello a quiet world") + 1 :]
    assert [line.split()[1] for line in after] == ["Llm", "End", "Done"]
    assert "\x1b[32m✓" in raw


def test_an_answer_cannot_steer_the_terminal_but_reaches_a_pipe_as_it_is(
    environment: dict[str, str], greeting: str, cli: Cli
) -> None:
    evil = "x\x1b]0;owned\x07y"
    assert "\x1b]0" not in seen(environment, "run", greeting, "-i", f"name={evil}", *ECHO_MODEL)
    assert cli("run", greeting, "-i", f"name={evil}", *ECHO_MODEL).out == f"Hello {evil}\n"


REVIEW = {
    "type": "human-input",
    "title": "Review",
    "form_content": "Is {{#llm.text#}} fine?",
    "inputs": [
        {"type": "paragraph", "output_variable_name": "note", "default": {"type": "constant", "value": "nothing"}},
        {"type": "select", "output_variable_name": "tone", "option_source": {"type": "constant", "value": ["a", "b"]}},
    ],
    "user_actions": [{"id": "yes", "title": "Yes"}, {"id": "no", "title": "No"}],
}


def asking_app(folder: Path) -> str:
    """A workflow that says something, asks about it, and says what was answered."""
    outputs = [{"variable": "said", "value_selector": ["review", "note"]}]
    nodes = [start(field("name")), llm("Hello {{#start.name#}}"), REVIEW]
    nodes.append({"type": "end", "title": "End", "outputs": outputs})
    tree = yaml.safe_load(document(nodes))
    tree["workflow"]["graph"]["edges"][-1]["sourceHandle"] = "yes"
    return write(folder, "asking.yml", yaml.safe_dump(tree))


def test_a_run_asks_whoever_sits_at_the_terminal_and_goes_on(environment: dict[str, str], tmp_path: Path) -> None:
    raw = seen(environment, "run", asking_app(tmp_path), "-i", "name=you", *ECHO_MODEL, typed="well\nc\nb\n9\nYes\n")
    shown = _ESCAPES.sub("", raw)
    assert "Is Hello you fine?" in shown
    assert "Choose one of these." in shown
    assert "Choose a number from 1 to 2." in shown
    assert shown.index("Done in") > shown.index("Choose a number")
    assert "well" in shown.splitlines()


def test_without_a_terminal_a_run_that_asks_is_paused_and_says_where(cli: Cli, tmp_path: Path) -> None:
    ended = cli("run", asking_app(tmp_path), "-i", "name=you", *ECHO_MODEL, "--json")
    assert (ended.status, ended.objects[-1]["status"]) == (3, "paused")
    [sentence] = [line for line in ended.err.splitlines() if "waits for an answer" in line]
    assert "'Review' (review)" in sentence
    mocked = cli("run", asking_app(tmp_path), "-i", "name=you", "--mock-outside", "--json")
    assert (mocked.status, mocked.objects[-1]["status"]) == (0, "succeeded")
