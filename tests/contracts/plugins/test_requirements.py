"""Packages that a plugin needs: wheels built here, from a folder that pip takes for its only index."""

import hashlib
import importlib.util
import tarfile
from pathlib import Path

import pytest

from loomwork.plugins.api import PluginInvalid
from tests.contracts.plugins.conftest import House
from tests.contracts.plugins.packages import tool, written
from tests.unit.adapters.weights.wheels import a_wheel

NEEDED = "lw-test-needed"
USES_IT = """
import lw_test_needed

def which(arguments, call):
    return lw_test_needed.VERSION
"""


def built(house: House, version: str) -> str:
    """A wheel of this version in the index; the line of a lock that names it."""
    files = {"lw_test_needed/__init__.py": f"VERSION = {version!r}\n".encode()}
    wheel = a_wheel(house.index, NEEDED, files, version)
    return f"{NEEDED}=={version} --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n"


def needing(folder: Path, plugin_id: str, lock: str) -> Path:
    package = written(folder / "given", plugin_id=plugin_id, tools=[tool("which", "user")])
    (package / "user.py").write_text(USES_IT, encoding="utf-8")
    (package / "requirements.lock").write_text(lock, encoding="utf-8")
    return package


async def test_two_plugins_have_two_releases_of_a_package_and_the_server_has_none(house: House) -> None:
    await house.add(needing(house.folder, "old", built(house, "1.0")))
    await house.add(needing(house.folder, "new", built(house, "2.0")))
    old, new = (await house.call("old/which")).text, (await house.call("new/which")).text
    assert (old, new) == ("1.0", "2.0")
    assert importlib.util.find_spec("lw_test_needed") is None


async def test_a_wheel_that_is_not_the_one_of_the_lock_is_not_installed(house: House) -> None:
    lock = built(house, "1.0")
    a_wheel(house.index, NEEDED, {"lw_test_needed/__init__.py": b"VERSION = 'another'\n"}, "1.0")
    with pytest.raises(PluginInvalid, match="Its environment cannot be made"):
        await house.install(needing(house.folder, "old", lock))
    assert await house.plugins.all(house.ours) == []


async def test_a_package_that_would_have_to_be_built_is_not_installed(house: House) -> None:
    ran = house.folder / "ran"
    source = house.index / f"{NEEDED}-1.0"
    source.mkdir(parents=True)
    (source / "setup.py").write_text(f"open({str(ran)!r}, 'w')\n", encoding="utf-8")
    archive = _archive(source)
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    with pytest.raises(PluginInvalid, match="Its environment cannot be made"):
        await house.install(needing(house.folder, "old", f"{NEEDED}==1.0 --hash=sha256:{digest}\n"))
    assert not ran.exists()


def _archive(source: Path) -> Path:
    """A release of the source alone."""
    path = source.with_name(f"{source.name}.tar.gz")
    with tarfile.open(path, "w:gz") as archive:
        archive.add(source, arcname=source.name)
    return path
