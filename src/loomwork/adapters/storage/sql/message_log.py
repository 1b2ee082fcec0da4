"""Messages of any conversation, and what people think of them, in SQL."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, and_, delete, exists, insert, or_, select, update

from loomwork.adapters.storage.sql.column_types import words
from loomwork.adapters.storage.sql.conversations import message_of
from loomwork.adapters.storage.sql.database import Database
from loomwork.adapters.storage.sql.tables import apps, conversations, message_feedback, messages, runs
from loomwork.adapters.storage.sql.workspace_rows import missing, paged, require, this, to_page, within
from loomwork.conversations.api import (
    Feedback,
    FeedbackSource,
    LoggedFeedback,
    LoggedMessage,
    MessageFilter,
    Rating,
)
from loomwork.kernel.clock import Clock
from loomwork.kernel.ids import AppId, ConversationId, MessageId, new_id
from loomwork.kernel.page import Page, PageRequest
from loomwork.kernel.scope import Scope

_OF_CONVERSATION = ("app_id", "end_user")
_OF_RUN = ("source", "version", "environment", "elapsed_ms")


class SqlMessageLog:
    """Fits `conversations.api.MessageLog`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def list_messages(self, scope: Scope, wanted: MessageFilter, page: PageRequest) -> Page[LoggedMessage]:
        statement = paged(_logged(scope).where(*_conditions(scope, wanted)), messages, page)

        def read(connection: Connection) -> Page[LoggedMessage]:
            rows = connection.execute(statement).mappings().all()
            if not rows:
                _require_named(connection, scope, wanted)
            given = _feedback_on(connection, scope, [row["id"] for row in rows])
            return to_page(rows, page, lambda row: _logged_message(row, given.get(row["id"], ())))

        return await self._database.of(scope).read(read)

    async def get_message(self, scope: Scope, message_id: MessageId) -> LoggedMessage:
        def read(connection: Connection) -> LoggedMessage:
            row = connection.execute(_logged(scope).where(messages.c.id == message_id)).mappings().first()
            if row is None:
                raise missing("message", message_id)
            return _logged_message(row, _feedback_on(connection, scope, [message_id]).get(message_id, ()))

        return await self._database.of(scope).read(read)

    async def rate(
        self,
        scope: Scope,
        message_id: MessageId,
        source: FeedbackSource,
        author: str,
        rating: Rating,
        content: str = "",
    ) -> Feedback:
        now = self._clock.now()
        said = {"rating": rating, "content": content, "updated_at": now}
        whose = {"message_id": message_id, "source": source, "author": author}
        row = {"workspace_id": scope.workspace_id, "id": new_id(), "created_at": now, **whose, **said}
        theirs = _of(scope, message_id, source, author)

        def write(connection: Connection) -> Feedback:
            _hold(connection, scope, message_id)
            if not connection.execute(update(message_feedback).where(theirs).values(**said)).rowcount:
                connection.execute(insert(message_feedback), row)
            return _feedback(connection.execute(select(message_feedback).where(theirs)).mappings().one())

        return await self._database.of(scope).write(write)

    async def take_back(self, scope: Scope, message_id: MessageId, source: FeedbackSource, author: str) -> None:
        def write(connection: Connection) -> None:
            require(connection, messages, scope, message_id, "message")
            connection.execute(delete(message_feedback).where(_of(scope, message_id, source, author)))

        await self._database.of(scope).write(write)

    async def list_feedback(
        self, scope: Scope, app_id: AppId, page: PageRequest, *, rating: Rating | None = None, skip: int = 0
    ) -> Page[LoggedFeedback]:
        statement = (
            select(message_feedback, messages.c.conversation_id, messages.c.query, messages.c.answer)
            .select_from(
                message_feedback.join(messages, _same(message_feedback, "message_id", messages)).join(
                    conversations, _same(messages, "conversation_id", conversations)
                )
            )
            .where(within(message_feedback, scope), within(messages, scope), within(conversations, scope))
            .where(conversations.c.app_id == app_id)
        )
        if rating is not None:
            statement = statement.where(message_feedback.c.rating == rating)
        statement = paged(statement, message_feedback, page).offset(skip)

        def read(connection: Connection) -> Sequence[RowMapping]:
            rows = connection.execute(statement).mappings().all()
            if not rows:
                require(connection, apps, scope, app_id, "app")
            return rows

        return to_page(await self._database.of(scope).read(read), page, _logged_feedback)


def _same(child: Any, column: str, parent: Any) -> ColumnElement[bool]:
    return and_(child.c.workspace_id == parent.c.workspace_id, child.c[column] == parent.c.id)


def _logged(scope: Scope) -> Select[Any]:
    columns = [conversations.c[name].label(f"conversation_{name}") for name in _OF_CONVERSATION]
    columns += [runs.c[name].label(f"run_{name}") for name in _OF_RUN]
    joined = messages.join(conversations, _same(messages, "conversation_id", conversations))
    statement = select(messages, *columns).select_from(joined.join(runs, _same(messages, "run_id", runs)))
    return statement.where(within(messages, scope), within(conversations, scope), within(runs, scope))


def _require_named(connection: Connection, scope: Scope, wanted: MessageFilter) -> None:
    """Raises `NotFound` for an app or a conversation that is looked in and not there."""
    if wanted.app_id is not None:
        require(connection, apps, scope, wanted.app_id, "app")
    if wanted.conversation_id is not None:
        require(connection, conversations, scope, wanted.conversation_id, "conversation")


def _conditions(scope: Scope, wanted: MessageFilter) -> Sequence[ColumnElement[bool]]:
    equal = {
        conversations.c.app_id: wanted.app_id,
        messages.c.conversation_id: wanted.conversation_id,
        conversations.c.end_user: wanted.end_user,
        messages.c.status: wanted.status,
        runs.c.version: wanted.version,
        runs.c.environment: wanted.environment,
        runs.c.source: wanted.source,
    }
    conditions: list[ColumnElement[bool]] = [column == value for column, value in equal.items() if value is not None]
    if wanted.since is not None:
        conditions.append(messages.c.created_at >= wanted.since)
    if wanted.until is not None:
        conditions.append(messages.c.created_at < wanted.until)
    if wanted.text:
        searched = words(wanted.text)
        conditions.append(
            or_(*(it.icontains(searched, autoescape=True) for it in (messages.c.query, messages.c.answer)))
        )
    if wanted.rating is not None:
        given = and_(within(message_feedback, scope), message_feedback.c.message_id == messages.c.id)
        conditions.append(exists().where(given, message_feedback.c.rating == wanted.rating))
    return conditions


def _of(scope: Scope, message_id: MessageId, source: FeedbackSource, author: str) -> ColumnElement[bool]:
    return and_(
        within(message_feedback, scope),
        message_feedback.c.message_id == message_id,
        message_feedback.c.source == source,
        message_feedback.c.author == author,
    )


def _hold(connection: Connection, scope: Scope, message_id: MessageId) -> None:
    """Raises `NotFound`. Two who say at the same time what they think do so one after the other."""
    found = select(messages.c.id).where(this(messages, scope, message_id)).with_for_update()
    if connection.execute(found).first() is None:
        raise missing("message", message_id)


def _feedback_on(connection: Connection, scope: Scope, ids: Sequence[str]) -> dict[str, list[Feedback]]:
    given: dict[str, list[Feedback]] = {}
    if ids:
        found = select(message_feedback).where(within(message_feedback, scope), message_feedback.c.message_id.in_(ids))
        for row in connection.execute(found.order_by(message_feedback.c.id)).mappings():
            given.setdefault(row["message_id"], []).append(_feedback(row))
    return given


def _feedback(row: RowMapping) -> Feedback:
    return Feedback(
        id=row["id"],
        message_id=MessageId(row["message_id"]),
        source=row["source"],
        author=row["author"],
        rating=row["rating"],
        content=row["content"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )


def _logged_feedback(row: RowMapping) -> LoggedFeedback:
    return LoggedFeedback(_feedback(row), ConversationId(row["conversation_id"]), row["query"], row["answer"])


def _logged_message(row: RowMapping, feedback: Sequence[Feedback]) -> LoggedMessage:
    return LoggedMessage(
        message=message_of(row),
        app_id=AppId(row["conversation_app_id"]),
        end_user=row["conversation_end_user"],
        source=row["run_source"],
        version=row["run_version"],
        environment=row["run_environment"],
        elapsed_ms=row["run_elapsed_ms"],
        feedback=tuple(feedback),
    )
