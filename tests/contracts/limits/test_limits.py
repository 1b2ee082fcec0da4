"""Limits as they are kept and counted, on each database."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from loomwork.adapters.storage.sql import Storage
from loomwork.kernel.errors import InvalidInput, NotFound
from loomwork.kernel.ids import new_id
from loomwork.kernel.scope import Actor, Scope
from loomwork.tenancy.api import Identity, StorageFull, TooManyRequests, TooManyRuns
from loomwork.tenancy.application import StoredLimits
from loomwork.tenancy.domain.limits import EACH, Limit
from tests.contracts.conftest import Make, SetClock


@pytest.fixture
def limits(storage: Storage, clock: SetClock) -> StoredLimits:
    return StoredLimits(storage.limits, clock)


def limit(subject: Any, subject_id: str, measure: Any, most: int) -> Limit:
    return Limit(new_id(), subject, subject_id, measure, most)


async def test_limits_are_set_replaced_listed_and_removed_within_their_workspace(
    limits: StoredLimits, storage: Storage, ours: Scope, theirs: Scope
) -> None:
    made = limit("app", "an-app", "runs", 2)
    await limits.put_limit(ours, made)
    await limits.put_limit(ours, replace(made, most=3))
    assert [(state.limit, state.used) for state in await limits.list_limits(ours)] == [(replace(made, most=3), 0)]
    assert list(await limits.list_limits(theirs)) == []
    with pytest.raises(NotFound):
        await limits.remove_limit(theirs, made.id)
    await limits.remove_limit(ours, made.id)
    assert list(await limits.list_limits(ours)) == []
    actions = [entry.action for entry in await storage.audit.chain(ours, after=1, limit=10)]
    assert actions == ["limit.set", "limit.set", "limit.removed"]


async def test_a_limit_that_cannot_be_meant_is_not_kept(limits: StoredLimits, ours: Scope) -> None:
    with pytest.raises(InvalidInput):
        await limits.put_limit(ours, limit("app", "", "runs", 2))
    assert list(await limits.list_limits(ours)) == []


async def test_requests_are_let_in_up_to_the_limit_and_again_as_time_goes(
    limits: StoredLimits, ours: Scope, theirs: Scope, clock: SetClock
) -> None:
    await limits.put_limit(ours, limit("workspace", "", "requests", 3))
    who = Identity(ours, "session")
    left = [await limits.admit_request(who) for _ in range(3)]
    assert [each.remaining for each in left if each is not None] == [2, 1, 0]
    with pytest.raises(TooManyRequests) as refused:
        await limits.admit_request(who)
    assert 0 < refused.value.details["retry_after"] <= 20
    assert await limits.admit_request(Identity(theirs, "session")) is None
    clock.advance(timedelta(seconds=20))
    assert await limits.admit_request(who) is not None


async def test_each_key_is_counted_apart_and_the_narrowest_limit_is_told(limits: StoredLimits, ours: Scope) -> None:
    await limits.put_limit(ours, limit("workspace", "", "requests", 100))
    await limits.put_limit(ours, limit("key", EACH, "requests", 2))
    one, two = (Identity(replace(ours, actor=Actor("key", name)), "workspace") for name in ("one", "two"))
    assert [(await limits.admit_request(one)) for _ in range(2)][1] is not None
    with pytest.raises(TooManyRequests):
        await limits.admit_request(one)
    left = await limits.admit_request(two)
    assert left is not None
    assert (left.most, left.remaining) == (2, 1)


async def test_a_request_that_one_limit_refuses_takes_nothing_from_another(limits: StoredLimits, ours: Scope) -> None:
    await limits.put_limit(ours, limit("workspace", "", "requests", 3))
    await limits.put_limit(ours, limit("app", "full", "requests", 1))
    full, other = (Identity(ours, "app", name) for name in ("full", "other"))
    await limits.admit_request(full)
    for _ in range(5):
        with pytest.raises(TooManyRequests):
            await limits.admit_request(full)
    left = await limits.admit_request(other)
    assert left is not None
    assert left.remaining == 1


@pytest.mark.parametrize("subject", ["workspace", "app", "key", "end_user"])
async def test_runs_begin_up_to_the_limit_and_again_when_one_has_ended(
    limits: StoredLimits, storage: Storage, ours: Scope, make: Make, subject: Any
) -> None:
    app = make.app()
    await storage.apps.add(ours, app)
    scope = replace(ours, actor=Actor("key", "a-key"))
    ids = {"workspace": "", "app": app.id, "key": "a-key", "end_user": "somebody"}
    await limits.put_limit(ours, limit(subject, ids[subject], "runs", 2))
    runs = [make.run(app, key_id="a-key") for _ in range(2)]
    for run in runs:
        async with limits.starting(scope, app.id, "somebody"):
            await storage.runs.add(ours, run)
    with pytest.raises(TooManyRuns):
        async with limits.starting(scope, app.id, "somebody"):
            pytest.fail("one too many was let in")
    assert [state.used for state in await limits.list_limits(ours)] == [2]
    await storage.runs.save(ours, replace(runs[0], status="succeeded"))
    async with limits.starting(scope, app.id, "somebody"):
        pass


async def test_runs_that_begin_at_once_do_not_slip_past_the_limit(
    limits: StoredLimits, storage: Storage, ours: Scope, make: Make
) -> None:
    app = make.app()
    await storage.apps.add(ours, app)
    await limits.put_limit(ours, limit("app", EACH, "runs", 3))

    async def begin() -> None:
        async with limits.starting(ours, app.id, "somebody"):
            await storage.runs.add(ours, make.run(app))

    outcomes = await asyncio.gather(*(begin() for _ in range(8)), return_exceptions=True)
    assert sum(isinstance(each, TooManyRuns) for each in outcomes) == 5
    assert sum(each is None for each in outcomes) == 3


async def test_steps_and_runs_that_wait_for_people_do_not_count(
    limits: StoredLimits, storage: Storage, ours: Scope, make: Make
) -> None:
    app = make.app()
    await storage.apps.add(ours, app)
    parent = make.run(app, status="paused")
    await storage.runs.add(ours, parent)
    await storage.runs.add(ours, make.run(app, parent_id=parent.id))
    assert await storage.limits.runs_now(ours, "app", app.id) == 0


async def test_an_end_user_may_begin_so_many_runs_a_minute(limits: StoredLimits, ours: Scope) -> None:
    await limits.put_limit(ours, limit("end_user", EACH, "requests", 1))
    for name in ("one", "two"):
        async with limits.starting(ours, "an-app", name):
            pass
        with pytest.raises(TooManyRequests):
            async with limits.starting(ours, "an-app", name):
                pytest.fail("one too many was let in")


async def test_nothing_begins_where_the_workspace_keeps_all_that_it_may(
    limits: StoredLimits, storage: Storage, ours: Scope, theirs: Scope, make: Make, clock: SetClock
) -> None:
    await limits.put_limit(ours, limit("workspace", "", "storage", 1000))
    async with limits.starting(ours, "an-app", ""):
        pass
    await storage.apps.add(theirs, make.app(document="ü" * 5000))
    assert await storage.limits.bytes_kept(ours, "workspace", "") == 0
    await storage.apps.add(ours, make.app(document="ü" * 600))
    clock.advance(timedelta(minutes=2))
    assert [state.used for state in await limits.list_limits(ours)] == [1200]
    with pytest.raises(StorageFull):
        async with limits.starting(ours, "an-app", ""):
            pytest.fail("it was let in")


@pytest.mark.parametrize("subject", ["app", "key", "end_user"])
@pytest.mark.parametrize("named", [True, False])
async def test_nothing_begins_for_whom_as_much_is_kept_as_may_be(
    limits: StoredLimits, storage: Storage, ours: Scope, make: Make, clock: SetClock, subject: Any, named: bool
) -> None:
    app, other = make.app(document="d"), make.app(document="d" * 5000)
    for each in (app, other):
        await storage.apps.add(ours, each)
    talk = make.conversation(app)
    await storage.conversations.add_conversation(ours, talk)
    run = make.run(app, key_id="a-key", end_user="ann", query="q" * 500, conversation_id=talk.id, status="succeeded")
    await storage.runs.add(ours, run)
    await storage.conversations.add_message(ours, make.message(talk, run, query="q" * 500, answer=""))
    await storage.runs.add(ours, make.run(other, key_id="another", end_user="ben", query="q", status="succeeded"))
    ids = {"app": app.id, "key": "a-key", "end_user": "ann"}
    await limits.put_limit(ours, limit(subject, ids[subject] if named else EACH, "storage", 1000))
    kept = 1001 if subject == "app" else 1000
    assert [state.used for state in await limits.list_limits(ours)] == [kept if named else None]
    by_ann = replace(ours, actor=Actor("key", "a-key"))
    with pytest.raises(StorageFull):
        async with limits.starting(by_ann, app.id, "ann"):
            pytest.fail("it was let in")
    # Each is counted apart, so another may go on, but for an app that keeps too much itself.
    elsewhere = "a-new-app" if subject == "app" else other.id
    async with limits.starting(replace(ours, actor=Actor("key", "another")), elsewhere, "ben"):
        pass


@pytest.mark.parametrize("subject", ["workspace", "app", "key", "end_user"])
async def test_requests_are_counted_for_each_subject(limits: StoredLimits, ours: Scope, subject: Any) -> None:
    ids = {"workspace": "", "app": "an-app", "key": "a-key", "end_user": "ann"}
    scope = replace(ours, actor=Actor("key", "a-key"))
    await limits.put_limit(ours, limit(subject, ids[subject], "requests", 1))

    async def ask() -> None:
        if subject == "end_user":
            async with limits.starting(scope, "an-app", "ann"):
                return
        await limits.admit_request(Identity(scope, "app", "an-app"))

    await ask()
    with pytest.raises(TooManyRequests):
        await ask()


async def test_what_the_installation_sets_holds_for_everyone_and_stays(
    storage: Storage, ours: Scope, theirs: Scope, clock: SetClock
) -> None:
    limits = StoredLimits(storage.limits, clock, of_all={"workspace": 1})
    for scope in (ours, theirs):
        await limits.admit_request(Identity(scope, "session"))
        with pytest.raises(TooManyRequests):
            await limits.admit_request(Identity(scope, "session"))
    (state,) = await limits.list_limits(ours)
    with pytest.raises(NotFound):
        await limits.remove_limit(ours, state.limit.id)
