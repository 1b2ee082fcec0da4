"""Edit chunks by hand: what was changed is found by its new words soon after, by the work of those who index."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from loomwork.kernel.errors import Conflict, InvalidInput
from loomwork.kernel.ids import new_id
from loomwork.kernel.page import Page, PageRequest
from loomwork.kernel.scope import Scope
from loomwork.knowledge.api import ChunkChange
from loomwork.knowledge.application.placing import Places
from loomwork.knowledge.application.sizes import token_estimate
from loomwork.knowledge.domain.records import Chunk
from loomwork.knowledge.ports import DocumentStore

LONGEST = 100_000
"""Characters of a chunk."""

BEING_CUT = frozenset({"waiting", "parsing", "splitting"})


@dataclass(frozen=True, slots=True)
class ChunkDesk:
    """Chunks of one document, seen and changed."""

    documents: DocumentStore
    places: Places
    wake: Callable[[], None]

    async def list_chunks(self, scope: Scope, document_id: str, page: PageRequest) -> Page[Chunk]:
        await self.documents.get(scope, document_id)
        return await self.places.chunks.list_chunks(scope, document_id, page)

    async def get(self, scope: Scope, chunk_id: str) -> Chunk:
        chunk = await self.places.chunks.get(scope, chunk_id)
        await self.documents.get(scope, chunk.document_id)
        return chunk

    async def children(self, scope: Scope, chunk_id: str) -> Sequence[Chunk]:
        return await self.places.chunks.children(scope, (await self.get(scope, chunk_id)).id)

    async def add(self, scope: Scope, document_id: str, text: str, answer: str) -> Chunk:
        document = await self.documents.get(scope, document_id)
        if document.state in BEING_CUT:
            raise _being_cut()
        last = await self._last_number(scope, document_id)
        chunk = Chunk(
            id=new_id(),
            knowledge_id=document.knowledge_id,
            document_id=document_id,
            number=last + 1,
            kind="chunk",
            text=_checked(text),
            found_by=text,
            tokens=token_estimate(text),
            answer=_checked(answer) if answer else "",
            edited=True,
        )
        await self._save(scope, chunk)
        return chunk

    async def change(self, scope: Scope, chunk_id: str, change: ChunkChange) -> Chunk:
        before = await self.get(scope, chunk_id)
        if (await self.documents.get(scope, before.document_id)).state in BEING_CUT:
            raise _being_cut()
        chunk = replace(
            before,
            text=before.text if change.text is None else _checked(change.text),
            answer=before.answer if change.answer is None else change.answer,
            enabled=before.enabled if change.enabled is None else change.enabled,
            edited=before.edited or change.text is not None or change.answer is not None,
            embedded=False,
        )
        if change.text is not None:
            found_by = _prefixed(before, change.text)
            chunk = replace(chunk, found_by=found_by, tokens=token_estimate(change.text))
        await self._save(scope, chunk, before=before)
        return chunk

    async def remove(self, scope: Scope, chunk_id: str) -> None:
        chunk = await self.get(scope, chunk_id)
        gone = await self.places.chunks.remove(scope, chunk_id)
        await self.places.take_out(scope, chunk.knowledge_id, gone)
        await self.places.chunks.forget_unused_vectors(scope, chunk.knowledge_id)

    async def _save(self, scope: Scope, chunk: Chunk, *, before: Chunk | None = None) -> None:
        children: list[Chunk] = []
        if before is not None and before.kind == "parent":
            children = await self._children(scope, before, chunk)
        await self.places.chunks.save(scope, chunk, children=children)
        # Those that are not pending any more: their words have gone, or nobody may find them.
        gone = [each.id for each in (chunk, *children) if not each.is_searched]
        if gone:
            await self.places.take_out(scope, chunk.knowledge_id, gone)
        self.wake()

    async def _children(self, scope: Scope, before: Chunk, after: Chunk) -> list[Chunk]:
        """As they were while the text stays; of another text there is one, the whole of it."""
        kept = await self.places.chunks.children(scope, before.id)
        if after.text == before.text:
            return [replace(each, enabled=after.enabled, embedded=False) for each in kept]
        await self.places.take_out(scope, before.knowledge_id, [each.id for each in kept])
        child = replace(after, id=new_id(), kind="child", parent_id=after.id)
        return [child]

    async def _last_number(self, scope: Scope, document_id: str) -> int:
        number = -1
        page = PageRequest(limit=100)
        while True:
            found = await self.places.chunks.list_chunks(scope, document_id, page)
            number = max([number, *(each.number for each in found.items)])
            if found.next is None:
                return number
            page = PageRequest(limit=100, after=found.next)


def _prefixed(before: Chunk, text: str) -> str:
    """With the words that stood before the text it had, if any."""
    prefix, found, _ = before.found_by.rpartition(before.text)
    return f"{prefix}{text}" if found else text


def _checked(text: str) -> str:
    if not text.strip():
        raise InvalidInput("A chunk needs a text.", field="text")
    if len(text) > LONGEST:
        raise InvalidInput(f"A chunk has at most {LONGEST} characters.", field="text")
    return text


def _being_cut() -> Conflict:
    return Conflict("The document is being cut into chunks. Wait until it is indexed.")
