"""Put chunks where they are found: their vectors made, each once, and laid into every index."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from loomwork.kernel.ids import new_id
from loomwork.kernel.scope import Scope
from loomwork.knowledge.domain.errors import IndexMissing
from loomwork.knowledge.domain.records import Chunk, Index, KnowledgeBase
from loomwork.knowledge.ports import (
    BaseStore,
    ChunkStore,
    IndexStore,
    TextEntry,
    TextIndex,
    Vector,
    VectorEntry,
    VectorStores,
)
from loomwork.model_gateway.api import EmbeddingRequest, Models


@dataclass(frozen=True, slots=True)
class Places:
    """Where chunks are found."""

    bases: BaseStore
    indexes: IndexStore
    chunks: ChunkStore
    stores: VectorStores
    texts: TextIndex
    models: Models

    async def put(self, scope: Scope, base: KnowledgeBase, chunks: Sequence[Chunk]) -> Collection[str]:
        """Into every index of the knowledge base: their ids. Raises `StoreFailed` and model failures."""
        filled = await self._filled(scope, base, chunks)
        for index in filled:
            await self.put_into(scope, index, chunks)
        await self.texts.make(scope, base.id)
        await self.texts.put(scope, base.id, [TextEntry(each.id, each.document_id, each.found_by) for each in chunks])
        return [index.id for index in filled]

    async def put_into(self, scope: Scope, index: Index, chunks: Sequence[Chunk]) -> None:
        """Into one index."""
        vectors = await self.vectors(scope, index.model, chunks)
        store = self.stores.open(index.store)
        await store.make(scope, index.id, dimensions=index.dimensions)
        entries = [VectorEntry(each.id, each.document_id, vectors[each.id]) for each in chunks]
        await store.put(scope, index.id, entries)

    async def vectors(self, scope: Scope, model: str, chunks: Sequence[Chunk]) -> Mapping[str, Vector]:
        """By the chunks' ids; those that were never made are, and kept."""
        keys = {each.id: each.vector_key(model) for each in chunks}
        known = dict(await self.chunks.vectors(scope, set(keys.values())))
        wanted = {keys[each.id]: each for each in chunks if keys[each.id] not in known}
        if wanted:
            texts = [each.found_by for each in wanted.values()]
            made = await self.models.embed(scope, EmbeddingRequest(model, texts, kind="document"))
            await self.chunks.keep_vectors(scope, model, list(zip(wanted.values(), made.vectors, strict=True)))
            known |= dict(zip(wanted, made.vectors, strict=True))
        return {each: known[key] for each, key in keys.items()}

    async def take_out(self, scope: Scope, knowledge_id: str, ids: Sequence[str]) -> None:
        """Of every index."""
        for index in await self.indexes.of_base(scope, knowledge_id):
            with suppress(IndexMissing):
                await self.stores.open(index.store).remove(scope, index.id, ids)
        with suppress(IndexMissing):
            await self.texts.remove(scope, knowledge_id, ids)

    async def take_out_document(self, scope: Scope, knowledge_id: str, document_id: str) -> None:
        """All of its chunks, of every index."""
        for index in await self.indexes.of_base(scope, knowledge_id):
            with suppress(IndexMissing):
                await self.stores.open(index.store).remove_document(scope, index.id, document_id)
        with suppress(IndexMissing):
            await self.texts.remove_document(scope, knowledge_id, document_id)

    async def drop(self, scope: Scope, knowledge_id: str) -> None:
        """Every index of the knowledge base, with all that is in it."""
        for index in await self.indexes.of_base(scope, knowledge_id):
            await self.stores.open(index.store).drop(scope, index.id)
        await self.texts.drop(scope, knowledge_id)

    async def _filled(self, scope: Scope, base: KnowledgeBase, chunks: Sequence[Chunk]) -> Sequence[Index]:
        """The indexes that chunks go into. The first chunks of a knowledge base show how long its vectors are."""
        found = [each for each in await self.indexes.of_base(scope, base.id) if each.state != "leaving"]
        if any(each.state == "serving" for each in found):
            return found
        model = base.settings.embedding_model
        made = await self.vectors(scope, model, chunks)
        first = Index(new_id(), base.id, base.settings.store, model, len(next(iter(made.values()))), "serving")
        return [*found, await self.indexes.add_serving(scope, first)]
