"""Puts entries until it is killed, and tells each number whose put has returned."""

import asyncio
import sys
from pathlib import Path

from loomwork.adapters.vectors import StorePlace, open_vector_store
from loomwork.kernel.ids import WorkspaceId
from loomwork.kernel.scope import SYSTEM, Scope
from tests.contracts.vectors.entries import DIMENSIONS, entries

BATCH = 10


async def write(kind: str, folder: str, url: str, workspace: str, index: str) -> None:
    store = open_vector_store(kind, StorePlace(Path(folder), url))
    scope = Scope(WorkspaceId(workspace), SYSTEM)
    await store.make(scope, index, dimensions=DIMENSIONS)
    number = 0
    while True:
        await store.put(scope, index, entries(range(number, number + BATCH)))
        number += BATCH
        print(number, flush=True)


if __name__ == "__main__":
    asyncio.run(write(*sys.argv[1:]))
