"""What tools said in full, a file each, in a folder of their workspace."""

import asyncio
import contextlib
import os
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

from loomwork.kernel.errors import NotFound
from loomwork.kernel.ids import new_id
from loomwork.kernel.scope import Scope

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class FolderOutputs:
    """Fits `tools.ports.OutputStore`. Only the owner of the folder reads them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def keep(self, scope: Scope, content: bytes) -> str:
        output_id = new_id()
        await asyncio.to_thread(self._write, self._folder / scope.workspace_id, output_id, content)
        return output_id

    async def read(self, scope: Scope, output_id: str) -> bytes:
        if _ID.fullmatch(output_id) is None:
            raise NotFound.of("output", output_id)
        try:
            return await asyncio.to_thread((self._folder / scope.workspace_id / output_id).read_bytes)
        except OSError:
            raise NotFound.of("output", output_id) from None

    async def remove_all(self, scope: Scope) -> None:
        """What the workspace has kept goes with it."""
        await asyncio.to_thread(shutil.rmtree, self._folder / scope.workspace_id, ignore_errors=True)

    async def all(self, scope: Scope) -> AsyncIterator[tuple[str, bytes]]:
        """Everything that the workspace has kept, by id, one at a time."""
        for name in await asyncio.to_thread(self._names, self._folder / scope.workspace_id):
            # One that goes meanwhile is not there any more.
            with contextlib.suppress(NotFound):
                yield name, await self.read(scope, name)

    def _names(self, folder: Path) -> list[str]:
        if not folder.is_dir():
            return []
        return sorted(each.name for each in folder.iterdir() if _ID.fullmatch(each.name))

    def _write(self, folder: Path, name: str, content: bytes) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Under another name first, so that nobody reads half of it.
        aside = folder / f".{name}"
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
        aside.rename(folder / name)
