"""Documents of knowledge bases, and their chunks."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from loomwork.interface.http.api.call import Call, TheCall, ThePage
from loomwork.interface.http.api.edits import TheEdit, TheTagged
from loomwork.interface.http.api.files import BYTES
from loomwork.interface.http.api.knowledge_shapes import (
    ChunkBody,
    ChunkShape,
    DocumentBody,
    DocumentShape,
    NewChunkBody,
    NewTextBody,
)
from loomwork.interface.http.api.shapes import ListOf, PageOf, page_of
from loomwork.interface.http.bodies import StrictRoute
from loomwork.interface.http.idempotency import CreatingRoute
from loomwork.interface.http.needs import needs
from loomwork.kernel.errors import NotFound
from loomwork.knowledge.api import (
    Chunk,
    ChunkChange,
    Document,
    DocumentChange,
    DocumentFilter,
    DocumentState,
    NewDocument,
    Source,
)
from loomwork.knowledge.application.take_in_documents import content_of

router = APIRouter(route_class=StrictRoute, tags=["knowledge"])
creating = APIRouter(route_class=CreatingRoute, tags=["knowledge"])

Named = Annotated[str, Query(min_length=1, max_length=400, description="What the document is called.")]
_DOCUMENTS = "/knowledge/{knowledge_id}/documents"
_DOCUMENT = _DOCUMENTS + "/{document_id}"
_CHUNK = _DOCUMENT + "/chunks/{chunk_id}"


@router.get(_DOCUMENTS, dependencies=[needs("knowledge.read")])
async def list_documents(
    call: TheCall,
    page: ThePage,
    knowledge_id: str,
    state: Annotated[DocumentState | None, Query(description="Only those that stand here.")] = None,
    search: Annotated[str, Query(max_length=200, description="Part of a name.")] = "",
) -> PageOf[DocumentShape]:
    """List the documents of a knowledge base, newest first."""
    wanted = DocumentFilter(state, search)
    return page_of(DocumentShape, await call.knowledge.list_documents(call.scope, knowledge_id, wanted, page))


@creating.post(_DOCUMENTS, status_code=201, dependencies=[needs("knowledge.edit")], openapi_extra=BYTES)
async def add_document(call: TheCall, request: Request, knowledge_id: str, name: Named) -> DocumentShape:
    """Hand in a document. It is kept at once and indexed soon after; the same one twice is one."""
    added = await call.knowledge.add_document(call.scope, knowledge_id, _new(request, name))
    return DocumentShape.of(added)


@creating.post(_DOCUMENTS + "/text", status_code=201, dependencies=[needs("knowledge.edit")])
async def add_text(call: TheCall, knowledge_id: str, body: NewTextBody) -> DocumentShape:
    """Add a text that is pasted."""
    new = NewDocument(
        body.name, content_of(body.text), "text/plain", Source("text"), metadata=body.metadata, readers=body.readers
    )
    return DocumentShape.of(await call.knowledge.add_document(call.scope, knowledge_id, new))


@router.get(_DOCUMENT, dependencies=[needs("knowledge.read")])
async def read_document(call: TheCall, tagged: TheTagged, knowledge_id: str, document_id: str) -> DocumentShape:
    """Describe a document, and say where it stands."""
    return tagged.on(DocumentShape.of(await _document(call, knowledge_id, document_id)))


@router.put(_DOCUMENT + "/content", dependencies=[needs("knowledge.edit")], openapi_extra=BYTES)
async def replace_knowledge_document(
    call: TheCall, request: Request, knowledge_id: str, document_id: str, name: Named
) -> DocumentShape:
    """Give a document another content, which is indexed in the place of what it had."""
    document = await _document(call, knowledge_id, document_id)
    return DocumentShape.of(await call.knowledge.replace_document(call.scope, document.id, _new(request, name)))


@router.get(
    _DOCUMENT + "/content",
    dependencies=[needs("knowledge.read")],
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}},
)
async def read_document_content(call: TheCall, knowledge_id: str, document_id: str) -> Response:
    """Read a document as it was handed in."""
    document = await _document(call, knowledge_id, document_id)
    content = await call.knowledge.document_content(call.scope, document.id)
    # Never shown by a browser as a page of ours.
    headers = {"Content-Disposition": "attachment", "X-Content-Type-Options": "nosniff"}
    return Response(content, headers=headers, media_type="application/octet-stream")


@router.patch(_DOCUMENT, dependencies=[needs("knowledge.edit")])
async def change_document(
    call: TheCall, edit: TheEdit, knowledge_id: str, document_id: str, body: DocumentBody
) -> DocumentShape:
    """Change what a document is called, what stands beside it, who may read it, and whether it is asked."""

    async def present() -> DocumentShape:
        return DocumentShape.of(await _document(call, knowledge_id, document_id))

    async with edit.unless_changed(present):
        await present()
        change = DocumentChange(body.name, body.enabled, body.metadata, body.readers)
        for_all = body.readers is None and "readers" in body.model_fields_set
        changed = await call.knowledge.change_document(call.scope, document_id, replace(change, for_all=for_all))
        return edit.on(DocumentShape.of(changed))


@router.delete(_DOCUMENT, status_code=204, dependencies=[needs("knowledge.edit")])
async def remove_document(call: TheCall, knowledge_id: str, document_id: str) -> Response:
    """Remove a document, also while it is being indexed."""
    document = await _document(call, knowledge_id, document_id)
    await call.knowledge.remove_document(call.scope, document.id)
    return Response(status_code=204)


@creating.post(_DOCUMENT + "/retry", dependencies=[needs("knowledge.edit")])
async def retry_document(call: TheCall, knowledge_id: str, document_id: str) -> DocumentShape:
    """Index a document anew."""
    document = await _document(call, knowledge_id, document_id)
    return DocumentShape.of(await call.knowledge.retry_document(call.scope, document.id))


@creating.post(_DOCUMENT + "/pause", dependencies=[needs("knowledge.edit")])
async def pause_document(call: TheCall, knowledge_id: str, document_id: str) -> DocumentShape:
    """Stop indexing a document for now, after the batch in flight."""
    document = await _document(call, knowledge_id, document_id)
    return DocumentShape.of(await call.knowledge.pause_document(call.scope, document.id))


@creating.post(_DOCUMENT + "/resume", dependencies=[needs("knowledge.edit")])
async def resume_document(call: TheCall, knowledge_id: str, document_id: str) -> DocumentShape:
    """Go on indexing a document that was paused."""
    document = await _document(call, knowledge_id, document_id)
    return DocumentShape.of(await call.knowledge.resume_document(call.scope, document.id))


@router.get(_DOCUMENT + "/chunks", dependencies=[needs("knowledge.read")])
async def list_chunks(call: TheCall, page: ThePage, knowledge_id: str, document_id: str) -> PageOf[ChunkShape]:
    """List the chunks of a document as they follow one another."""
    document = await _document(call, knowledge_id, document_id)
    return page_of(ChunkShape, await call.knowledge.list_chunks(call.scope, document.id, page))


@creating.post(_DOCUMENT + "/chunks", status_code=201, dependencies=[needs("knowledge.edit")])
async def add_chunk(call: TheCall, knowledge_id: str, document_id: str, body: NewChunkBody) -> ChunkShape:
    """Add a chunk by hand, after the others."""
    document = await _document(call, knowledge_id, document_id)
    return ChunkShape.of(await call.knowledge.add_chunk(call.scope, document.id, body.text, answer=body.answer))


@router.get(_CHUNK, dependencies=[needs("knowledge.read")])
async def read_chunk(
    call: TheCall, tagged: TheTagged, knowledge_id: str, document_id: str, chunk_id: str
) -> ChunkShape:
    """Read a chunk."""
    return tagged.on(ChunkShape.of(await _chunk(call, knowledge_id, document_id, chunk_id)))


@router.get(_CHUNK + "/children", dependencies=[needs("knowledge.read")])
async def list_children(call: TheCall, knowledge_id: str, document_id: str, chunk_id: str) -> ListOf[ChunkShape]:
    """List the pieces by which a chunk is found."""
    chunk = await _chunk(call, knowledge_id, document_id, chunk_id)
    return ListOf(data=[ChunkShape.of(each) for each in await call.knowledge.children_of(call.scope, chunk.id)])


@router.patch(_CHUNK, dependencies=[needs("knowledge.edit")])
async def change_chunk(
    call: TheCall, edit: TheEdit, knowledge_id: str, document_id: str, chunk_id: str, body: ChunkBody
) -> ChunkShape:
    """Edit a chunk; it is found by its new words soon after."""

    async def present() -> ChunkShape:
        return ChunkShape.of(await _chunk(call, knowledge_id, document_id, chunk_id))

    async with edit.unless_changed(present):
        await present()
        change = ChunkChange(body.text, body.answer, body.enabled)
        return edit.on(ChunkShape.of(await call.knowledge.change_chunk(call.scope, chunk_id, change)))


@router.delete(_CHUNK, status_code=204, dependencies=[needs("knowledge.edit")])
async def remove_chunk(call: TheCall, knowledge_id: str, document_id: str, chunk_id: str) -> Response:
    """Remove a chunk."""
    chunk = await _chunk(call, knowledge_id, document_id, chunk_id)
    await call.knowledge.remove_chunk(call.scope, chunk.id)
    return Response(status_code=204)


def _new(request: Request, name: str) -> NewDocument:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return NewDocument(name, request.stream(), media_type)


async def _document(call: Call, knowledge_id: str, document_id: str) -> Document:
    """What one may do with one knowledge base is not done to another's documents. Raises `NotFound`."""
    document = await call.knowledge.get_document(call.scope, document_id)
    if document.knowledge_id != knowledge_id:
        raise NotFound.of("document", document_id)
    return document


async def _chunk(call: Call, knowledge_id: str, document_id: str, chunk_id: str) -> Chunk:
    document = await _document(call, knowledge_id, document_id)
    chunk = await call.knowledge.get_chunk(call.scope, chunk_id)
    if chunk.document_id != document.id:
        raise NotFound.of("chunk", chunk_id)
    return chunk
