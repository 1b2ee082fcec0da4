"""An installation with its own settings on machines that differ in what jails they can build: with bubblewrap, with
Landlock alone, and with neither.

What a machine lacks is hidden from this one: bubblewrap's command from the search path, Landlock from those who ask.
"""

import os
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from loomwork.adapters.sandbox.inside import landlock
from loomwork.adapters.sandbox.jails import Bubblewrap
from loomwork.adapters.sandbox.pool import JailedSandbox
from loomwork.bootstrap.settings import read_settings
from loomwork.bootstrap.wiring import ModelRoom, open_models
from loomwork.kernel.ids import WorkspaceId, new_id
from loomwork.kernel.scope import Actor, Scope
from loomwork.nodes.ports import CodeRefused, SandboxLimits
from loomwork.plugins.api import PluginsRefused
from tests.contracts.plugins.packages import helpful

MACHINES = ("bubblewrap", "landlock", "neither")
LOOK = """
import os
def main():
    try:
        return {'found': open('/etc/passwd').read()}
    except OSError:
        return {'found': '', 'user': os.getuid()}
"""
OURS = Scope(WorkspaceId("ours"), Actor("person", "ours"))


@dataclass(frozen=True)
class Machine:
    """What it can build at best, and an installation on it."""

    has: str
    room: ModelRoom

    @property
    def sandbox(self) -> JailedSandbox:
        assert isinstance(self.room.sandbox, JailedSandbox)
        return self.room.sandbox


def _bubblewrap_holds() -> bool:
    sandbox = JailedSandbox(jails=[Bubblewrap()], idle=0)
    try:
        return sandbox.missing() is None
    finally:
        sandbox.close()


@pytest.fixture(params=MACHINES)
async def machine(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Machine]:
    has = str(request.param)
    if has == "bubblewrap" and not _bubblewrap_holds():
        pytest.skip("this machine is one without bubblewrap")
    if has == "landlock" and not landlock.version():
        pytest.skip("this kernel has no Landlock")
    if has != "bubblewrap":
        monkeypatch.setenv("PATH", _path_without("bwrap"))
        assert shutil.which("bwrap") is None
    if has == "neither":
        monkeypatch.setattr(landlock, "version", lambda: 0)
    room = open_models(read_settings({"LOOMWORK_DATA": str(tmp_path / "data")}))
    try:
        yield Machine(has, room)
    finally:
        await room.close()


def _path_without(command: str) -> str:
    folders = os.get_exec_path()
    return os.pathsep.join(folder for folder in folders if not (Path(folder) / command).exists()) or "/nonexistent"


async def test_the_strongest_jail_of_the_machine_is_taken(machine: Machine) -> None:
    assert machine.sandbox.jail == (None if machine.has == "neither" else machine.has)


async def test_code_is_held_or_not_run_at_all(machine: Machine) -> None:
    sandbox = machine.sandbox
    if machine.has == "neither":
        with pytest.raises(CodeRefused, match=r"bubblewrap is not installed.*Landlock is not to be had.*Install"):
            await sandbox.run("python3", LOOK, {}, SandboxLimits())
        assert sandbox.processes() == []
        return
    found = await sandbox.run("python3", LOOK, {}, SandboxLimits(seconds=60))
    assert found["found"] == ""
    if os.geteuid() == 0:
        assert found["user"] != 0


async def test_plugins_are_held_or_not_installed_at_all(machine: Machine, tmp_path: Path) -> None:
    plugins, tools = machine.room.plugins, machine.room.tools
    package = helpful(tmp_path / "given")
    if machine.has == "neither":
        with pytest.raises(PluginsRefused, match="bubblewrap is not installed"):
            await plugins.install(OURS, package)
        assert await plugins.all(OURS) == []
        return
    await plugins.install(OURS, package)
    await plugins.switch(OURS, "helpful", on=True)
    said = await tools.call(OURS, "plugin.helpful/greet", {"name": "Ada"}, key=new_id(), seconds=60)
    assert said.text == "Hello, Ada."


async def test_documents_are_read_on_all_of_them(machine: Machine) -> None:
    read = await machine.room.documents.read(b"<p>Hello, <b>Ada</b>.</p>", name="a.html", media_type="text/html")
    assert [block.text for block in read.blocks] == ["Hello, Ada."]
