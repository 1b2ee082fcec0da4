"""Take in documents: kept at once, and told to whoever indexes."""

import hashlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace

from loomwork.kernel.clock import Clock
from loomwork.kernel.errors import Conflict, InvalidInput
from loomwork.kernel.ids import new_id
from loomwork.kernel.scope import Scope
from loomwork.knowledge.api import NewDocument
from loomwork.knowledge.domain.errors import DocumentTooLarge
from loomwork.knowledge.domain.records import UNFINISHED, Document, DocumentChange, DocumentState
from loomwork.knowledge.ports import DocumentStore

MB = 1 << 20
LARGEST = 100 * MB
LONGEST_NAME = 400
MOST_FIELDS = 100
LONGEST_FIELD = 4000
MOST_READERS = 1000


@dataclass(frozen=True, slots=True)
class DocumentDesk:
    """Documents, from the moment that they are handed in. `wake` tells those who index, `gone` those who clean up."""

    documents: DocumentStore
    clock: Clock
    wake: Callable[[], None]
    largest: int = LARGEST

    async def add(self, scope: Scope, knowledge_id: str, new: NewDocument) -> Document:
        content = await self._whole(new)
        digest = hashlib.sha256(content).hexdigest()
        known = await self.documents.by_hash(scope, knowledge_id, digest)
        if known is not None and known.name == _name(new.name):
            return known
        document = self._document(scope, knowledge_id, new, content, digest)
        await self.documents.add(scope, document, content)
        self.wake()
        return document

    async def replace(self, scope: Scope, document_id: str, new: NewDocument) -> Document:
        before = await self.documents.get(scope, document_id)
        content = await self._whole(new)
        digest = hashlib.sha256(content).hexdigest()
        made = self._document(scope, before.knowledge_id, new, content, digest)
        made = replace(
            made,
            id=before.id,
            created_at=before.created_at,
            metadata=new.metadata or before.metadata,
            readers=before.readers if new.readers is None else new.readers,
            enabled=before.enabled,
        )
        await self.documents.replace(scope, made, content)
        self.wake()
        return await self.documents.get(scope, document_id)

    async def change(self, scope: Scope, document_id: str, change: DocumentChange) -> Document:
        if change.fields is not None:
            _check_fields(change.fields)
        if change.readers is not None:
            _check_readers(change.readers)
        name = None if change.name is None else _name(change.name)
        await self.documents.change(scope, document_id, replace(change, name=name))
        return await self.documents.get(scope, document_id)

    async def retry(self, scope: Scope, document_id: str) -> Document:
        refused = "It is being indexed already. Pause it first, or wait."
        return await self._set(scope, document_id, "waiting", {"failed", "indexed", "paused"}, refused)

    async def pause(self, scope: Scope, document_id: str) -> Document:
        return await self._set(scope, document_id, "paused", UNFINISHED, "It is not being indexed.")

    async def resume(self, scope: Scope, document_id: str) -> Document:
        """From where it was: with chunks from embedding them, else from the beginning."""
        before = await self.documents.get(scope, document_id)
        to: DocumentState = "embedding" if before.chunks else "waiting"
        return await self._set(scope, document_id, to, {"paused"}, "It is not paused.")

    async def _set(
        self,
        scope: Scope,
        document_id: str,
        to: DocumentState,
        of: set[DocumentState] | frozenset[DocumentState],
        refused: str,
    ) -> Document:
        if not await self.documents.set_state(scope, document_id, to, of=of):
            raise Conflict(refused)
        self.wake()
        return await self.documents.get(scope, document_id)

    def _document(self, scope: Scope, knowledge_id: str, new: NewDocument, content: bytes, digest: str) -> Document:
        _check_fields(new.metadata)
        if new.readers is not None:
            _check_readers(new.readers)
        now = self.clock.now()
        return Document(
            id=new_id(),
            knowledge_id=knowledge_id,
            name=_name(new.name),
            media_type=new.media_type,
            size=len(content),
            source=new.source,
            content_digest=digest,
            state="waiting",
            created_at=now,
            updated_at=now,
            metadata=new.metadata,
            readers=new.readers,
            added_by=scope.actor.id,
        )

    async def _whole(self, new: NewDocument) -> bytes:
        """Never more than the largest is held in memory."""
        pieces, size = [], 0
        async for piece in new.content:
            size += len(piece)
            if size > self.largest:
                raise DocumentTooLarge(f"{_name(new.name)} is too large: a document may have {self.largest // MB} MB.")
            pieces.append(piece)
        if not size:
            raise InvalidInput(f"{_name(new.name)} is empty.", field="file")
        return b"".join(pieces)


async def content_of(text: str) -> AsyncIterator[bytes]:
    """A text that was pasted, as a document's content."""
    yield text.encode()


def _name(name: str) -> str:
    plain = name.replace("\\", "/").rpartition("/")[2].strip()
    if not plain:
        raise InvalidInput("A document needs a name.", field="name")
    return plain[:LONGEST_NAME]


def _check_fields(fields: object) -> None:
    if not isinstance(fields, dict) or len(fields) > MOST_FIELDS:
        raise InvalidInput(f"Beside a document stand at most {MOST_FIELDS} fields.", field="metadata")
    for name, value in fields.items():
        plain = value is None or isinstance(value, str | int | float | bool)
        if not plain or len(str(value)) > LONGEST_FIELD or not 0 < len(name) <= LONGEST_NAME:
            raise InvalidInput(
                f"Field {name[:80]!r} holds a text of at most {LONGEST_FIELD} characters, a number, or yes or no.",
                field="metadata",
            )


def _check_readers(readers: Sequence[str]) -> None:
    if len(readers) > MOST_READERS or any(not 0 < len(each) <= LONGEST_NAME for each in readers):
        raise InvalidInput(f"A document has at most {MOST_READERS} readers, each with a name.", field="readers")
