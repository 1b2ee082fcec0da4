"""The bytes of files that tools are given."""

from typing import Any

from loomwork.adapters.tools.world import ToolWorld
from loomwork.engine.variables import File
from loomwork.kernel.scope import Scope
from loomwork.nodes.ports import FileUnreadable
from loomwork.tools.api import ToolInputInvalid

ELSEWHERE = ("data:", "http://", "https://")
"""How the URLs begin that lead to no file of this machine."""

LARGEST = 15 * 1024 * 1024


async def bytes_of(scope: Scope, file: Any, world: ToolWorld, *, limit: int = LARGEST) -> bytes:
    """All of them. Raises `ToolInputInvalid`, for a file of this machine too: a caller could name any."""
    if not isinstance(file, File) or not (file.url or "").lower().startswith(ELSEWHERE):
        raise ToolInputInvalid("The file cannot be read from here.")
    try:
        return await world.files.read(scope, file, limit=limit)
    except FileUnreadable as error:
        raise ToolInputInvalid(error.message) from error
