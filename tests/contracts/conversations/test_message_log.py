"""What every `conversations.api.MessageLog` promises."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from loomwork.adapters.storage.sql import Storage
from loomwork.apps.domain import App
from loomwork.conversations.api import Conversation, LoggedMessage, Message, MessageFilter, MessageLog
from loomwork.kernel.errors import NotFound
from loomwork.kernel.ids import AppId, ConversationId, MessageId
from loomwork.kernel.page import PageRequest
from loomwork.kernel.scope import Scope


@dataclass
class Talk:
    """A conversation of one turn."""

    app: App
    conversation: Conversation
    message: Message


@pytest.fixture
def log(storage: Storage) -> MessageLog:
    return storage.message_log


async def talk(storage: Storage, scope: Scope, make: Any, *, app: App | None = None, **given: Any) -> Talk:
    """A turn; what is given is of its message, its run (`version`, ...) or its conversation (`end_user`)."""
    if app is None:
        app = make.app()
        await storage.apps.add(scope, app)
    conversation = make.conversation(app, end_user=given.pop("end_user", "ann"))
    await storage.conversations.add_conversation(scope, conversation)
    of_run = {name: given.pop(name) for name in ("version", "environment", "source") if name in given}
    run = make.run(app, conversation_id=conversation.id, **of_run)
    await storage.runs.add(scope, run)
    message = make.message(conversation, run, **given)
    await storage.conversations.add_message(scope, message)
    return Talk(app, conversation, message)


async def found(log: MessageLog, scope: Scope, wanted: MessageFilter) -> list[LoggedMessage]:
    return (await log.list_messages(scope, wanted, PageRequest())).items


async def test_a_message_is_shown_with_who_asked_what_answered_and_what_people_think(
    log: MessageLog, storage: Storage, ours: Scope, make: Any
) -> None:
    told = await talk(storage, ours, make, version=3, environment="staging", source="dify", answer="So.")
    liked = await log.rate(ours, told.message.id, "end_user", "ann", "like", "Nice.")
    logged = await log.get_message(ours, told.message.id)
    assert logged == LoggedMessage(told.message, told.app.id, "ann", "dify", 3, "staging", None, (liked,))
    assert await found(log, ours, MessageFilter()) == [logged]


async def test_messages_are_found_by_what_is_asked_of_them(
    log: MessageLog, storage: Storage, ours: Scope, make: Any, clock: Any
) -> None:
    first = await talk(
        storage, ours, make, query="100% sure?", answer="Yes", status="succeeded", version=1, environment="prod"
    )
    later = clock.now() + timedelta(hours=1)
    second = await talk(
        storage, ours, make, app=first.app, end_user="bob", query="Why?", answer="世界", status="failed",
        version=2, environment="dev", source="console", created_at=later,
    )  # fmt: skip
    other = await talk(storage, ours, make, query="Else?")
    await log.rate(ours, second.message.id, "member", "m", "dislike")
    in_app = MessageFilter(app_id=first.app.id)
    for wanted, expected in [
        (MessageFilter(), [other, second, first]),
        (in_app, [second, first]),
        (MessageFilter(conversation_id=first.conversation.id), [first]),
        (MessageFilter(end_user="bob"), [second]),
        (replace(in_app, status="succeeded"), [first]),
        (MessageFilter(version=2), [second]),
        (MessageFilter(environment="prod"), [first]),
        (MessageFilter(source="console"), [second]),
        (MessageFilter(since=later), [second]),
        (replace(in_app, until=later), [first]),
        (MessageFilter(text="100%"), [first]),
        (MessageFilter(text="SURE"), [first]),
        (MessageFilter(text="世"), [second]),
        (MessageFilter(text="_"), []),
        (MessageFilter(text="nul \0"), []),
        (MessageFilter(rating="dislike"), [second]),
        (MessageFilter(rating="like"), []),
        (replace(in_app, end_user="ann", text="?"), [first]),
    ]:
        assert [each.message.id for each in await found(log, ours, wanted)] == [each.message.id for each in expected]


async def test_pages_of_messages_follow_one_another(log: MessageLog, storage: Storage, ours: Scope, make: Any) -> None:
    told = [await talk(storage, ours, make) for _ in range(3)]
    first = await log.list_messages(ours, MessageFilter(), PageRequest(limit=2))
    rest = await log.list_messages(ours, MessageFilter(), PageRequest(limit=2, after=first.next))
    assert [each.message.id for each in [*first.items, *rest.items]] == [each.message.id for each in reversed(told)]
    assert rest.next is None


async def test_of_each_person_the_last_word_is_kept(
    log: MessageLog, storage: Storage, ours: Scope, make: Any, clock: Any
) -> None:
    message = (await talk(storage, ours, make)).message
    first = await log.rate(ours, message.id, "end_user", "ann", "like", "Nice.")
    clock.advance(timedelta(minutes=1))
    again = await log.rate(ours, message.id, "end_user", "ann", "dislike")
    assert (again.id, again.rating, again.content, again.created_at) == (first.id, "dislike", "", first.created_at)
    assert again.updated_at == clock.now()
    member = await log.rate(ours, message.id, "member", "ann", "like")
    assert (await log.get_message(ours, message.id)).feedback == (again, member)
    await log.take_back(ours, message.id, "end_user", "ann")
    await log.take_back(ours, message.id, "end_user", "nobody")
    assert (await log.get_message(ours, message.id)).feedback == (member,)


async def test_who_says_it_many_times_at_once_has_said_it_once(
    log: MessageLog, storage: Storage, ours: Scope, make: Any
) -> None:
    message = (await talk(storage, ours, make)).message
    await asyncio.gather(*(log.rate(ours, message.id, "end_user", "ann", "like", f"{n}") for n in range(8)))
    assert len((await log.get_message(ours, message.id)).feedback) == 1


async def test_feedback_of_an_app_is_listed_with_what_it_is_about(
    log: MessageLog, storage: Storage, ours: Scope, make: Any
) -> None:
    told = await talk(storage, ours, make, answer="So.")
    other = await talk(storage, ours, make)
    await log.rate(ours, other.message.id, "end_user", "ann", "like")
    given = [await log.rate(ours, told.message.id, "end_user", name, "like") for name in ("a", "b", "c")]
    await log.rate(ours, told.message.id, "end_user", "d", "dislike")
    liked = await log.list_feedback(ours, told.app.id, PageRequest(limit=2), rating="like")
    assert [each.feedback for each in liked.items] == [given[2], given[1]]
    assert (liked.items[0].conversation_id, liked.items[0].answer) == (told.conversation.id, "So.")
    rest = await log.list_feedback(ours, told.app.id, PageRequest(limit=2, after=liked.next), rating="like")
    skipped = await log.list_feedback(ours, told.app.id, PageRequest(limit=2), rating="like", skip=2)
    assert [each.feedback for each in rest.items] == [each.feedback for each in skipped.items] == [given[0]]


async def test_what_another_workspace_has_is_not_found_and_never_changed(
    log: MessageLog, storage: Storage, ours: Scope, theirs: Scope, make: Any
) -> None:
    told = await talk(storage, theirs, make)
    kept = await log.rate(theirs, told.message.id, "end_user", "ann", "like")
    attempts: list[Callable[[], Awaitable[Any]]] = [
        lambda: log.get_message(ours, told.message.id),
        lambda: log.rate(ours, told.message.id, "end_user", "ann", "dislike"),
        lambda: log.take_back(ours, told.message.id, "end_user", "ann"),
        lambda: log.list_feedback(ours, told.app.id, PageRequest()),
        lambda: log.list_messages(ours, MessageFilter(app_id=told.app.id), PageRequest()),
        lambda: log.list_messages(ours, MessageFilter(conversation_id=told.conversation.id), PageRequest()),
        lambda: log.get_message(ours, MessageId("never")),
        lambda: log.list_messages(ours, MessageFilter(app_id=AppId("never")), PageRequest()),
        lambda: log.list_messages(ours, MessageFilter(conversation_id=ConversationId("never")), PageRequest()),
    ]
    for attempt in attempts:
        with pytest.raises(NotFound):
            await attempt()
    assert await found(log, ours, MessageFilter()) == []
    assert (await log.get_message(theirs, told.message.id)).feedback == (kept,)
