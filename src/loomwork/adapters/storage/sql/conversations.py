"""Conversations and messages in SQL."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, func, insert, select, update

from loomwork.adapters.storage.sql.database import Database
from loomwork.adapters.storage.sql.tables import apps, conversations, messages, runs
from loomwork.adapters.storage.sql.workspace_rows import missing, one, paged, refusing, require, this, to_page, within
from loomwork.conversations.api import Conversation, Message
from loomwork.kernel.clock import Clock
from loomwork.kernel.ids import AppId, ConversationId, MessageId, RunId
from loomwork.kernel.page import Page, PageRequest
from loomwork.kernel.scope import Scope


class SqlConversationStore:
    """Fits `conversations.api.ConversationStore`. What changes a conversation also moves its `updated_at`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def add_conversation(self, scope: Scope, conversation: Conversation) -> None:
        row = {"workspace_id": scope.workspace_id, **_conversation_values(conversation)}

        def write(connection: Connection) -> None:
            require(connection, apps, scope, conversation.app_id, "app")
            with refusing("A conversation with this id exists already.", id=conversation.id):
                connection.execute(insert(conversations), row)

        await self._database.of(scope).write(write)

    async def get_conversation(self, scope: Scope, conversation_id: ConversationId) -> Conversation:
        return _conversation(await one(self._database, conversations, scope, conversation_id, "conversation"))

    async def delete_conversation(self, scope: Scope, conversation_id: ConversationId) -> None:
        """What belongs to the conversation goes with it, by the foreign keys."""
        if not await self._database.of(scope).change(
            delete(conversations).where(this(conversations, scope, conversation_id))
        ):
            raise missing("conversation", conversation_id)

    async def list_conversations(
        self, scope: Scope, app_id: AppId, page: PageRequest, *, end_user: str | None = None
    ) -> Page[Conversation]:
        statement = select(conversations).where(within(conversations, scope), conversations.c.app_id == app_id)
        if end_user is not None:
            statement = statement.where(conversations.c.end_user == end_user)

        def read(connection: Connection) -> Sequence[RowMapping]:
            rows = connection.execute(paged(statement, conversations, page)).mappings().all()
            if not rows:
                require(connection, apps, scope, app_id, "app")
            return rows

        return to_page(await self._database.of(scope).read(read), page, _conversation)

    async def merge_variables(self, scope: Scope, conversation_id: ConversationId, written: Mapping[str, Any]) -> None:
        ours = this(conversations, scope, conversation_id)

        def write(connection: Connection) -> None:
            row = connection.execute(select(conversations.c.variables).where(ours).with_for_update()).first()
            if row is None:
                raise missing("conversation", conversation_id)
            merged = {**row.variables, **written}
            change = update(conversations).where(ours).values(variables=merged, updated_at=self._clock.now())
            connection.execute(change)

        await self._database.of(scope).write(write)

    async def add_message(self, scope: Scope, message: Message) -> None:
        """The conversation, the run, and the parent where there is one, come first: raises `NotFound` without them."""
        row = {"workspace_id": scope.workspace_id, **_values(message)}
        touch = update(conversations).where(this(conversations, scope, message.conversation_id))

        def write(connection: Connection) -> None:
            require(connection, conversations, scope, message.conversation_id, "conversation")
            require(connection, runs, scope, message.run_id, "run")
            if message.parent_id is not None:
                require(connection, messages, scope, message.parent_id, "message")
            with refusing("A message with this id exists already.", id=message.id):
                connection.execute(insert(messages), row)
            connection.execute(touch.values(updated_at=self._clock.now()))

        await self._database.of(scope).write(write)

    async def finish_message(
        self, scope: Scope, message_id: MessageId, *, answer: str, status: str, usage: Mapping[str, Any]
    ) -> None:
        change = update(messages).where(this(messages, scope, message_id))
        if not await self._database.of(scope).change(change.values(answer=answer, status=status, usage=dict(usage))):
            raise missing("message", message_id)

    async def list_messages(
        self, scope: Scope, conversation_id: ConversationId, page: PageRequest, *, newest_first: bool = False
    ) -> Page[Message]:
        statement = select(messages).where(within(messages, scope), messages.c.conversation_id == conversation_id)

        def read(connection: Connection) -> Sequence[RowMapping]:
            found = connection.execute(paged(statement, messages, page, newest_first=newest_first))
            rows = found.mappings().all()
            if not rows:
                require(connection, conversations, scope, conversation_id, "conversation")
            return rows

        return to_page(await self._database.of(scope).read(read), page, message_of)

    async def count_messages(self, scope: Scope, conversation_id: ConversationId) -> int:
        statement = (
            select(func.count())
            .select_from(messages)
            .where(within(messages, scope), messages.c.conversation_id == conversation_id)
        )

        def read(connection: Connection) -> int:
            count = connection.execute(statement).scalar_one()
            if not count:
                require(connection, conversations, scope, conversation_id, "conversation")
            return count

        return await self._database.of(scope).read(read)


def _conversation_values(conversation: Conversation) -> dict[str, Any]:
    return {
        "id": conversation.id,
        "app_id": conversation.app_id,
        "end_user": conversation.end_user,
        "name": conversation.name,
        "inputs": conversation.inputs,
        "variables": conversation.variables,
        "created_at": conversation.created_at,
        "updated_at": conversation.updated_at,
    }


def _conversation(row: RowMapping) -> Conversation:
    return Conversation(
        id=ConversationId(row["id"]),
        app_id=AppId(row["app_id"]),
        end_user=row["end_user"],
        name=row["name"],
        inputs=row["inputs"],
        variables=row["variables"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )


def _values(message: Message) -> dict[str, Any]:
    return {
        "id": message.id,
        "conversation_id": message.conversation_id,
        "run_id": message.run_id,
        "parent_id": message.parent_id,
        "query": message.query,
        "answer": message.answer,
        "status": message.status,
        "inputs": message.inputs,
        "usage": message.usage,
        "created_at": message.created_at,
    }


def message_of(row: RowMapping) -> Message:
    """A message from its row, whatever else is in that."""
    return Message(
        id=MessageId(row["id"]),
        conversation_id=ConversationId(row["conversation_id"]),
        run_id=RunId(row["run_id"]),
        parent_id=MessageId(row["parent_id"]) if row["parent_id"] else None,
        query=row["query"],
        answer=row["answer"],
        status=row["status"],
        inputs=row["inputs"],
        usage=row["usage"],
        created_at=row["created_at"],
    )
