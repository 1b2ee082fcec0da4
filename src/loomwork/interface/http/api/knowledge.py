"""Knowledge bases: made, set, asked, moved, and who may use them."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from loomwork.interface.http.api.call import Call, TheCall, ThePage
from loomwork.interface.http.api.edits import TheEdit, TheTagged
from loomwork.interface.http.api.keys import created_for, listed_for
from loomwork.interface.http.api.knowledge_shapes import (
    DraftShape,
    FoundShape,
    IndexShape,
    KnowledgeBody,
    KnowledgeGrantShape,
    KnowledgeShape,
    MoveBody,
    NewKnowledgeBody,
    PassageShape,
    PreviewBody,
    ProgressShape,
    SearchBody,
)
from loomwork.interface.http.api.member_shapes import RoleBody
from loomwork.interface.http.api.shapes import KeyShape, ListOf, NewAppKeyBody, NewKeyShape, PageOf
from loomwork.interface.http.bodies import StrictRoute
from loomwork.interface.http.idempotency import CreatingRoute, SecretCreatingRoute
from loomwork.interface.http.needs import needs
from loomwork.kernel.errors import NotFound
from loomwork.knowledge.api import KnowledgeChange, NewKnowledge, Question

router = APIRouter(route_class=StrictRoute, tags=["knowledge"])
creating = APIRouter(route_class=CreatingRoute, tags=["knowledge"])
secrets = APIRouter(route_class=SecretCreatingRoute, tags=["knowledge"])


@router.get("/knowledge", dependencies=[needs("knowledge.read", somewhere=True)])
async def list_knowledge(
    call: TheCall, page: ThePage, search: Annotated[str, Query(max_length=200, description="Part of a name.")] = ""
) -> PageOf[KnowledgeShape]:
    """List the knowledge bases, newest first."""
    only = call.identity.standing.apps_with("knowledge.read")
    found = await call.knowledge.list_bases(call.scope, page, search=search, only=only)
    return PageOf[KnowledgeShape](data=[KnowledgeShape.of(each) for each in found.items], next=found.next)


@creating.post("/knowledge", status_code=201, dependencies=[needs("knowledge.edit")])
async def create_knowledge(call: TheCall, body: NewKnowledgeBody) -> KnowledgeShape:
    """Make a knowledge base. Documents are added to it afterwards."""
    return KnowledgeShape.of(await call.knowledge.create(call.scope, NewKnowledge(**dict(body))))


@creating.post("/knowledge/preview", dependencies=[needs("knowledge.edit", somewhere=True)])
async def preview_chunks(call: TheCall, body: PreviewBody) -> ListOf[DraftShape]:
    """See how a text would be cut; nothing is kept."""
    drafts = await call.knowledge.preview_chunks(
        call.scope, body.text.encode(), name=body.name, media_type="", settings=body.chunking
    )
    return ListOf(data=[DraftShape.of(each) for each in drafts])


@router.get("/knowledge/{knowledge_id}", dependencies=[needs("knowledge.read")])
async def read_knowledge(call: TheCall, tagged: TheTagged, knowledge_id: str) -> KnowledgeShape:
    """Describe a knowledge base."""
    return tagged.on(await _base(call, knowledge_id))


async def _base(call: Call, knowledge_id: str) -> KnowledgeShape:
    return KnowledgeShape.of(await call.knowledge.get(call.scope, knowledge_id))


@router.patch("/knowledge/{knowledge_id}", dependencies=[needs("knowledge.edit")])
async def change_knowledge(call: TheCall, edit: TheEdit, knowledge_id: str, body: KnowledgeBody) -> KnowledgeShape:
    """Change what a knowledge base is called, how it cuts documents from now on, and how it answers."""
    async with edit.unless_changed(lambda: _base(call, knowledge_id)):
        changed = await call.knowledge.change(call.scope, knowledge_id, KnowledgeChange(**dict(body)))
        return edit.on(KnowledgeShape.of(changed))


@router.delete("/knowledge/{knowledge_id}", status_code=204, dependencies=[needs("knowledge.delete")])
async def remove_knowledge(call: TheCall, knowledge_id: str) -> Response:
    """Remove a knowledge base with all of its documents."""
    await call.knowledge.remove(call.scope, knowledge_id)
    return Response(status_code=204)


@router.get("/knowledge/{knowledge_id}/progress", dependencies=[needs("knowledge.read")])
async def read_progress(call: TheCall, knowledge_id: str) -> ProgressShape:
    """Say how far indexing is."""
    return ProgressShape.of(await call.knowledge.progress(call.scope, knowledge_id))


@creating.post("/knowledge/{knowledge_id}/search", dependencies=[needs("knowledge.search")])
async def search_knowledge(call: TheCall, knowledge_id: str, body: SearchBody) -> FoundShape:
    """Find the passages that answer a question."""
    question = Question(body.question, [knowledge_id], body.retrieval, body.where.given(), body.asker)
    found = await call.knowledge.search(call.scope, question)
    return FoundShape(data=[PassageShape.of(each) for each in found.passages], notices=list(found.notices))


@router.get("/knowledge/{knowledge_id}/indexes", dependencies=[needs("knowledge.read")])
async def list_indexes(call: TheCall, knowledge_id: str) -> ListOf[IndexShape]:
    """List where the vectors lie, and where they are being brought."""
    found = await call.knowledge.indexes(call.scope, knowledge_id)
    return ListOf(data=[IndexShape.of(each) for each in found])


@creating.post("/knowledge/{knowledge_id}/move", status_code=202, dependencies=[needs("knowledge.edit")])
async def move_knowledge(call: TheCall, knowledge_id: str, body: MoveBody) -> IndexShape:
    """Build another index beside the one that serves; it is switched to once it has everything."""
    moved = await call.knowledge.move(call.scope, knowledge_id, store=body.store, model=body.embedding_model)
    return IndexShape.of(moved)


@router.delete("/knowledge/{knowledge_id}/move", status_code=204, dependencies=[needs("knowledge.edit")])
async def stop_move(call: TheCall, knowledge_id: str) -> Response:
    """Stop a move; the index that serves goes on serving."""
    await call.knowledge.stop_move(call.scope, knowledge_id)
    return Response(status_code=204)


@router.get("/knowledge/{knowledge_id}/keys", dependencies=[needs("knowledge.keys")])
async def list_knowledge_keys(call: TheCall, page: ThePage, knowledge_id: str) -> PageOf[KeyShape]:
    """List the keys of a knowledge base, newest first, the revoked ones included."""
    base = await call.knowledge.get(call.scope, knowledge_id)
    return await listed_for(call, "dataset", base.id, page)


@secrets.post("/knowledge/{knowledge_id}/keys", status_code=201, dependencies=[needs("knowledge.keys")])
async def create_knowledge_key(call: TheCall, knowledge_id: str, body: NewAppKeyBody | None = None) -> NewKeyShape:
    """Make a key that opens this knowledge base over `/v1/datasets`; its secret is shown now and never again."""
    base = await call.knowledge.get(call.scope, knowledge_id)
    return await created_for(call, "dataset", base.id, body)


@router.get("/knowledge/{knowledge_id}/grants", dependencies=[needs("members.read")])
async def list_knowledge_grants(call: TheCall, knowledge_id: str) -> ListOf[KnowledgeGrantShape]:
    """List what members may do with a knowledge base beside their roles."""
    base = await call.knowledge.get(call.scope, knowledge_id)
    found = await call.knowledge_grants.list_grants(call.scope, base.id)
    return ListOf(data=[KnowledgeGrantShape.model_validate(each) for each in found])


@router.get("/knowledge/{knowledge_id}/grants/{member_id}", dependencies=[needs("members.read")])
async def read_knowledge_grant(
    call: TheCall, tagged: TheTagged, knowledge_id: str, member_id: str
) -> KnowledgeGrantShape:
    """Say what a member was granted of a knowledge base."""
    return tagged.on(await _grant(call, knowledge_id, member_id))


async def _grant(call: Call, knowledge_id: str, member_id: str) -> KnowledgeGrantShape:
    for grant in await call.knowledge_grants.list_grants(call.scope, knowledge_id):
        if grant.member_id == member_id:
            return KnowledgeGrantShape.model_validate(grant)
    raise NotFound("This member was granted nothing of this knowledge base.")


@router.put("/knowledge/{knowledge_id}/grants/{member_id}", dependencies=[needs("members.manage")])
async def put_knowledge_grant(
    call: TheCall, edit: TheEdit, knowledge_id: str, member_id: str, body: RoleBody
) -> KnowledgeGrantShape:
    """Let a member do with one knowledge base what a role holds of knowledge, whatever their own role is."""
    async with edit.unless_changed(lambda: _grant(call, knowledge_id, member_id)):
        given = await call.knowledge_grants.put_grant(call.identity, knowledge_id, member_id, body.role)
        return edit.on(KnowledgeGrantShape.model_validate(given))


@router.delete("/knowledge/{knowledge_id}/grants/{member_id}", status_code=204, dependencies=[needs("members.manage")])
async def remove_knowledge_grant(call: TheCall, knowledge_id: str, member_id: str) -> Response:
    """Take back what a member was granted of a knowledge base."""
    await call.knowledge_grants.remove_grant(call.identity, knowledge_id, member_id)
    return Response(status_code=204)
