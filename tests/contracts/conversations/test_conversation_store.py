"""What every `conversations.api.ConversationStore` promises."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from loomwork.adapters.storage.sql import Storage
from loomwork.apps.domain import App, Run
from loomwork.conversations.api import Conversation, ConversationStore
from loomwork.kernel.errors import Conflict, NotFound
from loomwork.kernel.ids import MessageId
from loomwork.kernel.page import PageRequest
from loomwork.kernel.scope import Scope


@pytest.fixture
def conversations(storage: Storage) -> ConversationStore:
    return storage.conversations


async def furnished(storage: Storage, scope: Scope, make: Any) -> tuple[App, Run, Conversation]:
    app = make.app()
    await storage.apps.add(scope, app)
    conversation = make.conversation(app)
    await storage.conversations.add_conversation(scope, conversation)
    run = make.run(app, conversation_id=conversation.id)
    await storage.runs.add(scope, run)
    return app, run, conversation


async def test_a_conversation_comes_back_as_it_was_added(
    conversations: ConversationStore, storage: Storage, ours: Scope, make: Any
) -> None:
    _, _, conversation = await furnished(storage, ours, make)
    assert await conversations.get_conversation(ours, conversation.id) == conversation
    with pytest.raises(Conflict):
        await conversations.add_conversation(ours, conversation)


async def test_variables_that_are_written_join_the_others_and_move_the_time_of_change(
    conversations: ConversationStore, storage: Storage, ours: Scope, make: Any, clock: Any
) -> None:
    _, _, conversation = await furnished(storage, ours, make)
    clock.advance(timedelta(minutes=1))
    await conversations.merge_variables(ours, conversation.id, {"mood": ["calm"], "left": None})
    await conversations.merge_variables(ours, conversation.id, {"mood": ["glad"], "right": 1})
    variables = {**conversation.variables, "mood": ["glad"], "left": None, "right": 1}
    expected = replace(conversation, variables=variables, updated_at=clock.now())
    assert await conversations.get_conversation(ours, conversation.id) == expected


async def test_variables_that_are_written_at_the_same_time_are_all_there(
    conversations: ConversationStore, storage: Storage, ours: Scope, make: Any
) -> None:
    _, _, conversation = await furnished(storage, ours, make)
    written = {f"v{number}": number for number in range(10)}
    turns = [conversations.merge_variables(ours, conversation.id, {name: value}) for name, value in written.items()]
    await asyncio.gather(*turns)
    kept = (await conversations.get_conversation(ours, conversation.id)).variables
    assert kept == {**conversation.variables, **written}


async def test_deleting_a_conversation_takes_its_messages_and_runs_and_nothing_else(
    conversations: ConversationStore, storage: Storage, ours: Scope, make: Any
) -> None:
    _, run, gone = await furnished(storage, ours, make)
    _, other_run, kept = await furnished(storage, ours, make)
    for conversation, turn in ((gone, run), (kept, other_run)):
        await conversations.add_message(ours, make.message(conversation, turn))
    await conversations.delete_conversation(ours, gone.id)
    with pytest.raises(NotFound):
        await conversations.get_conversation(ours, gone.id)
    with pytest.raises(NotFound):
        await storage.runs.get(ours, run.id)
    assert await conversations.count_messages(ours, kept.id) == 1
    assert await storage.runs.get(ours, other_run.id) == other_run
    with pytest.raises(NotFound):
        await conversations.delete_conversation(ours, gone.id)


async def test_conversations_are_listed_by_app_and_person_newest_first(
    conversations: ConversationStore, storage: Storage, ours: Scope, make: Any
) -> None:
    app, _, first = await furnished(storage, ours, make)
    other, _, _ = await furnished(storage, ours, make)
    second = make.conversation(app, end_user="another")
    third = make.conversation(app)
    for conversation in (second, third):
        await conversations.add_conversation(ours, conversation)

    async def listed(**given: Any) -> list[Conversation]:
        return (await conversations.list_conversations(ours, app.id, PageRequest(), **given)).items

    assert await listed() == [third, second, first]
    assert await listed(end_user="somebody") == [third, first]
    assert await listed(end_user="") == []
    page = await conversations.list_conversations(ours, app.id, PageRequest(limit=2))
    await conversations.add_conversation(ours, make.conversation(app))
    rest = await conversations.list_conversations(ours, app.id, PageRequest(limit=2, after=page.next))
    assert (rest.items, rest.next) == ([first], None)
    assert other.id != app.id


async def test_messages_come_back_in_order_either_way(
    conversations: ConversationStore, storage: Storage, ours: Scope, make: Any
) -> None:
    _, run, conversation = await furnished(storage, ours, make)
    first = make.message(conversation, run, inputs={"a": 1})
    second = make.message(conversation, run, parent_id=first.id)
    third = make.message(conversation, run, parent_id=second.id)
    for message in (first, second, third):
        await conversations.add_message(ours, message)
    page = await conversations.list_messages(ours, conversation.id, PageRequest(limit=2))
    rest = await conversations.list_messages(ours, conversation.id, PageRequest(limit=2, after=page.next))
    assert [*page.items, *rest.items] == [first, second, third]
    newest = await conversations.list_messages(ours, conversation.id, PageRequest(), newest_first=True)
    assert newest.items == [third, second, first]
    assert await conversations.count_messages(ours, conversation.id) == 3


async def test_a_message_is_finished_once_its_answer_is_known(
    conversations: ConversationStore, storage: Storage, ours: Scope, make: Any
) -> None:
    _, run, conversation = await furnished(storage, ours, make)
    message, other = make.message(conversation, run), make.message(conversation, run)
    for added in (message, other):
        await conversations.add_message(ours, added)
    await conversations.finish_message(ours, message.id, answer="So.", status="succeeded", usage={"tokens": 3})
    finished = replace(message, answer="So.", status="succeeded", usage={"tokens": 3})
    assert (await conversations.list_messages(ours, conversation.id, PageRequest())).items == [finished, other]


async def test_a_message_moves_its_conversation_s_time_of_change(
    conversations: ConversationStore, storage: Storage, ours: Scope, make: Any, clock: Any
) -> None:
    _, run, conversation = await furnished(storage, ours, make)
    clock.advance(timedelta(minutes=1))
    await conversations.add_message(ours, make.message(conversation, run))
    assert (await conversations.get_conversation(ours, conversation.id)).updated_at == clock.now()


async def test_a_message_belongs_to_a_conversation_a_run_and_a_parent_that_are_there(
    conversations: ConversationStore, storage: Storage, ours: Scope, theirs: Scope, make: Any
) -> None:
    _, run, conversation = await furnished(storage, ours, make)
    _, their_run, their_conversation = await furnished(storage, theirs, make)
    for message in (
        make.message(their_conversation, run),
        make.message(conversation, their_run),
        make.message(conversation, run, parent_id=MessageId("never")),
    ):
        with pytest.raises(NotFound):
            await conversations.add_message(ours, message)
    assert await conversations.count_messages(ours, conversation.id) == 0


async def test_a_conversation_of_another_workspace_is_not_found_and_never_changed(
    conversations: ConversationStore, storage: Storage, ours: Scope, theirs: Scope, make: Any
) -> None:
    app, run, conversation = await furnished(storage, theirs, make)
    message = make.message(conversation, run)
    await conversations.add_message(theirs, message)
    before = await conversations.get_conversation(theirs, conversation.id)
    attempts: list[Callable[[], Awaitable[Any]]] = [
        lambda: conversations.get_conversation(ours, conversation.id),
        lambda: conversations.add_conversation(ours, make.conversation(app)),
        lambda: conversations.list_conversations(ours, app.id, PageRequest()),
        lambda: conversations.delete_conversation(ours, conversation.id),
        lambda: conversations.merge_variables(ours, conversation.id, {"taken": True}),
        lambda: conversations.add_message(ours, make.message(conversation, run)),
        lambda: conversations.finish_message(ours, message.id, answer="!", status="failed", usage={}),
        lambda: conversations.list_messages(ours, conversation.id, PageRequest()),
        lambda: conversations.count_messages(ours, conversation.id),
    ]
    for attempt in attempts:
        with pytest.raises(NotFound):
            await attempt()
    assert await conversations.get_conversation(theirs, conversation.id) == before
    assert (await conversations.list_messages(theirs, conversation.id, PageRequest())).items == [message]


async def test_many_may_talk_at_once(
    conversations: ConversationStore, storage: Storage, ours: Scope, make: Any
) -> None:
    _, run, conversation = await furnished(storage, ours, make)
    messages = [make.message(conversation, run) for _ in range(50)]
    await asyncio.gather(*(conversations.add_message(ours, message) for message in messages))
    assert (await conversations.list_messages(ours, conversation.id, PageRequest(limit=100))).items == messages


async def test_conversations_are_there_after_a_restart(
    storage: Storage, reopened: Callable[[], Awaitable[Storage]], ours: Scope, make: Any
) -> None:
    _, run, conversation = await furnished(storage, ours, make)
    message = make.message(conversation, run)
    await storage.conversations.add_message(ours, message)
    again = (await reopened()).conversations
    assert await again.get_conversation(ours, conversation.id) == conversation
    assert (await again.list_messages(ours, conversation.id, PageRequest())).items == [message]
