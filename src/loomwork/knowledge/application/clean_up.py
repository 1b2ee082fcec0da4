"""Clean up after what was removed: first the stores, then our own records, so that a crash leaves nothing behind."""

import asyncio
import logging
from dataclasses import dataclass

from loomwork.kernel.errors import LoomworkError
from loomwork.kernel.scope import Scope
from loomwork.knowledge.application.placing import Places
from loomwork.knowledge.domain.records import Document
from loomwork.knowledge.ports import DocumentStore

logger = logging.getLogger(__name__)

EVERY_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Cleaner:
    """Takes away what is gone already for everybody."""

    documents: DocumentStore
    places: Places

    async def run(self) -> None:
        """What another process left half done, now and from time to time; cancel this to end it."""
        while True:
            try:
                for scope, knowledge_id in await self.places.bases.removing():
                    await self.base(scope, knowledge_id)
                for scope, document in await self.documents.deleting():
                    await self.document(scope, document)
            except LoomworkError as problem:
                logger.warning("what was removed could not be cleaned up yet: %s", problem.message)
            except Exception:
                logger.exception("what was removed could not be cleaned up yet")
            await asyncio.sleep(EVERY_SECONDS)

    async def base(self, scope: Scope, knowledge_id: str) -> None:
        await self.places.drop(scope, knowledge_id)
        await self.places.bases.remove(scope, knowledge_id)

    async def document(self, scope: Scope, document: Document) -> None:
        await self.places.take_out_document(scope, document.knowledge_id, document.id)
        await self.documents.remove(scope, document.id)
        await self.places.chunks.forget_unused_vectors(scope, document.knowledge_id)
