"""Installed plugins in a folder: a record a plugin, beside the folder that it names. What the records say counts, so
that several processes may work on one folder.
"""

import json
import os
import secrets
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from loomwork.adapters.plugins.environments import Environments
from loomwork.adapters.plugins.unpacking import (
    LOCK,
    MOST_BYTES,
    copy_folder,
    digest_of,
    found_manifest,
    open_to_readers,
    unzip,
)
from loomwork.kernel.clock import Clock
from loomwork.kernel.ids import new_id
from loomwork.plugins.domain.errors import PluginInvalid
from loomwork.plugins.domain.lock import pinned
from loomwork.plugins.domain.manifest import Manifest
from loomwork.plugins.ports import InstalledPlugin

_RECORD = ".json"
_Stamp = tuple[int, int]


class FolderShelf:
    """Implements `PluginShelf`."""

    def __init__(self, folder: Path, environments: Environments, clock: Clock) -> None:
        self._folder = folder
        self._environments = environments
        self._clock = clock
        self._read: dict[str, tuple[_Stamp, InstalledPlugin]] = {}

    def all(self) -> Sequence[InstalledPlugin]:
        """See `PluginShelf.all`."""
        try:
            names = sorted(entry.name for entry in os.scandir(self._folder) if entry.name.endswith(_RECORD))
        except OSError:
            return ()
        found = [self.find(name.removesuffix(_RECORD)) for name in names]
        return [each for each in found if each is not None]

    def find(self, plugin_id: str) -> InstalledPlugin | None:
        """See `PluginShelf.find`."""
        if "/" in plugin_id or plugin_id.startswith("."):
            return None
        record = self._folder / f"{plugin_id}{_RECORD}"
        try:
            status = record.stat()
            stamp = (status.st_mtime_ns, status.st_ino)
            known = self._read.get(plugin_id)
            if known is None or known[0] != stamp:
                known = self._read[plugin_id] = (stamp, _plugin_of(record.read_text(encoding="utf-8"), self._folder))
        except (OSError, ValueError, KeyError, TypeError, ValidationError):
            return None
        return known[1]

    def unpack(self, given: Path | bytes | str, say: Callable[[str], None]) -> InstalledPlugin:
        """See `PluginShelf.unpack`."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        place = self._folder / f"new-{secrets.token_hex(8)}"
        place.mkdir(mode=0o755)
        try:
            return self._unpacked(given, place, say)
        except BaseException:
            shutil.rmtree(place, ignore_errors=True)
            raise

    def _unpacked(self, given: Path | bytes | str, place: Path, say: Callable[[str], None]) -> InstalledPlugin:
        package = place / "package"
        package.mkdir()
        source = self._laid_out(given, package, place, say)
        manifest, beside, root = found_manifest(package)
        lock = _lock(beside / LOCK)
        folders = [root, self._environments.make(place / "venv", lock, say)]
        plugin = InstalledPlugin(
            manifest=manifest,
            digest=digest_of(package),
            grant=new_id(),
            source=source,
            installed_at=self._clock.now(),
            folders=folders,
        )
        open_to_readers(package)
        open_to_readers(folders[1])
        return plugin

    def _laid_out(self, given: Path | bytes | str, package: Path, place: Path, say: Callable[[str], None]) -> str:
        """Where it is from, in a word."""
        if isinstance(given, bytes):
            unzip(given, package)
            return "upload"
        if isinstance(given, str):
            wanted = pinned(given, source="The requirement")
            if len(wanted) != 1:
                raise PluginInvalid("Name one package: `name==version --hash=sha256:...`.")
            fetching = place / "fetching"
            fetching.mkdir()
            unzip(self._environments.fetch(wanted[0], fetching, say), package)
            shutil.rmtree(fetching)
            return wanted[0].partition(" ")[0]
        say(f"Reading {given.name}")
        if given.is_dir():
            copy_folder(given, package)
            return "folder"
        unzip(_content(given), package)
        return "wheel"

    def put(self, ready: InstalledPlugin) -> InstalledPlugin:
        """See `PluginShelf.put`."""
        before = self.find(ready.id)
        if before is not None and ready.manifest.permissions.is_within(before.manifest.permissions):
            ready = replace(ready, grant=before.grant)
        record = self._folder / f"{ready.id}{_RECORD}"
        partial = self._folder / f"{ready.id}.partial"
        partial.write_text(_text_of(ready, self._folder), encoding="utf-8")
        partial.replace(record)
        if before is not None:
            self._clear(before)
        return ready

    def drop(self, ready: InstalledPlugin) -> None:
        """See `PluginShelf.drop`."""
        found = self.find(ready.id)
        if found is None or list(found.folders) != list(ready.folders):
            self._clear(ready)

    def remove(self, plugin_id: str) -> None:
        """See `PluginShelf.remove`."""
        found = self.find(plugin_id)
        if found is not None:
            (self._folder / f"{found.id}{_RECORD}").unlink(missing_ok=True)
            self._read.pop(found.id, None)
            self._clear(found)

    def _clear(self, plugin: InstalledPlugin) -> None:
        for folder in plugin.folders:
            shutil.rmtree(self._folder / folder.relative_to(self._folder).parts[0], ignore_errors=True)


def _lock(path: Path) -> Sequence[str]:
    if not path.is_file():
        return ()
    try:
        return pinned(path.read_text(encoding="utf-8"), source=LOCK)
    except UnicodeDecodeError:
        raise PluginInvalid(f"{LOCK} is no text.") from None


def _content(path: Path) -> bytes:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise PluginInvalid(f"{path.name} is larger than {MOST_BYTES >> 20} MB.")
        return path.read_bytes()
    except OSError as error:
        raise PluginInvalid(f"{path.name} cannot be read: {error.strerror}.") from None


def _text_of(plugin: InstalledPlugin, folder: Path) -> str:
    said = {
        "manifest": plugin.manifest.model_dump(mode="json"),
        "digest": plugin.digest,
        "grant": plugin.grant,
        "source": plugin.source,
        "installed_at": plugin.installed_at.isoformat(),
        "folders": [str(each.relative_to(folder)) for each in plugin.folders],
    }
    return json.dumps(said)


def _plugin_of(text: str, folder: Path) -> InstalledPlugin:
    said: dict[str, Any] = json.loads(text)
    return InstalledPlugin(
        manifest=Manifest.model_validate(said["manifest"]),
        digest=said["digest"],
        grant=said["grant"],
        source=said["source"],
        installed_at=datetime.fromisoformat(said["installed_at"]),
        folders=[folder / each for each in said["folders"]],
    )
