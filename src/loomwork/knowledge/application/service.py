"""The use cases of knowledge, joined to the one object that the faces hold."""

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from loomwork.kernel.clock import Clock
from loomwork.kernel.errors import Conflict, InvalidInput
from loomwork.kernel.ids import new_id
from loomwork.kernel.page import Page, PageRequest
from loomwork.kernel.scope import Scope
from loomwork.knowledge.api import (
    Chunk,
    ChunkChange,
    ChunkDraft,
    ChunkSettings,
    Document,
    DocumentChange,
    DocumentFilter,
    Found,
    Index,
    KnowledgeBase,
    KnowledgeChange,
    KnowledgeSettings,
    NewDocument,
    NewKnowledge,
    Progress,
    Question,
)
from loomwork.knowledge.application.clean_up import Cleaner
from loomwork.knowledge.application.edit_chunks import ChunkDesk
from loomwork.knowledge.application.find_passages import Finder
from loomwork.knowledge.application.placing import Places
from loomwork.knowledge.application.take_in_documents import DocumentDesk
from loomwork.knowledge.domain.records import UNFINISHED, DocumentState
from loomwork.knowledge.ports import Cutter, DocumentReader, DocumentStore
from loomwork.model_gateway.api import EmbeddingRequest

SHOWN_CHUNKS = 200
"""How many a preview shows."""


@dataclass(frozen=True, slots=True)
class KnowledgeService:
    """Fits `knowledge.api.Knowledge`."""

    places: Places
    store: DocumentStore
    reader: DocumentReader
    cut: Cutter
    desk: DocumentDesk
    chunk_desk: ChunkDesk
    finder: Finder
    cleaner: Cleaner
    clock: Clock
    default_model: str

    @property
    def stores(self) -> Sequence[str]:
        kinds, default = self.places.stores.kinds, self.places.stores.default
        return [default, *(each for each in kinds if each != default)]

    async def create(self, scope: Scope, new: NewKnowledge) -> KnowledgeBase:
        model = await self._embedding_model(scope, new.embedding_model or self.default_model)
        store = new.store or self.places.stores.default
        self.places.stores.open(store)
        settings = _checked(
            name=new.name.strip(),
            description=new.description,
            embedding_model=model,
            store=store,
            chunking=new.chunking,
            retrieval=new.retrieval,
        )
        now = self.clock.now()
        base = KnowledgeBase(new_id(), settings, None, new_id(), now, now)
        await self.places.bases.add(scope, base)
        return base

    async def get(self, scope: Scope, knowledge_id: str) -> KnowledgeBase:
        return await self.places.bases.get(scope, knowledge_id)

    async def list_bases(
        self, scope: Scope, page: PageRequest, *, search: str = "", only: Collection[str] | None = None
    ) -> Page[KnowledgeBase]:
        return await self.places.bases.list_bases(scope, page, search=search, only=only)

    async def find_base(self, scope: Scope, reference: str) -> KnowledgeBase | None:
        found = await self.places.bases.list_bases(scope, PageRequest(1), only=[reference])
        if found.items:
            return found.items[0]
        everything = [each async for each in self._all(scope)]
        known = [each for each in everything if reference in each.settings.aliases]
        named = [each for each in everything if each.settings.name == reference]
        return next(iter([*known, *named]), None)

    async def _all(self, scope: Scope) -> AsyncIterator[KnowledgeBase]:
        page: PageRequest | None = PageRequest(100)
        while page is not None:
            found = await self.places.bases.list_bases(scope, page)
            for each in found.items:
                yield each
            page = None if found.next is None else PageRequest(100, found.next)

    async def change(self, scope: Scope, knowledge_id: str, change: KnowledgeChange) -> KnowledgeBase:
        before = (await self.get(scope, knowledge_id)).settings
        given = {name: getattr(change, name) for name in ("name", "description", "aliases", "chunking", "retrieval")}
        said = {name: value for name, value in given.items() if value is not None}
        settings = _checked(**{**dict(before), **said})
        await self.places.bases.change(scope, knowledge_id, settings, state=new_id())
        return await self.get(scope, knowledge_id)

    async def remove(self, scope: Scope, knowledge_id: str) -> None:
        await self.places.bases.begin_removal(scope, knowledge_id)
        await self.cleaner.base(scope, knowledge_id)

    async def progress(self, scope: Scope, knowledge_id: str) -> Progress:
        base = await self.get(scope, knowledge_id)
        counts = await self.store.counts(scope, knowledge_id)
        return Progress(counts, base.chunks, base.done)

    async def add_document(self, scope: Scope, knowledge_id: str, new: NewDocument) -> Document:
        await self.get(scope, knowledge_id)
        return await self.desk.add(scope, knowledge_id, new)

    async def replace_document(self, scope: Scope, document_id: str, new: NewDocument) -> Document:
        return await self.desk.replace(scope, document_id, new)

    async def get_document(self, scope: Scope, document_id: str) -> Document:
        return await self.store.get(scope, document_id)

    async def document_content(self, scope: Scope, document_id: str) -> bytes:
        return await self.store.content(scope, document_id)

    async def list_documents(
        self, scope: Scope, knowledge_id: str, wanted: DocumentFilter, page: PageRequest
    ) -> Page[Document]:
        await self.get(scope, knowledge_id)
        return await self.store.list_documents(scope, knowledge_id, wanted, page)

    async def change_document(self, scope: Scope, document_id: str, change: DocumentChange) -> Document:
        return await self.desk.change(scope, document_id, change)

    async def remove_document(self, scope: Scope, document_id: str) -> None:
        document = await self.store.get(scope, document_id)
        everything: tuple[DocumentState, ...] = (*sorted(UNFINISHED), "indexed", "failed", "paused")
        await self.store.set_state(scope, document_id, "deleting", of=everything)
        await self.cleaner.document(scope, document)

    async def retry_document(self, scope: Scope, document_id: str) -> Document:
        return await self.desk.retry(scope, document_id)

    async def pause_document(self, scope: Scope, document_id: str) -> Document:
        return await self.desk.pause(scope, document_id)

    async def resume_document(self, scope: Scope, document_id: str) -> Document:
        return await self.desk.resume(scope, document_id)

    async def preview_chunks(
        self, scope: Scope, content: bytes, *, name: str, media_type: str, settings: ChunkSettings
    ) -> Sequence[ChunkDraft]:
        parsed = await self.reader.read(content, name=name, media_type=media_type)
        return list(self.cut(parsed, settings, parsed.title or name))[:SHOWN_CHUNKS]

    async def list_chunks(self, scope: Scope, document_id: str, page: PageRequest) -> Page[Chunk]:
        return await self.chunk_desk.list_chunks(scope, document_id, page)

    async def get_chunk(self, scope: Scope, chunk_id: str) -> Chunk:
        return await self.chunk_desk.get(scope, chunk_id)

    async def children_of(self, scope: Scope, chunk_id: str) -> Sequence[Chunk]:
        return await self.chunk_desk.children(scope, chunk_id)

    async def add_chunk(self, scope: Scope, document_id: str, text: str, *, answer: str = "") -> Chunk:
        return await self.chunk_desk.add(scope, document_id, text, answer)

    async def change_chunk(self, scope: Scope, chunk_id: str, change: ChunkChange) -> Chunk:
        return await self.chunk_desk.change(scope, chunk_id, change)

    async def remove_chunk(self, scope: Scope, chunk_id: str) -> None:
        await self.chunk_desk.remove(scope, chunk_id)

    async def search(self, scope: Scope, question: Question) -> Found:
        return await self.finder.search(scope, question)

    async def move(
        self, scope: Scope, knowledge_id: str, *, store: str | None = None, model: str | None = None
    ) -> Index:
        base = await self.get(scope, knowledge_id)
        to = store or base.settings.store
        self.places.stores.open(to)
        name = base.settings.embedding_model if model is None else await self._embedding_model(scope, model)
        probe = await self.places.models.embed(scope, EmbeddingRequest(name, [base.settings.name], kind="document"))
        index = Index(new_id(), knowledge_id, to, name, len(probe.vectors[0]), "building")
        if base.index_id is None:
            settings = base.settings.model_copy(update={"store": to, "embedding_model": name})
            await self.places.bases.change(scope, knowledge_id, settings, state=new_id())
            return index
        await self.places.indexes.add_building(scope, index)
        return index

    async def stop_move(self, scope: Scope, knowledge_id: str) -> None:
        building = [each for each in await self.indexes(scope, knowledge_id) if each.state == "building"]
        if not building:
            raise Conflict("The knowledge base is not being moved.")
        for each in building:
            await self.places.indexes.remove(scope, each.id)
            await self.places.stores.open(each.store).drop(scope, each.id)

    async def indexes(self, scope: Scope, knowledge_id: str) -> Sequence[Index]:
        await self.get(scope, knowledge_id)
        return await self.places.indexes.of_base(scope, knowledge_id)

    async def _embedding_model(self, scope: Scope, name: str) -> str:
        """Raises `InvalidInput` for a model of another kind; model failures for one that is not listed and that does
        not answer.
        """
        listed = {each.id: each for each in await self.places.models.list_models(scope)}
        if name not in listed:
            await self.places.models.embed(scope, EmbeddingRequest(name, ["."], kind="document"))
        elif listed[name].type != "embedding":
            raise InvalidInput(f"{name[:200]} makes no embeddings.", field="embedding_model")
        return name


def _checked(**given: Any) -> KnowledgeSettings:
    """Raises `InvalidInput`, with the first thing that is wrong."""
    try:
        return KnowledgeSettings.model_validate(given)
    except ValidationError as problem:
        first = problem.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(each) for each in first["loc"])
        raise InvalidInput(f"{place or 'It'}: {first['msg']}.", field=place) from None
