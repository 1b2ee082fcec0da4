"""Knowledge as commands see it: of the data folder, or behind a server's API.

What is handed out is what `/api/v1` answers with, so that `--json` is the same for both.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from loomwork.interface.cli.model_desk import Facts
from loomwork.kernel.errors import InvalidInput
from loomwork.kernel.page import PageRequest
from loomwork.kernel.scope import Scope

if TYPE_CHECKING:
    from loomwork.interface.python.client import AsyncClient
    from loomwork.knowledge.api import Knowledge

PAGE = 100


class KnowledgeDesk(Protocol):
    """Each raises the `LoomworkError` that says why it could not."""

    async def list_bases(self) -> Sequence[Facts]: ...

    async def create(self, said: Mapping[str, Any]) -> Facts:
        """`said` is the body of `POST /api/v1/knowledge`."""
        ...

    async def change(self, knowledge_id: str, said: Mapping[str, Any]) -> Facts:
        """`said` is the body of `PATCH /api/v1/knowledge/{knowledge_id}`."""
        ...

    async def remove(self, knowledge_id: str) -> None: ...

    async def add(self, knowledge_id: str, name: str, content: bytes) -> Facts: ...

    async def documents(self, knowledge_id: str) -> Sequence[Facts]: ...

    async def progress(self, knowledge_id: str) -> Facts: ...

    async def work(self) -> bool:
        """Index a document, where nobody else does. False where there is nothing to do here."""
        ...

    async def search(self, knowledge_id: str, question: str, top_k: int) -> Facts: ...

    async def move(self, knowledge_id: str, said: Mapping[str, Any]) -> Facts:
        """`said` is the body of `POST /api/v1/knowledge/{knowledge_id}/move`."""
        ...

    async def indexes(self, knowledge_id: str) -> Sequence[Facts]: ...


@dataclass(frozen=True, slots=True)
class LocalKnowledgeDesk:
    """Fits `KnowledgeDesk`. `work_on_next` indexes a document or moves on with an index, in this process."""

    scope: Scope
    knowledge: "Knowledge"
    work_on_next: Callable[[], Awaitable[bool]]

    async def list_bases(self) -> Sequence[Facts]:
        # Here, as below, because a command on a server needs no shapes.
        from loomwork.interface.http.api.knowledge_shapes import KnowledgeShape

        found: list[Facts] = []
        page: PageRequest | None = PageRequest(PAGE)
        while page is not None:
            some = await self.knowledge.list_bases(self.scope, page)
            found += [KnowledgeShape.of(each).model_dump(mode="json") for each in some.items]
            page = None if some.next is None else PageRequest(PAGE, some.next)
        return found

    async def create(self, said: Mapping[str, Any]) -> Facts:
        from loomwork.interface.http.api.knowledge_shapes import KnowledgeShape, NewKnowledgeBody
        from loomwork.knowledge.api import NewKnowledge

        body = _checked(NewKnowledgeBody, said)
        made = await self.knowledge.create(self.scope, NewKnowledge(**dict(body)))
        return KnowledgeShape.of(made).model_dump(mode="json")

    async def change(self, knowledge_id: str, said: Mapping[str, Any]) -> Facts:
        from loomwork.interface.http.api.knowledge_shapes import KnowledgeBody, KnowledgeShape
        from loomwork.knowledge.api import KnowledgeChange

        body = _checked(KnowledgeBody, said)
        changed = await self.knowledge.change(self.scope, knowledge_id, KnowledgeChange(**dict(body)))
        return KnowledgeShape.of(changed).model_dump(mode="json")

    async def remove(self, knowledge_id: str) -> None:
        await self.knowledge.remove(self.scope, knowledge_id)

    async def add(self, knowledge_id: str, name: str, content: bytes) -> Facts:
        from loomwork.interface.http.api.knowledge_shapes import DocumentShape
        from loomwork.knowledge.api import NewDocument

        added = await self.knowledge.add_document(self.scope, knowledge_id, NewDocument(name, _pieces(content)))
        return DocumentShape.of(added).model_dump(mode="json")

    async def documents(self, knowledge_id: str) -> Sequence[Facts]:
        from loomwork.interface.http.api.knowledge_shapes import DocumentShape
        from loomwork.knowledge.api import DocumentFilter

        found: list[Facts] = []
        page: PageRequest | None = PageRequest(PAGE)
        while page is not None:
            some = await self.knowledge.list_documents(self.scope, knowledge_id, DocumentFilter(), page)
            found += [DocumentShape.of(each).model_dump(mode="json") for each in some.items]
            page = None if some.next is None else PageRequest(PAGE, some.next)
        return found

    async def progress(self, knowledge_id: str) -> Facts:
        from loomwork.interface.http.api.knowledge_shapes import ProgressShape

        return ProgressShape.of(await self.knowledge.progress(self.scope, knowledge_id)).model_dump(mode="json")

    async def work(self) -> bool:
        return await self.work_on_next()

    async def search(self, knowledge_id: str, question: str, top_k: int) -> Facts:
        from loomwork.interface.http.api.knowledge_shapes import FoundShape, PassageShape
        from loomwork.knowledge.api import Question

        base = await self.knowledge.get(self.scope, knowledge_id)
        how = base.settings.retrieval.model_copy(update={"top_k": top_k})
        found = await self.knowledge.search(self.scope, Question(question, [knowledge_id], how))
        passages = [PassageShape.of(each) for each in found.passages]
        return FoundShape(data=passages, notices=list(found.notices)).model_dump(mode="json")

    async def move(self, knowledge_id: str, said: Mapping[str, Any]) -> Facts:
        from loomwork.interface.http.api.knowledge_shapes import IndexShape

        moved = await self.knowledge.move(
            self.scope, knowledge_id, store=said.get("store"), model=said.get("embedding_model")
        )
        return IndexShape.of(moved).model_dump(mode="json")

    async def indexes(self, knowledge_id: str) -> Sequence[Facts]:
        from loomwork.interface.http.api.knowledge_shapes import IndexShape

        found = await self.knowledge.indexes(self.scope, knowledge_id)
        return [IndexShape.of(each).model_dump(mode="json") for each in found]


@dataclass(frozen=True, slots=True)
class RemoteKnowledgeDesk:
    """Fits `KnowledgeDesk`."""

    client: "AsyncClient"

    async def list_bases(self) -> Sequence[Facts]:
        found: list[Facts] = []
        page: Any = await self.client.list_knowledge(limit=PAGE)
        found += page["data"]
        while page["next"] is not None:
            page = await self.client.list_knowledge(limit=PAGE, after=page["next"])
            found += page["data"]
        return found

    async def create(self, said: Mapping[str, Any]) -> Facts:
        return await self.client.create_knowledge(**said)

    async def change(self, knowledge_id: str, said: Mapping[str, Any]) -> Facts:
        return await self.client.change_knowledge(knowledge_id, **said)

    async def remove(self, knowledge_id: str) -> None:
        await self.client.remove_knowledge(knowledge_id)

    async def add(self, knowledge_id: str, name: str, content: bytes) -> Facts:
        return await self.client.add_document(knowledge_id, name=name, content=content)

    async def documents(self, knowledge_id: str) -> Sequence[Facts]:
        found: list[Facts] = []
        page: Any = await self.client.list_documents(knowledge_id, limit=PAGE)
        found += page["data"]
        while page["next"] is not None:
            page = await self.client.list_documents(knowledge_id, limit=PAGE, after=page["next"])
            found += page["data"]
        return found

    async def progress(self, knowledge_id: str) -> Facts:
        return await self.client.read_progress(knowledge_id)

    async def work(self) -> bool:
        return False

    async def search(self, knowledge_id: str, question: str, top_k: int) -> Facts:
        base = await self.client.read_knowledge(knowledge_id)
        how: Any = {**base["retrieval"], "top_k": top_k}
        return await self.client.search_knowledge(knowledge_id, question=question, retrieval=how)

    async def move(self, knowledge_id: str, said: Mapping[str, Any]) -> Facts:
        return await self.client.move_knowledge(knowledge_id, **said)

    async def indexes(self, knowledge_id: str) -> Sequence[Facts]:
        return (await self.client.list_indexes(knowledge_id))["data"]


Ask = Callable[[Callable[[KnowledgeDesk], Awaitable[Any]]], Awaitable[Any]]
"""Has a server do something at its desk."""


@dataclass(frozen=True, slots=True)
class ServedKnowledgeDesk:
    """Fits `KnowledgeDesk`: of a data folder that a server has open, which alone may open its vectors."""

    ask: Ask

    async def list_bases(self) -> Sequence[Facts]:
        found: Sequence[Facts] = await self.ask(lambda desk: desk.list_bases())
        return found

    async def create(self, said: Mapping[str, Any]) -> Facts:
        made: Facts = await self.ask(lambda desk: desk.create(said))
        return made

    async def change(self, knowledge_id: str, said: Mapping[str, Any]) -> Facts:
        changed: Facts = await self.ask(lambda desk: desk.change(knowledge_id, said))
        return changed

    async def remove(self, knowledge_id: str) -> None:
        await self.ask(lambda desk: desk.remove(knowledge_id))

    async def add(self, knowledge_id: str, name: str, content: bytes) -> Facts:
        added: Facts = await self.ask(lambda desk: desk.add(knowledge_id, name, content))
        return added

    async def documents(self, knowledge_id: str) -> Sequence[Facts]:
        found: Sequence[Facts] = await self.ask(lambda desk: desk.documents(knowledge_id))
        return found

    async def progress(self, knowledge_id: str) -> Facts:
        stands: Facts = await self.ask(lambda desk: desk.progress(knowledge_id))
        return stands

    async def work(self) -> bool:
        return False

    async def search(self, knowledge_id: str, question: str, top_k: int) -> Facts:
        found: Facts = await self.ask(lambda desk: desk.search(knowledge_id, question, top_k))
        return found

    async def move(self, knowledge_id: str, said: Mapping[str, Any]) -> Facts:
        moved: Facts = await self.ask(lambda desk: desk.move(knowledge_id, said))
        return moved

    async def indexes(self, knowledge_id: str) -> Sequence[Facts]:
        found: Sequence[Facts] = await self.ask(lambda desk: desk.indexes(knowledge_id))
        return found


async def _pieces(content: bytes) -> AsyncIterator[bytes]:
    yield content


def _checked(shape: Any, said: Mapping[str, Any]) -> Any:
    from pydantic import ValidationError

    try:
        return shape.model_validate(said)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise InvalidInput(f"{'.'.join(str(step) for step in first['loc'])}: {first['msg']}.") from None
