"""Move a knowledge base to another store or model: fill an index beside the one that serves, compare, switch, drop."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from loomwork.kernel.clock import Clock
from loomwork.kernel.errors import LoomworkError, NotFound
from loomwork.kernel.ids import new_id
from loomwork.kernel.scope import Scope
from loomwork.knowledge.application.placing import Places
from loomwork.knowledge.domain.errors import StoreFailed
from loomwork.knowledge.domain.records import Chunk, Index

logger = logging.getLogger(__name__)

BATCH = 128
HELD = timedelta(seconds=120)
LOOK_EVERY = 2.0
PAUSE_AFTER_PROBLEM = 10.0
SAMPLE = 16
NEAR = 0.999
"""The cosine of a vector to itself, as a store gives it back."""


@dataclass(frozen=True, slots=True)
class Mover:
    """Fills and drops indexes of every workspace, one at a time."""

    places: Places
    clock: Clock
    owner: str = field(default_factory=new_id)

    async def run(self) -> None:
        """For ever; cancel this to end it."""
        while True:
            wait = LOOK_EVERY
            try:
                if await self.work_on_next():
                    continue
            except LoomworkError as problem:
                logger.warning("an index could not be moved, and will be tried again: %s", problem.message)
                wait = PAUSE_AFTER_PROBLEM
            except Exception:
                logger.exception("an index could not be moved, and will be tried again")
                wait = PAUSE_AFTER_PROBLEM
            await asyncio.sleep(wait)

    async def work_on_next(self) -> bool:
        """Go on with one move, to its end. False where nothing moves. Raises `StoreFailed` and model failures: it is
        taken up again where it was.
        """
        now = self.clock.now()
        found = await self.places.indexes.claim(owner=self.owner, now=now, until=now + HELD)
        if found is None:
            return False
        scope, index = found
        try:
            if index.state == "leaving":
                await self._drop(scope, index)
            else:
                await self._fill(scope, index)
        except NotFound:
            # It was stopped, or its knowledge base went; whoever did that has seen to the rest.
            return True
        return True

    async def _drop(self, scope: Scope, index: Index) -> None:
        await self.places.stores.open(index.store).drop(scope, index.id)
        await self.places.indexes.remove(scope, index.id)

    async def _fill(self, scope: Scope, index: Index) -> None:
        await self.places.stores.open(index.store).make(scope, index.id, dimensions=index.dimensions)
        while True:
            chunks = await self.places.chunks.searched_after(scope, index.knowledge_id, index.copied, limit=BATCH)
            if chunks:
                await self.places.put_into(scope, index, chunks)
                await self._take_back(scope, index, chunks)
                index = replace(index, copied=chunks[-1].id)
                if not await self._keep(scope, index):
                    return
            elif await self._compared(scope, index) and await self._switched(scope, index):
                return

    async def _take_back(self, scope: Scope, index: Index, chunks: Sequence[Chunk]) -> None:
        """What was removed while it was brought over."""
        there = {each.id for each in await self.places.chunks.by_ids(scope, [each.id for each in chunks])}
        gone = [each.id for each in chunks if each.id not in there]
        if gone:
            await self.places.stores.open(index.store).remove(scope, index.id, gone)

    async def _keep(self, scope: Scope, index: Index) -> bool:
        return await self.places.indexes.keep(scope, index, owner=self.owner, until=self.clock.now() + HELD)

    async def _compared(self, scope: Scope, index: Index) -> bool:
        """Whether a sample of what should be there is, as it was made. Raises `StoreFailed` where it is not."""
        sample = await self.places.chunks.searched_after(scope, index.knowledge_id, "", limit=SAMPLE)
        if not sample:
            return True
        store = self.places.stores.open(index.store)
        there = await store.fetch(scope, index.id, [each.id for each in sample])
        made = await self.places.vectors(scope, index.model, sample)
        if all(each.id in there and _cosine(there[each.id], made[each.id]) > NEAR for each in sample):
            return True
        await self._keep(scope, replace(index, copied=""))
        raise StoreFailed(f"The store {index.store} did not keep all that was put into it; filling it begins anew.")

    async def _switched(self, scope: Scope, index: Index) -> bool:
        base = await self.places.bases.get(scope, index.knowledge_id)
        settings = base.settings.model_copy(update={"store": index.store, "embedding_model": index.model})
        return await self.places.indexes.switch(scope, index, settings, state=new_id())


def _cosine(left: Sequence[float], right: Sequence[float]) -> float:
    dot = sum(a * b for a, b in zip(left, right, strict=True))
    lengths = sum(a * a for a in left) * sum(b * b for b in right)
    return float(dot / lengths**0.5) if lengths else 1.0
