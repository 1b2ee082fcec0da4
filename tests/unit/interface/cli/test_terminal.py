"""What a person sees, on a terminal that is one."""

import os
import pty
import re
import subprocess
import sys

from tests.unit.interface.cli.conftest import ECHO_MODEL, Cli

_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


def seen(environment: dict[str, str], *arguments: str) -> str:
    """All that a command writes to a terminal that it has for itself."""
    terminal, side = pty.openpty()
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
