"""`loomwork plugins`, on a data folder."""

import subprocess
import sys
from pathlib import Path

import pytest

from loomwork.adapters.sandbox.pool import JailedSandbox
from tests.unit.interface.cli.conftest import Cli


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")


@pytest.fixture
def jail() -> None:
    sandbox = JailedSandbox(idle=0)
    missing = sandbox.missing()
    sandbox.close()
    if missing is not None:
        pytest.skip(missing)


def test_the_template_has_a_test_that_passes(cli: Cli) -> None:
    assert cli("plugins", "new", "greeting").status == 0
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "greeting"],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (ended.returncode, "1 passed" in ended.stdout) == (0, True), ended.stdout


@pytest.mark.usefixtures("jail")
def test_the_template_is_installed_enabled_called_disabled_and_removed(cli: Cli) -> None:
    cli("plugins", "new", "greeting")
    made = cli("plugins", "install", "greeting")
    assert made.status == 0
    assert "asks for no network" in made.err
    assert "loomwork plugins enable greeting" in made.err
    assert cli("tools", "call", "plugin.greeting/greet", "-i", "name=Ada").status == 2
    assert cli("plugins", "enable", "greeting").status == 0
    assert cli("tools", "call", "plugin.greeting/greet", "-i", "name=Ada").out == "Hello, Ada.\n"
    (listed,) = cli("plugins", "list", "--json").objects
    assert (listed["id"], listed["version"], listed["enabled"]) == ("greeting", "0.1.0", True)
    assert "plugin.greeting/greet" in cli("plugins", "show", "greeting").out
    assert cli("plugins", "disable", "greeting").status == 0
    assert cli("tools", "call", "plugin.greeting/greet", "-i", "name=Ada").status == 2
    assert cli("plugins", "remove", "greeting", "--yes").status == 0
    assert cli("plugins", "list", "--json").objects == []
    done = [entry["action"] for entry in cli("audit", "list", "--json").objects]
    assert {"plugin.installed", "plugin.enabled", "plugin.disabled", "plugin.removed"} <= set(done)


@pytest.mark.parametrize("name", ["Greeting", "../up", "class", "a", "-x", "x" * 60])
def test_a_name_that_no_plugin_can_have_is_refused(cli: Cli, name: str) -> None:
    assert cli("plugins", "new", "--", name).status == 2


def test_a_folder_that_is_there_is_not_written_over(cli: Cli) -> None:
    Path("greeting").mkdir()
    ended = cli("plugins", "new", "greeting")
    assert (ended.status, "is there already" in ended.err) == (2, True)


def test_what_is_not_there_is_not_installed(cli: Cli) -> None:
    ended = cli("plugins", "install", "nowhere")
    assert (ended.status, "no 'nowhere' here" in ended.err) == (2, True)
