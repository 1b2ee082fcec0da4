"""Index documents: read, cut and embed those that wait, so that a crash costs at most the batch in flight."""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta

from loomwork.kernel.clock import Clock
from loomwork.kernel.errors import LoomworkError, NotFound
from loomwork.kernel.ids import new_id
from loomwork.knowledge.application.placing import Places
from loomwork.knowledge.domain.chunking import ChunkDraft
from loomwork.knowledge.domain.errors import DocumentUnusable
from loomwork.knowledge.domain.records import Chunk, DocumentState
from loomwork.knowledge.ports import ChunkStore, Cutter, DocumentReader, DocumentStore, Work
from loomwork.model_gateway.api import ModelNotFound, ModelRefused

logger = logging.getLogger(__name__)

BATCH = 64
"""Chunks that are embedded and written down together."""

HELD = timedelta(seconds=120)
"""For how long a document is one worker's before it has to say so again. A batch takes less, but for models that are
so slow that two may embed the same: then both write the same down.
"""

ATTEMPTS = 6
"""After which a document has failed; the waits between them add up to about half an hour."""

FIRST_WAIT = timedelta(seconds=2)
LOOK_EVERY = 5.0
"""Seconds after which is looked for what other processes took in."""


class _Lost(Exception):
    """The document is not this worker's any more."""


@dataclass(frozen=True, slots=True)
class Indexer:
    """Works on the documents of every workspace, `at_once` at a time. `wake` it when there is something to do."""

    documents: DocumentStore
    chunks: ChunkStore
    places: Places
    reader: DocumentReader
    cut: Cutter
    clock: Clock
    owner: str = field(default_factory=new_id)
    at_once: int = 2
    _wanted: asyncio.Event = field(default_factory=asyncio.Event)

    def wake(self) -> None:
        self._wanted.set()

    async def run(self) -> None:
        """For ever; cancel this to end it. What is under way then is taken up by whoever comes next."""
        async with asyncio.TaskGroup() as group:
            for number in range(self.at_once):
                group.create_task(self._worker(f"{self.owner}:{number}"))

    async def _worker(self, owner: str) -> None:
        while True:
            try:
                found = await self.work_on_next(owner)
            except LoomworkError as problem:
                logger.warning("documents were not looked at: %s", problem.message)
                found = False
            except Exception:
                logger.exception("documents were not looked at")
                found = False
            if not found:
                self._wanted.clear()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._wanted.wait(), LOOK_EVERY)

    async def work_on_next(self, owner: str) -> bool:
        """Index one document that waits. False where none does."""
        now = self.clock.now()
        work = await self.documents.claim(owner=owner, now=now, until=now + HELD)
        if work is None:
            return False
        try:
            await self._index(work)
        except (_Lost, NotFound):
            await self._clean_up_after(work)
        except (DocumentUnusable, ModelRefused, ModelNotFound) as problem:
            await self.documents.finish(work, "failed", problem=problem.message)
        except LoomworkError as problem:
            await self._again_later(work, problem)
        except Exception as problem:
            logger.exception("a document could not be indexed")
            await self.documents.finish(work, "failed", problem=f"Something unforeseen: {type(problem).__name__}.")
        return True

    async def _index(self, work: Work) -> None:
        if work.document.state != "embedding":
            await self._cut(work)
        while chunks := await self.chunks.pending(work.scope, work.document.id, limit=BATCH):
            await self._hold(work)
            await self._embed(work, chunks)
        if not await self.documents.finish(work, "indexed"):
            raise _Lost
        await self.chunks.forget_unused_vectors(work.scope, work.document.knowledge_id)

    async def _cut(self, work: Work) -> None:
        """Whatever an earlier cut left in the indexes goes first."""
        scope, document = work.scope, work.document
        await self._hold(work, "parsing")
        content = await self.documents.content(scope, document.id)
        parsed = await self.reader.read(content, name=document.name, media_type=document.media_type)
        await self._hold(work, "splitting")
        base = await self.places.bases.get(scope, document.knowledge_id)
        title = parsed.title or document.name
        drafts = await asyncio.to_thread(self.cut, parsed, base.settings.chunking, title)
        if not drafts:
            raise DocumentUnusable(f"{document.name} holds no text.")
        await self.places.take_out_document(scope, document.knowledge_id, document.id)
        if not await self.chunks.write(work, chunks_of(work, drafts)):
            raise _Lost

    async def _embed(self, work: Work, chunks: Sequence[Chunk]) -> None:
        scope, document = work.scope, work.document
        base = await self.places.bases.get(scope, document.knowledge_id)
        filled = await self.places.put(scope, base, chunks)
        ids = [each.id for each in chunks]
        if not await self.chunks.embedded(work, ids, indexes=filled):
            # Another index came meanwhile: then they are pending still, and put into that one too. Or they went.
            there = {each.id for each in await self.chunks.by_ids(scope, ids)}
            await self.places.take_out(scope, document.knowledge_id, [each for each in ids if each not in there])

    async def _hold(self, work: Work, state: DocumentState | None = None) -> None:
        if not await self.documents.hold(work, until=self.clock.now() + HELD, state=state):
            raise _Lost

    async def _again_later(self, work: Work, problem: LoomworkError) -> None:
        if work.document.attempts + 1 >= ATTEMPTS:
            await self.documents.finish(work, "failed", problem=problem.message)
            return
        wait = FIRST_WAIT * 4**work.document.attempts
        await self.documents.put_off(work, due_at=self.clock.now() + wait, problem=problem.message)

    async def _clean_up_after(self, work: Work) -> None:
        """Where the document went while it was being indexed, nothing that was put last may stay."""
        try:
            await self.documents.get(work.scope, work.document.id)
        except NotFound:
            with suppress(LoomworkError):
                await self.places.take_out_document(work.scope, work.document.knowledge_id, work.document.id)


def chunks_of(work: Work, drafts: Sequence[ChunkDraft]) -> list[Chunk]:
    """What is kept of a cut document, parents before their children."""
    made: list[Chunk] = []
    for number, draft in enumerate(drafts):
        chunk = _chunk(work, number, draft)
        made.append(chunk)
        made += [
            replace(chunk, id=new_id(), kind="child", parent_id=chunk.id, text=child, found_by=_found_by(draft, child))
            for child in draft.children
        ]
    return made


def _chunk(work: Work, number: int, draft: ChunkDraft) -> Chunk:
    return Chunk(
        id=new_id(),
        knowledge_id=work.document.knowledge_id,
        document_id=work.document.id,
        number=number,
        kind="parent" if draft.children else "chunk",
        text=draft.text,
        found_by=_found_by(draft, draft.text),
        tokens=draft.tokens,
        headings=draft.headings,
        page=draft.page,
        answer=draft.answer,
    )


def _found_by(draft: ChunkDraft, text: str) -> str:
    return f"{draft.context}\n{text}" if draft.context else text
