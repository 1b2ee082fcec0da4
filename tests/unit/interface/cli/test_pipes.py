"""Commands between other programs: what is piped in, where their output goes, and who stops listening."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.interface.cli.conftest import ECHO_MODEL

FULL = Path("/dev/full")

needs_full_device = pytest.mark.skipif(not FULL.exists(), reason="this system has no device that is always full")


def command(environment: Mapping[str, str], *arguments: str, **streams: Any) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-c", "from loomwork.bootstrap.main import main; main()", *arguments],
        env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **environment},
        check=False,
        timeout=120,
        **streams,
    )


def piped(environment: Mapping[str, str], file: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    return command(environment, *arguments, input=Path(file).read_bytes(), capture_output=True)


def test_an_app_that_is_piped_in_runs(environment: dict[str, str], greeting: str) -> None:
    ended = piped(environment, greeting, "run", "-", "-i", "name=World", *ECHO_MODEL)
    assert (ended.returncode, ended.stdout) == (0, b"Hello World\n")


def test_an_app_that_is_piped_in_is_checked_by_its_name(environment: dict[str, str], greeting: str) -> None:
    ended = piped(environment, greeting, "check", "-", "--json")
    assert ended.returncode == 0
    assert ended.stdout.startswith(b'{"file":"-","ok":true')
    assert b"standard input" in piped(environment, greeting, "check", "-").stdout


def test_an_app_that_is_piped_in_is_exported_and_imported(environment: dict[str, str], greeting: str) -> None:
    exported = piped(environment, greeting, "export", "-")
    assert yaml.safe_load(exported.stdout) == yaml.safe_load(Path(greeting).read_text())
    assert b"Imported 'Tested'" in piped(environment, greeting, "import", "-").stdout


def test_what_is_piped_in_is_read_once(environment: dict[str, str], greeting: str) -> None:
    ended = piped(environment, greeting, "check", "-", "-")
    assert ended.returncode == 2
    assert b"can be read once" in ended.stderr


def test_nothing_piped_in_is_no_app(environment: dict[str, str]) -> None:
    ended = command(environment, "run", "-", stdin=subprocess.DEVNULL, capture_output=True)
    assert ended.returncode == 2
    assert b"standard input is not an app file" in ended.stderr


@needs_full_device
@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "{}", "-i", "name=x", *ECHO_MODEL],
        ["run", "{}", "-i", "name=x", *ECHO_MODEL, "--json"],
        ["run", "{}", "-i", "name=x", *ECHO_MODEL, "--events"],
        ["check", "{}"],
        ["export", "{}"],
        ["settings"],
        ["--version"],
    ],
    ids=lambda arguments: " ".join(arguments),
)
def test_a_full_disk_under_the_output_is_said_in_one_sentence(
    environment: dict[str, str], greeting: str, arguments: list[str]
) -> None:
    with FULL.open("wb") as full:
        ended = command(environment, *(it.format(greeting) for it in arguments), stdout=full, stderr=subprocess.PIPE)
    assert ended.returncode == 1
    lines = [line for line in ended.stderr.decode().splitlines() if line.startswith("✗")]
    assert lines == ["✗ The output could not be written: No space left on device."]
    assert b"Traceback" not in ended.stderr
    assert b"ignored" not in ended.stderr


@needs_full_device
def test_where_nothing_can_be_said_the_exit_status_says_it(environment: dict[str, str], greeting: str) -> None:
    with FULL.open("wb") as full:
        assert command(environment, "check", greeting, stdout=full, stderr=full).returncode == 1


@pytest.mark.parametrize(
    "arguments",
    [["run", "{}", "-i", "name=x", *ECHO_MODEL, "--events"], ["settings"], ["export", "{}"], ["--version"]],
    ids=lambda arguments: " ".join(arguments),
)
def test_a_reader_that_has_seen_enough_ends_a_command_in_silence(
    environment: dict[str, str], greeting: str, arguments: list[str]
) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    ended = command(environment, *(it.format(greeting) for it in arguments), stdout=writing, stderr=subprocess.PIPE)
    os.close(writing)
    assert (ended.returncode, ended.stderr) == (1, b"")


def test_an_answer_and_its_progress_that_go_to_one_place_share_no_line(
    environment: dict[str, str], greeting: str
) -> None:
    arguments = ["run", greeting, "-i", "name=a quiet world", "--model", "debug/slow"]
    ended = command(environment, *arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    lines = ended.stdout.decode().splitlines()
    assert "Hello a quiet world" in lines
    others = [line for line in lines if line != "Hello a quiet world"]
    assert [line.split()[1] for line in others] == ["Start", "Llm", "End", "Done"]


def test_an_answer_alone_is_written_as_it_is(environment: dict[str, str], greeting: str) -> None:
    ended = command(environment, "run", greeting, "-i", "name=x", *ECHO_MODEL, capture_output=True)
    assert ended.stdout == b"Hello x\n"
    assert b"Hello" not in ended.stderr
