"""What a put has returned for is still there after its process was killed."""

import asyncio
import sys

import pytest

from loomwork.adapters.vectors import StorePlace, open_vector_store
from loomwork.kernel.ids import new_id
from loomwork.kernel.scope import Scope
from tests.contracts.vectors.entries import entry_id
from tests.contracts.vectors.writing import BATCH

pytestmark = pytest.mark.anyio

ENOUGH = 20 * BATCH


async def test_a_killed_process_loses_nothing_that_put_returned_for(kind: str, place: StorePlace, ours: Scope) -> None:
    index = new_id()
    told = await killed_while_writing(kind, place, ours, index)
    assert told >= ENOUGH
    store = open_vector_store(kind, place)
    try:
        there = await store.fetch(ours, index, [entry_id(number) for number in range(told)])
        assert len(there) == told
        assert told <= await store.count(ours, index) <= told + BATCH
    finally:
        await store.close()


async def killed_while_writing(kind: str, place: StorePlace, scope: Scope, index: str) -> int:
    """The number that it told last."""
    arguments = (kind, str(place.folder), place.database_url, scope.workspace_id, index)
    writer = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.contracts.vectors.writing", *arguments, stdout=asyncio.subprocess.PIPE
    )
    assert writer.stdout is not None
    told = 0
    while told < ENOUGH and (line := await writer.stdout.readline()):
        told = int(line)
    writer.kill()
    rest = await writer.stdout.read()
    await writer.wait()
    return max([told, *map(int, rest.splitlines()[:-1])])
