"""The life of an app and of its runs, through the door that every face uses."""

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from loomwork.apps.api import DocumentRefused, NotPublished, NotRunnableYet, RunRequest
from loomwork.apps.application.take_up_runs import take_up_runs
from loomwork.kernel.errors import InvalidInput, NotFound
from loomwork.kernel.ids import AppId, RunId, WorkspaceId, new_id
from loomwork.kernel.page import PageRequest
from loomwork.kernel.scope import Actor, ActorKind, Scope

pytestmark = pytest.mark.anyio


async def transcript(studio: Any, run_id: RunId, after: int = 0) -> list[dict[str, Any]]:
    return [event async for batch in studio.apps.follow_run(studio.owner, run_id, after=after) for event in batch]


async def test_an_imported_document_comes_back_equal(studio: Any, shout: str) -> None:
    app = await studio.apps.import_app(studio.owner, shout)
    assert yaml.safe_load(await studio.apps.export_app(studio.owner, app.id)) == yaml.safe_load(shout)
    assert (app.name, app.mode, app.node_count, app.published_version) == ("Demo", "workflow", 3, None)


async def test_a_broken_document_is_refused_with_its_problems(studio: Any) -> None:
    with pytest.raises(DocumentRefused) as refused:
        await studio.apps.import_app(studio.owner, "just words")
    assert refused.value.details["problems"][0]["level"] == "error"
    assert (await studio.apps.list_apps(studio.owner, PageRequest())).items == []


async def test_a_cyclic_graph_is_refused_and_checked_with_the_same_words(studio: Any, shout: str) -> None:
    tree = yaml.safe_load(shout)
    tree["workflow"]["graph"]["edges"].append({"id": "x", "source": "e", "target": "m"})
    text = yaml.safe_dump(tree)
    with pytest.raises(DocumentRefused) as refused:
        await studio.apps.import_app(studio.owner, text)
    report = await studio.apps.check(text)
    assert not report.ok
    assert (report.mode, report.nodes) == ("workflow", 3)
    assert [problem.code for problem in report.problems] == ["cycle"]
    assert refused.value.message == report.problems[0].message


async def test_a_run_streams_and_is_there_afterwards(studio: Any, shout: str) -> None:
    app = await studio.apps.import_app(studio.owner, shout)
    run = await studio.apps.start_run(studio.owner, RunRequest(app.id, {"text": "hello dear world"}))
    assert run.status == "queued"
    assert run.notices == ["acme/big is not here; debug/parrot answers instead."]
    events = await transcript(studio, run.id)
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    finished = await studio.apps.get_run(studio.owner, run.id)
    assert (finished.status, finished.outputs) == ("succeeded", {"said": "hello dear world "})
    assert finished.nodes["m"].status == "succeeded"
    assert finished.usage["total_tokens"] == 3
    text = "".join(event["data"]["text"] for event in events if event["type"] == "text_chunk")
    assert text == "hello dear world "


async def test_whoever_has_seen_the_end_reads_a_finished_run(studio: Any, shout: str) -> None:
    app = await studio.apps.import_app(studio.owner, shout)
    run = await studio.apps.start_run(studio.owner, RunRequest(app.id, {"text": "x"}))
    async for batch in studio.apps.follow_run(studio.owner, run.id):
        if batch[-1]["type"] == "run_succeeded":
            assert (await studio.apps.get_run(studio.owner, run.id)).status == "succeeded"


async def test_a_reader_that_comes_back_gets_only_what_it_has_not_seen(studio: Any, shout: str) -> None:
    app = await studio.apps.import_app(studio.owner, shout)
    run = await studio.apps.start_run(studio.owner, RunRequest(app.id, {"text": "a b c"}))
    whole = await transcript(studio, run.id)
    for cut in range(len(whole)):
        assert await transcript(studio, run.id, after=cut) == whole[cut:]


async def test_missing_and_wrong_inputs_name_their_field(studio: Any, shout: str) -> None:
    app = await studio.apps.import_app(studio.owner, shout)
    for inputs in ({}, {"text": None}, {"text": 5}):
        with pytest.raises(InvalidInput) as refused:
            await studio.apps.start_run(studio.owner, RunRequest(app.id, inputs))
        assert refused.value.details["field"] == "text"
    assert (await studio.apps.list_runs(studio.owner, PageRequest())).items == []


async def test_a_published_app_keeps_answering_while_its_draft_changes(studio: Any, shout: str) -> None:
    app = await studio.apps.import_app(studio.owner, shout, publish=True)
    await studio.apps.replace_document(studio.owner, app.id, shout.replace("said", "shouted"))
    published = await studio.apps.start_run(studio.owner, RunRequest(app.id, {"text": "x"}, published=True))
    draft = await studio.apps.start_run(studio.owner, RunRequest(app.id, {"text": "x"}))
    assert (await studio.apps.wait_for_run(studio.owner, published.id)).outputs == {"said": "x "}
    assert (await studio.apps.wait_for_run(studio.owner, draft.id)).outputs == {"shouted": "x "}


async def test_publishing_the_same_draft_again_is_the_same_version(studio: Any, shout: str) -> None:
    app = await studio.apps.import_app(studio.owner, shout)
    first = await studio.apps.publish_app(studio.owner, app.id)
    again = await studio.apps.publish_app(studio.owner, app.id)
    await studio.apps.replace_document(studio.owner, app.id, shout.replace("Demo", "Other"))
    other = await studio.apps.publish_app(studio.owner, app.id)
    assert (first.number, again.number, other.number) == (1, 1, 2)


async def test_of_many_who_publish_at_the_same_time_none_is_turned_away(studio: Any, shout: str) -> None:
    app = await studio.apps.import_app(studio.owner, shout)
    versions = await asyncio.gather(*(studio.apps.publish_app(studio.owner, app.id) for _ in range(8)))
    assert {version.number for version in versions} == {1}


async def test_who_publishes_a_draft_that_was_changed_meanwhile_gets_a_version_of_it(studio: Any, shout: str) -> None:
    app = await studio.apps.import_app(studio.owner, shout)

    async def publish_and_change() -> None:
        await studio.apps.publish_app(studio.owner, app.id)
        await studio.apps.replace_document(studio.owner, app.id, shout.replace("Demo", "Other"))

    second = await while_(studio, publish_and_change).publish_app(studio.owner, app.id)
    assert second.number == 2
    assert yaml.safe_load(second.document)["app"]["name"] == "Other"


class AppsWhile:
    """The store of apps; just after an app was read from it first, somebody else does something."""

    def __init__(self, store: Any, meanwhile: Callable[[], Awaitable[Any]]) -> None:
        self._store = store
        self._meanwhile: Callable[[], Awaitable[Any]] | None = meanwhile

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def get(self, scope: Scope, app_id: AppId) -> Any:
        app = await self._store.get(scope, app_id)
        meanwhile, self._meanwhile = self._meanwhile, None
        if meanwhile is not None:
            await meanwhile()
        return app


def while_(studio: Any, meanwhile: Callable[[], Awaitable[Any]]) -> Any:
    return dataclasses.replace(studio.apps, apps=AppsWhile(studio.storage.apps, meanwhile))


async def test_a_draft_saved_while_the_app_is_published_is_not_lost(studio: Any, shout: str) -> None:
    app = await studio.apps.import_app(studio.owner, shout)
    other = shout.replace("Demo", "Other")
    published = await while_(studio, lambda: studio.apps.replace_document(studio.owner, app.id, other)).publish_app(
        studio.owner, app.id
    )
    now = await studio.apps.get_app(studio.owner, app.id)
    assert (now.name, now.published_version) == ("Other", 1)
    assert yaml.safe_load(now.document) == yaml.safe_load(other)
    assert yaml.safe_load(published.document) == yaml.safe_load(shout)


async def test_an_app_published_while_its_draft_is_saved_stays_published(studio: Any, shout: str) -> None:
    app = await studio.apps.import_app(studio.owner, shout)
    saving = while_(studio, lambda: studio.apps.publish_app(studio.owner, app.id))
    saved = await saving.replace_document(studio.owner, app.id, shout.replace("Demo", "Other"))
    now = await studio.apps.get_app(studio.owner, app.id)
    assert (now.name, now.published_version) == ("Other", 1)
    assert saved == now


async def test_a_model_bound_while_another_is_bound_stays_bound(studio: Any, shout: str) -> None:
    app = await studio.apps.import_app(studio.owner, shout)
    binding = while_(studio, lambda: studio.apps.bind_model(studio.owner, app.id, "acme/small", "debug/one"))
    bound = await binding.bind_model(studio.owner, app.id, "acme/big", "debug/two")
    assert bound.bindings == {"acme/small": "debug/one", "acme/big": "debug/two"}
    assert await studio.apps.get_app(studio.owner, app.id) == bound


async def test_visitors_of_an_unpublished_app_are_told_so(studio: Any, shout: str) -> None:
    app = await studio.apps.import_app(studio.owner, shout)
    with pytest.raises(NotPublished):
        await studio.apps.start_run(studio.owner, RunRequest(app.id, {"text": "x"}, published=True))


async def test_a_mode_that_cannot_run_yet_imports_and_says_so(studio: Any) -> None:
    text = yaml.safe_dump(
        {"version": "0.7.0", "kind": "app", "app": {"name": "New", "mode": "agent"}, "agent": {"package_ref": "one"}}
    )
    app = await studio.apps.import_app(studio.owner, text)
    assert not (await studio.apps.open_app(studio.owner, app.id)).runnable
    with pytest.raises(NotRunnableYet):
        await studio.apps.start_run(studio.owner, RunRequest(app.id, {}, query="hi"))


async def test_a_conversation_remembers_what_was_said(studio: Any, talk: str) -> None:
    app = await studio.apps.import_app(studio.owner, talk)
    first = await studio.apps.start_run(studio.owner, RunRequest(app.id, query="I am Ada", end_user="ada"))
    await studio.apps.wait_for_run(studio.owner, first.id)
    second = await studio.apps.start_run(
        studio.owner, RunRequest(app.id, query="and now?", conversation_id=first.conversation_id, end_user="ada")
    )
    finished = await studio.apps.wait_for_run(studio.owner, second.id)
    assert finished.answer == "and now? "
    asked = [(message.role, message.text) for message in studio.parrot.asked[-1].messages]
    assert asked == [
        ("system", "be kind"),
        ("user", "I am Ada"),
        ("assistant", "I am Ada "),
        ("user", "and now?"),
    ]
    messages = await studio.storage.conversations.list_messages(studio.owner, first.conversation_id, PageRequest())
    assert [(message.query, message.answer, message.status) for message in messages.items] == [
        ("I am Ada", "I am Ada ", "succeeded"),
        ("and now?", "and now? ", "succeeded"),
    ]


class FullRuns:
    """The store of runs, on a disk that has no room for another."""

    def __init__(self, store: Any) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def add(self, scope: Scope, run: Any) -> None:
        raise OSError("no space left")


async def test_a_run_that_cannot_be_written_down_leaves_no_conversation_behind(studio: Any, talk: str) -> None:
    app = await studio.apps.import_app(studio.owner, talk)
    full = dataclasses.replace(studio.apps, runs=FullRuns(studio.storage.runs))
    with pytest.raises(OSError, match="no space left"):
        await full.start_run(studio.owner, RunRequest(app.id, query="hi", end_user="ada"))
    assert (await studio.storage.conversations.list_conversations(studio.owner, app.id, PageRequest())).items == []


async def test_a_run_that_cannot_be_written_down_leaves_the_conversation_it_was_to_go_on_with(
    studio: Any, talk: str
) -> None:
    app = await studio.apps.import_app(studio.owner, talk)
    first = await studio.apps.start_run(studio.owner, RunRequest(app.id, query="hi", end_user="ada"))
    await studio.apps.wait_for_run(studio.owner, first.id)
    full = dataclasses.replace(studio.apps, runs=FullRuns(studio.storage.runs))
    again = RunRequest(app.id, query="hi", end_user="ada", conversation_id=first.conversation_id)
    with pytest.raises(OSError, match="no space left"):
        await full.start_run(studio.owner, again)
    assert await studio.storage.conversations.count_messages(studio.owner, first.conversation_id) == 1


class FullConversations(FullRuns):
    """The store of conversations, with no room for another message."""

    async def add_message(self, scope: Scope, message: Any) -> None:
        raise OSError("no space left")


async def test_a_run_whose_turn_cannot_be_written_down_is_not_queued_for_ever(studio: Any, talk: str) -> None:
    app = await studio.apps.import_app(studio.owner, talk)
    first = await studio.apps.start_run(studio.owner, RunRequest(app.id, query="hi", end_user="ada"))
    await studio.apps.wait_for_run(studio.owner, first.id)
    full = dataclasses.replace(studio.apps, conversations=FullConversations(studio.storage.conversations))
    again = RunRequest(app.id, query="hi", end_user="ada", conversation_id=first.conversation_id)
    with pytest.raises(OSError, match="no space left"):
        await full.start_run(studio.owner, again)
    newest, _ = (await studio.apps.list_runs(studio.owner, PageRequest())).items
    assert (newest.status, newest.error["code"]) == ("failed", "internal_error")
    assert newest.finished_at is not None
    assert await asyncio.wait_for(studio.apps.wait_for_run(studio.owner, newest.id), 60)
    assert await studio.storage.runs.unfinished() == []


async def test_a_conversation_of_somebody_else_or_of_another_app_is_not_found(studio: Any, talk: str) -> None:
    app = await studio.apps.import_app(studio.owner, talk)
    other = await studio.apps.import_app(studio.owner, talk)
    run = await studio.apps.start_run(studio.owner, RunRequest(app.id, query="hi", end_user="ada"))
    for request in (
        RunRequest(app.id, query="hi", end_user="eve", conversation_id=run.conversation_id),
        RunRequest(other.id, query="hi", end_user="ada", conversation_id=run.conversation_id),
    ):
        with pytest.raises(NotFound):
            await studio.apps.start_run(studio.owner, request)


async def test_a_chat_app_needs_a_query(studio: Any, talk: str) -> None:
    app = await studio.apps.import_app(studio.owner, talk)
    for query in (None, "", "   "):
        with pytest.raises(InvalidInput) as refused:
            await studio.apps.start_run(studio.owner, RunRequest(app.id, query=query))
        assert refused.value.details["field"] == "query"


async def test_stopping_a_run_ends_it_as_stopped(studio: Any, shout: str) -> None:
    studio.parrot.let.clear()
    app = await studio.apps.import_app(studio.owner, shout)
    run = await studio.apps.start_run(studio.owner, RunRequest(app.id, {"text": "x"}))
    async for batch in studio.apps.follow_run(studio.owner, run.id):
        if any(event["node_id"] == "m" for event in batch):
            await studio.apps.stop_run(studio.owner, run.id)
    finished = await studio.apps.get_run(studio.owner, run.id)
    assert (finished.status, finished.nodes["m"].status) == ("stopped", "stopped")
    await studio.apps.stop_run(studio.owner, run.id)


@pytest.mark.parametrize(
    ("kind", "words"),
    [("person", "the owner"), ("key", "an API key"), ("end_user", "the end user"), ("system", "Loomwork")],
)
async def test_a_stopped_run_says_who_stopped_it_in_words(studio: Any, shout: str, kind: ActorKind, words: str) -> None:
    studio.parrot.let.clear()
    app = await studio.apps.import_app(studio.owner, shout)
    run = await studio.apps.start_run(studio.owner, RunRequest(app.id, {"text": "x"}))
    await studio.apps.stop_run(Scope(studio.owner.workspace_id, Actor(kind, new_id())), run.id)
    last = (await transcript(studio, run.id))[-1]
    assert (last["type"], last["data"]["by"]) == ("run_stopped", words)


async def test_a_run_that_is_stopped_before_it_began_does_not_begin(studio: Any, shout: str) -> None:
    studio.parrot.let.clear()
    app = await studio.apps.import_app(studio.owner, shout)
    run = await studio.apps.start_run(studio.owner, RunRequest(app.id, {"text": "x"}))
    await studio.apps.stop_run(studio.owner, run.id)
    assert (await studio.apps.wait_for_run(studio.owner, run.id)).status == "stopped"
    assert studio.parrot.asked == []


async def test_a_run_whose_process_died_and_kept_nothing_is_given_an_end(studio: Any, shout: str) -> None:
    document = f"{shout}\nx-loomwork:\n  durability: 'off'\n"
    app = await studio.apps.import_app(studio.owner, document)
    run = await studio.apps.start_run(studio.owner, RunRequest(app.id, {"text": "x"}))
    finished = await studio.apps.wait_for_run(studio.owner, run.id)
    left_behind = dataclasses.replace(finished, id=RunId(new_id()), status="running", message_id=None)
    await studio.storage.runs.add(studio.owner, left_behind)
    await take_up_runs(studio.storage.runs, studio.dispatcher)
    ended = await studio.apps.wait_for_run(studio.owner, left_behind.id)
    assert (ended.status, ended.error["code"]) == ("failed", "interrupted")
    assert [event["type"] for event in await transcript(studio, left_behind.id)] == ["run_started", "run_failed"]


async def test_a_bound_model_answers_without_a_notice(studio: Any, shout: str) -> None:
    app = await studio.apps.import_app(studio.owner, shout)
    await studio.apps.bind_model(studio.owner, app.id, "acme/big", "debug/bound")
    run = await studio.apps.start_run(studio.owner, RunRequest(app.id, {"text": "x"}))
    await studio.apps.wait_for_run(studio.owner, run.id)
    assert run.notices == []
    assert studio.parrot.asked[-1].model == "debug/bound"


async def test_another_workspace_sees_and_changes_nothing(studio: Any, shout: str) -> None:
    app = await studio.apps.import_app(studio.owner, shout, publish=True)
    run = await studio.apps.start_run(studio.owner, RunRequest(app.id, {"text": "x"}))
    stranger = Scope(WorkspaceId(new_id()), studio.owner.actor)
    for attempt in (
        studio.apps.open_app(stranger, app.id),
        studio.apps.export_app(stranger, app.id),
        studio.apps.publish_app(stranger, app.id),
        studio.apps.delete_app(stranger, app.id),
        studio.apps.start_run(stranger, RunRequest(app.id, {"text": "x"}, published=True)),
        studio.apps.get_run(stranger, run.id),
        studio.apps.stop_run(stranger, run.id),
        studio.apps.run_graph(stranger, run.id),
        studio.apps.wait_for_run(stranger, run.id),
    ):
        with pytest.raises(NotFound):
            await attempt
    assert (await studio.apps.list_apps(stranger, PageRequest())).items == []
    assert (await studio.apps.wait_for_run(studio.owner, run.id)).status == "succeeded"


async def test_deleting_an_app_takes_its_runs_along(studio: Any, shout: str) -> None:
    app = await studio.apps.import_app(studio.owner, shout)
    run = await studio.apps.start_run(studio.owner, RunRequest(app.id, {"text": "x"}))
    await studio.apps.wait_for_run(studio.owner, run.id)
    await studio.apps.delete_app(studio.owner, app.id)
    for attempt in (studio.apps.get_run(studio.owner, run.id), studio.apps.get_app(studio.owner, AppId(app.id))):
        with pytest.raises(NotFound):
            await attempt


async def test_a_starter_becomes_a_published_app_of_the_workspace(studio: Any) -> None:
    starters = await studio.apps.list_starters()
    assert len(starters) == 6
    # One asks documents, and is told of a knowledge base when it runs.
    of_documents = "ask-your-documents"
    for starter in starters:
        assert len(starter.sample_inputs) == (0 if starter.id == of_documents else 3)
        app = await studio.apps.add_starter(studio.owner, starter.id)
        overview = await studio.apps.open_app(studio.owner, app.id)
        assert (app.published_version, overview.runnable) == (1, True)
        assert [each.node_id for each in overview.problems] == (["find"] if starter.id == of_documents else [])
        assert overview.features["x-loomwork"]["samples"] == starter.sample_inputs
    with pytest.raises(NotFound):
        await studio.apps.add_starter(studio.owner, "../secrets")


async def test_a_starter_that_is_copied_again_has_a_name_of_its_own(studio: Any) -> None:
    names = [(await studio.apps.add_starter(studio.owner, "chat")).name for _ in range(3)]
    assert names == [names[0], f"{names[0]} 2", f"{names[0]} 3"]
    listed = await studio.apps.list_apps(studio.owner, PageRequest())
    assert {app.name for app in listed.items} == set(names)
    [third] = [app for app in listed.items if app.name == names[2]]
    assert f"name: {names[2]}" in await studio.apps.export_app(studio.owner, third.id)


async def test_everything_is_there_after_a_restart(tmp_path: Path, shout: str) -> None:
    from tests.unit.apps.conftest import open_studio

    before = await open_studio(tmp_path)
    app = await before.apps.import_app(before.owner, shout, publish=True)
    run = await before.apps.start_run(before.owner, RunRequest(app.id, {"text": "a b"}))
    whole = await transcript(before, run.id)
    await before.storage.close()
    after = await open_studio(tmp_path)
    assert after.owner == before.owner
    assert (await after.apps.get_app(after.owner, app.id)).published_version == 1
    assert (await after.apps.get_run(after.owner, run.id)).outputs == {"said": "a b "}
    assert await transcript(after, run.id) == whole
    await after.storage.close()


async def test_the_next_turn_knows_what_a_stopped_one_had_said(studio: Any, talk: str) -> None:
    app = await studio.apps.import_app(studio.owner, talk.replace("{{#m.text#}}", "Well, {{#m.text#}}"))
    studio.parrot.let.clear()
    run = await studio.apps.start_run(studio.owner, RunRequest(app.id, query="I am Ada."))
    async for batch in studio.apps.follow_run(studio.owner, run.id):
        if any(event["type"] == "text_chunk" for event in batch):
            await studio.apps.stop_run(studio.owner, run.id)
            break
    await studio.apps.wait_for_run(studio.owner, run.id)
    page = await studio.storage.conversations.list_messages(studio.owner, run.conversation_id, PageRequest(limit=5))
    (stopped,) = page.items
    assert (stopped.status, stopped.answer) == ("stopped", "Well, ")

    studio.parrot.let.set()
    again = RunRequest(app.id, query="Who am I?", conversation_id=run.conversation_id)
    await studio.apps.wait_for_run(studio.owner, (await studio.apps.start_run(studio.owner, again)).id)
    assert [message.text for message in studio.parrot.asked[-1].messages] == [
        "be kind",
        "I am Ada.",
        "Well, ",
        "Who am I?",
    ]
