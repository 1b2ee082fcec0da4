"""A disk so small that it can be filled."""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

SIZE = "8m"


@dataclass(frozen=True)
class SmallDisk:
    """A file system of its own, mounted at `folder`."""

    folder: Path

    @property
    def _ballast(self) -> Path:
        return self.folder / "ballast"

    def fill(self) -> None:
        """Leave no room for another block."""
        handle = os.open(self._ballast, os.O_CREAT | os.O_WRONLY)
        try:
            while True:
                os.write(handle, b"x" * 4096)
        except OSError:
            os.close(handle)

    def make_room(self) -> None:
        self._ballast.unlink()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[SmallDisk]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(mounting, capture_output=True, check=False).returncode == 0
    except OSError:
        mounted = False
    if not mounted:
        pytest.skip("a small disk can only be mounted by root")
    yield SmallDisk(folder)
    subprocess.run(["umount", "--lazy", str(folder)], capture_output=True, check=True)
