"""What every `apps.ports.AppStore` promises."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from loomwork.adapters.storage.sql import Storage
from loomwork.adapters.storage.sql.tables import metadata
from loomwork.apps.domain import DraftChanged, Environment, Promotion, Version
from loomwork.apps.ports import AppStore
from loomwork.engine.events import RunStarted
from loomwork.engine.ports import Batch, Record
from loomwork.kernel.errors import Conflict, NotFound
from loomwork.kernel.ids import AppId
from loomwork.kernel.page import PageRequest
from loomwork.kernel.scope import Scope
from loomwork.tenancy.application import StoredGatekeeper


@pytest.fixture
def apps(storage: Storage) -> AppStore:
    return storage.apps


def version(app_id: AppId, number: int, clock: Any) -> Version:
    return Version(app_id, number, f"version: {number}\n", clock.now(), "the owner")


async def test_an_app_comes_back_as_it_was_added(apps: AppStore, ours: Scope, make: Any) -> None:
    app = make.app(document="b: 1\r\na: '世界' # kept\n", bindings={"openai/x": "local/y", "a/b": "c/d"})
    await apps.add(ours, app)
    assert await apps.get(ours, app.id) == app


async def test_an_id_is_taken_once(apps: AppStore, ours: Scope, make: Any) -> None:
    app = make.app()
    await apps.add(ours, app)
    with pytest.raises(Conflict):
        await apps.add(ours, replace(app, name="Another"))
    assert (await apps.get(ours, app.id)).name == "Summary"


async def test_a_saved_draft_replaces_the_draft_that_was(apps: AppStore, ours: Scope, make: Any) -> None:
    app, other = make.app(), make.app()
    await apps.add(ours, app)
    await apps.add(ours, other)
    changed = replace(app, name="New", document="new", updated_at=app.updated_at + timedelta(hours=1))
    changed = replace(changed, revision=2)
    assert await apps.save_draft(ours, replace(changed, revision=7)) == changed
    assert await apps.get(ours, app.id) == changed
    assert await apps.get(ours, other.id) == other


async def test_a_draft_saved_from_an_older_reading_leaves_what_was_published_and_bound_since(
    apps: AppStore, ours: Scope, make: Any, clock: Any
) -> None:
    app = make.app(bindings={})
    await apps.add(ours, app)
    await apps.publish(ours, version(app.id, 1, clock))
    await apps.set_binding(ours, app.id, "openai/x", "local/y", at=app.updated_at)
    expected = replace(app, document="new", published_version=1, bindings={"openai/x": "local/y"}, revision=2)
    assert await apps.save_draft(ours, replace(app, document="new")) == expected
    assert await apps.get(ours, app.id) == expected


async def test_bindings_made_at_the_same_time_are_all_there(apps: AppStore, ours: Scope, make: Any) -> None:
    app = make.app(bindings={"a/gone": "local/y"})
    await apps.add(ours, app)
    later = app.updated_at + timedelta(hours=1)
    made = [apps.set_binding(ours, app.id, f"a/{number}", "local/y", at=later) for number in range(10)]
    await asyncio.gather(*made, apps.set_binding(ours, app.id, "a/gone", None, at=later))
    bound = {f"a/{number}": "local/y" for number in range(10)}
    assert await apps.get(ours, app.id) == replace(app, bindings=bound, updated_at=later)


async def test_publishing_changes_what_visitors_get_and_nothing_else(
    apps: AppStore, ours: Scope, make: Any, clock: Any
) -> None:
    app, other = make.app(), make.app()
    await apps.add(ours, app)
    await apps.add(ours, other)
    await apps.publish(ours, version(app.id, 1, clock))
    assert await apps.get(ours, app.id) == replace(app, published_version=1)
    assert await apps.get(ours, other.id) == other


async def test_a_number_that_is_taken_leaves_what_is_published(
    apps: AppStore, ours: Scope, make: Any, clock: Any
) -> None:
    app = make.app()
    await apps.add(ours, app)
    for number in (1, 2):
        await apps.publish(ours, version(app.id, number, clock))
    with pytest.raises(Conflict):
        await apps.publish(ours, version(app.id, 1, clock))
    assert (await apps.get(ours, app.id)).published_version == 2


async def test_an_app_of_another_workspace_is_not_found_and_never_changed(
    apps: AppStore, ours: Scope, theirs: Scope, make: Any, clock: Any
) -> None:
    app = make.app()
    await apps.add(theirs, app)
    await apps.publish(theirs, version(app.id, 1, clock))
    attempts: list[Callable[[], Awaitable[Any]]] = [
        lambda: apps.get(ours, app.id),
        lambda: apps.save_draft(ours, replace(app, name="Taken")),
        lambda: apps.set_binding(ours, app.id, "a/b", "c/d", at=clock.now()),
        lambda: apps.delete(ours, app.id),
        lambda: apps.publish(ours, version(app.id, 2, clock)),
        lambda: apps.get_version(ours, app.id, 1),
        lambda: apps.set_tags(ours, app.id, ["taken"]),
        lambda: apps.promote(ours, [Promotion(app.id, "dev", 1, clock.now(), "thief")]),
        lambda: apps.environments(ours, app.id),
        lambda: apps.list_promotions(ours, app.id, PageRequest()),
        lambda: apps.list_versions(ours, app.id, PageRequest()),
        lambda: apps.set_notes(ours, app.id, 1, "taken"),
    ]
    for attempt in attempts:
        with pytest.raises(NotFound):
            await attempt()
    assert (await apps.list_apps(ours, PageRequest())).items == []
    assert await apps.newest_version(ours, app.id) is None
    assert not await apps.has_stood_in(ours, app.id, 1, "dev")
    assert await apps.list_tags(ours) == {}
    assert len((await apps.list_promotions(theirs, app.id, PageRequest())).items) == 3
    assert await apps.get(theirs, app.id) == replace(app, published_version=1)
    assert await apps.get_version(theirs, app.id, 1) == version(app.id, 1, clock)
    with pytest.raises(NotFound):
        await apps.get_version(theirs, app.id, 2)


async def test_a_foreign_id_and_one_that_never_was_get_the_same_sentence(
    apps: AppStore, ours: Scope, theirs: Scope, make: Any
) -> None:
    app = make.app()
    with pytest.raises(NotFound) as unknown:
        await apps.get(ours, app.id)
    await apps.add(theirs, app)
    with pytest.raises(NotFound) as foreign:
        await apps.get(ours, app.id)
    assert str(foreign.value) == str(unknown.value)


async def test_two_workspaces_may_have_apps_of_one_id(apps: AppStore, ours: Scope, theirs: Scope, make: Any) -> None:
    app = make.app()
    await apps.add(ours, app)
    await apps.add(theirs, replace(app, name="Theirs"))
    await apps.delete(ours, app.id)
    assert (await apps.get(theirs, app.id)).name == "Theirs"


async def test_lists_are_newest_first_and_leave_the_document_out(apps: AppStore, ours: Scope, make: Any) -> None:
    made = [make.app(name=f"App {number}") for number in range(3)]
    for app in made:
        await apps.add(ours, app)
    page = await apps.list_apps(ours, PageRequest())
    assert page.items == [replace(app, document="") for app in reversed(made)]
    assert page.next is None


async def test_pages_follow_one_another_though_apps_are_added_and_deleted_meanwhile(
    apps: AppStore, ours: Scope, make: Any
) -> None:
    made = [make.app() for _ in range(5)]
    for app in made:
        await apps.add(ours, app)
    first = await apps.list_apps(ours, PageRequest(limit=2))
    assert first.next is not None
    await apps.add(ours, make.app())
    await apps.delete(ours, AppId(first.next))
    rest = await apps.list_apps(ours, PageRequest(limit=2, after=first.next))
    last = await apps.list_apps(ours, PageRequest(limit=2, after=rest.next))
    seen = [*first.items, *rest.items, *last.items]
    assert [app.id for app in seen] == [app.id for app in reversed(made)]
    assert last.next is None


async def test_a_page_that_is_just_full_has_no_next(apps: AppStore, ours: Scope, make: Any) -> None:
    for _ in range(2):
        await apps.add(ours, make.app())
    assert (await apps.list_apps(ours, PageRequest(limit=2))).next is None


@pytest.mark.parametrize("after", ["", "no id", "\ud800", "x" * 10_000, "'; DROP TABLE apps; --"])
async def test_any_text_is_a_cursor_that_does_no_harm(apps: AppStore, ours: Scope, make: Any, after: str) -> None:
    app = make.app()
    await apps.add(ours, app)
    await apps.list_apps(ours, PageRequest(after=after))
    with pytest.raises(NotFound):
        await apps.get(ours, AppId(after))
    assert await apps.get(ours, app.id) == app


@pytest.mark.parametrize(
    ("search", "found"),
    [("sum", ["Summary"]), ("SUM", ["Summary"]), ("100%", ["100% sure"]), ("%", ["100% sure"]), ("_", []), ("\\", [])],
)
async def test_search_finds_a_part_of_the_name_and_knows_no_wildcards(
    apps: AppStore, ours: Scope, make: Any, search: str, found: list[str]
) -> None:
    for name in ("Summary", "100% sure", "分类"):
        await apps.add(ours, make.app(name=name))
    assert [app.name for app in (await apps.list_apps(ours, PageRequest(), search=search)).items] == found


async def test_a_version_never_changes_once_it_is_there(apps: AppStore, ours: Scope, make: Any, clock: Any) -> None:
    app = make.app()
    await apps.add(ours, app)
    await apps.publish(ours, version(app.id, 1, clock))
    with pytest.raises(Conflict):
        await apps.publish(ours, replace(version(app.id, 1, clock), document="another"))
    assert await apps.get_version(ours, app.id, 1) == version(app.id, 1, clock)


@pytest.mark.parametrize("number", [-1, 0, 2, 2**31, 2**80])
async def test_a_version_that_is_not_there_is_not_found(
    apps: AppStore, ours: Scope, make: Any, clock: Any, number: int
) -> None:
    app = make.app()
    await apps.add(ours, app)
    await apps.publish(ours, version(app.id, 1, clock))
    with pytest.raises(NotFound):
        await apps.get_version(ours, app.id, number)


async def test_of_many_who_publish_the_same_number_one_succeeds(
    apps: AppStore, ours: Scope, make: Any, clock: Any
) -> None:
    app = make.app()
    await apps.add(ours, app)
    attempts = (apps.publish(ours, version(app.id, 1, clock)) for _ in range(10))
    results = await asyncio.gather(*attempts, return_exceptions=True)
    assert results.count(None) == 1
    assert sum(isinstance(result, Conflict) for result in results) == 9


async def test_deleting_an_app_takes_all_that_belongs_to_it_and_nothing_else(
    storage: Storage, ours: Scope, make: Any, clock: Any
) -> None:
    kept = [await _furnished(storage, ours, make, clock) for _ in range(2)]
    gone = kept.pop()
    await storage.apps.delete(ours, gone[0].id)
    for app, run, conversation in [gone]:
        with pytest.raises(NotFound):
            await storage.apps.get(ours, app.id)
        with pytest.raises(NotFound):
            await storage.runs.get(ours, run.id)
        assert await storage.journal.records(ours, run.id) == []
        with pytest.raises(NotFound):
            await storage.conversations.get_conversation(ours, conversation.id)
    for app, run, conversation in kept:
        assert await storage.apps.get(ours, app.id) == replace(app, published_version=1)
        assert len(await storage.journal.records(ours, run.id)) == 1
        assert await storage.conversations.count_messages(ours, conversation.id) == 1
    for name in ("app_versions", "api_keys", "runs", "run_events", "run_leases", "conversations", "messages"):
        rows = await storage.database.everywhere.rows(
            select(func.count().label("n")).select_from(metadata.tables[name])
        )
        assert rows[0]["n"] == 1, name


async def _furnished(storage: Storage, scope: Scope, make: Any, clock: Any) -> Any:
    app = make.app()
    await storage.apps.add(scope, app)
    await storage.apps.publish(scope, version(app.id, 1, clock))
    await StoredGatekeeper(storage.gatekeeper_store, clock).create_key(scope, "app", app.id)
    conversation = make.conversation(app)
    await storage.conversations.add_conversation(scope, conversation)
    run = make.run(app, conversation_id=conversation.id)
    await storage.runs.add(scope, run)
    await storage.conversations.add_message(scope, make.message(conversation, run))
    record = Record(1, "began", 0, 0.0)
    epoch = await storage.leases.take(scope, run.id, owner="us", seconds=30)
    await storage.journal.commit(scope, run.id, Batch([record], [RunStarted({}, app.id, None, seq=1)], epoch))
    return app, run, conversation


async def test_apps_are_there_after_a_restart(
    storage: Storage, reopened: Callable[[], Awaitable[Storage]], ours: Scope, make: Any, clock: Any
) -> None:
    app = make.app()
    await storage.apps.add(ours, app)
    await storage.apps.publish(ours, version(app.id, 1, clock))
    again = await reopened()
    assert await again.apps.get(ours, app.id) == replace(app, published_version=1)
    assert await again.apps.get_version(ours, app.id, 1) == version(app.id, 1, clock)


async def test_a_draft_of_another_revision_is_left_as_it_is(apps: AppStore, ours: Scope, make: Any) -> None:
    app = make.app()
    await apps.add(ours, app)
    second = await apps.save_draft(ours, replace(app, document="second"), revision=1)
    with pytest.raises(DraftChanged) as refused:
        await apps.save_draft(ours, replace(app, document="late"), revision=1)
    assert refused.value.details == {"revision": 2}
    assert await apps.get(ours, app.id) == second


async def test_of_many_who_change_one_draft_at_the_same_time_one_does(apps: AppStore, ours: Scope, make: Any) -> None:
    app = make.app()
    await apps.add(ours, app)
    changes = (apps.save_draft(ours, replace(app, document=f"{number}"), revision=1) for number in range(8))
    results = await asyncio.gather(*changes, return_exceptions=True)
    assert sum(isinstance(result, DraftChanged) for result in results) == 7
    assert (await apps.get(ours, app.id)).revision == 2


async def test_tags_are_found_by_their_whole_name_and_counted(apps: AppStore, ours: Scope, make: Any) -> None:
    first, second, bare = make.app(), make.app(), make.app()
    for app in (first, second, bare):
        await apps.add(ours, app)
    assert (await apps.set_tags(ours, first.id, ["a b", "sum%"])).tags == ("a b", "sum%")
    await apps.set_tags(ours, second.id, ["a b", "summer"])

    async def tagged(tag: str) -> set[str]:
        return {app.id for app in (await apps.list_apps(ours, PageRequest(), tag=tag)).items}

    assert await tagged("a b") == {first.id, second.id}
    assert await tagged("sum%") == {first.id}
    assert await tagged("sum") == await tagged("a") == await tagged("_") == set()
    assert await apps.list_tags(ours) == {"a b": 2, "sum%": 1, "summer": 1}
    assert (await apps.set_tags(ours, first.id, [])).tags == ()
    assert await apps.get(ours, bare.id) == bare


async def test_each_environment_has_the_version_that_was_put_there_last(
    apps: AppStore, ours: Scope, make: Any, clock: Any
) -> None:
    app = make.app()
    await apps.add(ours, app)
    assert await apps.environments(ours, app.id) == {}
    await apps.publish(ours, version(app.id, 1, clock))
    await apps.publish(ours, version(app.id, 2, clock), ["dev"])
    assert await _standing(apps, ours, app.id) == {"dev": 2, "staging": 1, "prod": 1}
    assert (await apps.get(ours, app.id)).published_version == 1
    for environment, number in (("staging", 2), ("prod", 2), ("prod", 1)):
        await apps.promote(ours, [_promotion(app.id, environment, number, clock)])
    assert await _standing(apps, ours, app.id) == {"dev": 2, "staging": 2, "prod": 1}
    assert (await apps.get(ours, app.id)).published_version == 1
    assert await apps.has_stood_in(ours, app.id, 2, "prod")
    told = [each.number for each in (await _in(apps, ours, app.id, "prod"))]
    assert told == [1, 2, 1]


async def test_of_promotions_that_name_a_version_that_is_not_there_none_is_made(
    apps: AppStore, ours: Scope, make: Any, clock: Any
) -> None:
    app = make.app()
    await apps.add(ours, app)
    await apps.publish(ours, version(app.id, 1, clock), ["dev"])
    with pytest.raises(NotFound):
        await apps.promote(ours, [_promotion(app.id, "prod", 1, clock), _promotion(app.id, "staging", 2, clock)])
    assert await _standing(apps, ours, app.id) == {"dev": 1}
    assert (await apps.get(ours, app.id)).published_version is None


async def test_versions_are_listed_newest_first_with_their_notes_and_without_documents(
    apps: AppStore, ours: Scope, make: Any, clock: Any
) -> None:
    app = make.app()
    await apps.add(ours, app)
    assert await apps.newest_version(ours, app.id) is None
    for number in (1, 2, 3):
        await apps.publish(ours, replace(version(app.id, number, clock), notes=f"n{number}"), ["dev"])
    assert await apps.set_notes(ours, app.id, 2, "kept") == replace(version(app.id, 2, clock), notes="kept")
    first = await apps.list_versions(ours, app.id, PageRequest(limit=2))
    rest = await apps.list_versions(ours, app.id, PageRequest(limit=2, after=first.next))
    assert [(each.number, each.notes, each.document) for each in [*first.items, *rest.items]] == [
        (3, "n3", ""),
        (2, "kept", ""),
        (1, "n1", ""),
    ]
    assert rest.next is None
    newest = await apps.newest_version(ours, app.id)
    assert newest is not None
    assert newest.document == "version: 3\n"


async def _standing(apps: AppStore, scope: Scope, app_id: AppId) -> dict[str, int]:
    return {each: kept.number for each, kept in (await apps.environments(scope, app_id)).items()}


async def _in(apps: AppStore, scope: Scope, app_id: AppId, environment: Environment) -> list[Promotion]:
    return (await apps.list_promotions(scope, app_id, PageRequest(), environment=environment)).items


def _promotion(app_id: AppId, environment: Any, number: int, clock: Any) -> Promotion:
    return Promotion(app_id, environment, number, clock.now(), "the owner")
