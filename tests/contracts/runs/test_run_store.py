"""What every `apps.ports.RunStore` promises."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from loomwork.adapters.storage.sql import Storage
from loomwork.apps.domain import App, NodeState, RunFilter
from loomwork.apps.ports import RunStore
from loomwork.engine.variables import File
from loomwork.kernel.errors import Conflict, InvalidInput, NotFound
from loomwork.kernel.ids import AppId, ConversationId, RunId
from loomwork.kernel.page import PageRequest
from loomwork.kernel.scope import Scope


@pytest.fixture
def runs(storage: Storage) -> RunStore:
    return storage.runs


@pytest.fixture
async def app(storage: Storage, ours: Scope, make: Any) -> App:
    app: App = make.app()
    await storage.apps.add(ours, app)
    return app


@pytest.fixture
async def their_app(storage: Storage, theirs: Scope, make: Any) -> App:
    app: App = make.app()
    await storage.apps.add(theirs, app)
    return app


async def test_a_run_comes_back_as_it_was_saved(
    storage: Storage, runs: RunStore, ours: Scope, app: App, make: Any
) -> None:
    conversation = make.conversation(app)
    await storage.conversations.add_conversation(ours, conversation)
    run = make.run(app, conversation_id=conversation.id, document="draft: 1\n")
    await runs.add(ours, run)
    assert await runs.get(ours, run.id) == run
    ended = replace(
        run,
        status="partial-succeeded",
        outputs={"z": [1, {"deep": None}], "a": "世界"},
        answer="It is so.",
        error={"code": "node_failed", "message": "no"},
        nodes={"llm": NodeState("failed", {"text": ""}, {"code": "x", "message": "y"}, 1.5, 3)},
        usage={"tokens": 12},
        notices=("A local model answers.",),
        started_at=run.created_at + timedelta(milliseconds=1),
        finished_at=run.created_at + timedelta(seconds=1),
        elapsed_ms=1234.5678,
        origin_id=RunId("another"),
        origin_node_id="llm",
        parent_id=RunId("above"),
        wakes_at=run.created_at + timedelta(days=3),
        environment="staging",
    )
    await runs.save(ours, ended)
    assert await runs.get(ours, run.id) == ended
    assert list((await runs.get(ours, run.id)).outputs) == ["z", "a"]


async def test_a_file_is_kept_in_its_wire_form(runs: RunStore, ours: Scope, app: App, make: Any) -> None:
    file = File("image", "local_file", related_id="f", name="a.png")
    run = make.run(app, inputs={"picture": file})
    await runs.add(ours, run)
    assert (await runs.get(ours, run.id)).inputs == {"picture": file.wire()}


@pytest.mark.parametrize(
    "value",
    ["nul \0 here", "half \ud83d here", {"\0": {"\udc00": [-(2**70), 2**53 + 1, 1e300, 5e-324, True, None]}}],
    ids=["nul", "half a pair", "numbers"],
)
async def test_every_json_value_comes_back_as_it_went_in(
    runs: RunStore, ours: Scope, app: App, make: Any, value: Any
) -> None:
    run = make.run(app, inputs={"z": value, "a": 1}, outputs={"out": [value]}, error={"message": value})
    await runs.add(ours, run)
    assert await runs.get(ours, run.id) == run
    assert list((await runs.get(ours, run.id)).inputs) == ["z", "a"]


async def test_text_that_no_database_takes_is_marked(runs: RunStore, ours: Scope, app: App, make: Any) -> None:
    run = make.run(app, query="nul \0", answer="half \ud83d", end_user="\0")
    await runs.add(ours, run)
    kept = await runs.get(ours, run.id)
    assert (kept.query, kept.answer, kept.end_user) == ("nul \ufffd", "half \ufffd", "\ufffd")


async def test_what_cannot_be_stored_gets_a_sentence(runs: RunStore, ours: Scope, app: App, make: Any) -> None:
    with pytest.raises(InvalidInput, match="cannot be stored"):
        await runs.add(ours, make.run(app, inputs={"x": object()}))
    assert (await runs.list_runs(ours, PageRequest())).items == []


async def test_a_run_needs_an_app_and_a_conversation_of_its_own_workspace(
    storage: Storage, runs: RunStore, ours: Scope, theirs: Scope, app: App, their_app: App, make: Any
) -> None:
    their_conversation = make.conversation(their_app)
    await storage.conversations.add_conversation(theirs, their_conversation)
    for run in (
        make.run(their_app),
        make.run(app, conversation_id=their_conversation.id),
        make.run(app, conversation_id=ConversationId("never")),
    ):
        with pytest.raises(NotFound):
            await runs.add(ours, run)
    run = make.run(app)
    await runs.add(ours, run)
    with pytest.raises(Conflict):
        await runs.save(ours, replace(run, app_id=their_app.id))
    assert (await runs.list_runs(ours, PageRequest())).items == [run]


async def test_a_run_of_another_workspace_is_not_found_and_never_changed(
    runs: RunStore, ours: Scope, theirs: Scope, their_app: App, make: Any
) -> None:
    run = make.run(their_app)
    await runs.add(theirs, run)
    attempts: list[Callable[[], Awaitable[Any]]] = [
        lambda: runs.get(ours, run.id),
        lambda: runs.save(ours, replace(run, status="stopped")),
        lambda: runs.list_runs(ours, PageRequest(), app_id=their_app.id),
    ]
    for attempt in attempts:
        with pytest.raises(NotFound):
            await attempt()
    assert (await runs.list_runs(ours, PageRequest())).items == []
    assert await runs.get(theirs, run.id) == run


async def test_an_id_is_taken_once(runs: RunStore, ours: Scope, app: App, make: Any) -> None:
    run = make.run(app)
    await runs.add(ours, run)
    with pytest.raises(Conflict):
        await runs.add(ours, run)


async def test_lists_are_newest_first_by_app_and_leave_the_large_parts_out(
    storage: Storage, runs: RunStore, ours: Scope, app: App, make: Any
) -> None:
    other = make.app()
    await storage.apps.add(ours, other)
    made = [make.run(on, document="d", nodes={"n": NodeState("succeeded")}) for on in (app, other, app)]
    for run in made:
        await runs.add(ours, run)
    shown = [replace(run, document=None, nodes={}) for run in reversed(made)]
    assert (await runs.list_runs(ours, PageRequest())).items == shown
    assert (await runs.list_runs(ours, PageRequest(), app_id=other.id)).items == [shown[1]]
    with pytest.raises(NotFound):
        await runs.list_runs(ours, PageRequest(), app_id=AppId("never"))


async def test_pages_are_stable_while_runs_are_added(runs: RunStore, ours: Scope, app: App, make: Any) -> None:
    made = [make.run(app) for _ in range(25)]
    for run in made:
        await runs.add(ours, run)
    seen: list[RunId] = []
    after: str | None = None
    while True:
        page = await runs.list_runs(ours, PageRequest(limit=10, after=after), app_id=app.id)
        seen += [run.id for run in page.items]
        await runs.add(ours, make.run(app))
        if page.next is None:
            break
        after = page.next
    assert seen == [run.id for run in reversed(made)]


@pytest.mark.parametrize(("limit", "shown"), [(-5, 1), (0, 1), (1000, 100)])
async def test_a_page_holds_one_to_a_hundred(
    runs: RunStore, ours: Scope, app: App, make: Any, limit: int, shown: int
) -> None:
    await asyncio.gather(*(runs.add(ours, make.run(app)) for _ in range(101)))
    assert len((await runs.list_runs(ours, PageRequest(limit=limit))).items) == shown


async def test_unfinished_runs_are_found_in_every_workspace(
    runs: RunStore, ours: Scope, theirs: Scope, app: App, their_app: App, make: Any
) -> None:
    statuses = ("queued", "running", "succeeded", "partial-succeeded", "failed", "stopped", "paused")
    mine = [make.run(app, status=status) for status in statuses]
    for run in mine:
        await runs.add(ours, run)
    foreign = make.run(their_app)
    await runs.add(theirs, foreign)
    found = [(scope.workspace_id, run) for scope, run in await runs.unfinished()]
    open_ones = [(ours.workspace_id, run) for run in mine[:2]]
    assert found == [*open_ones, (theirs.workspace_id, foreign)]


async def test_paused_runs_that_are_due_are_found_in_every_workspace_the_longest_due_first(
    runs: RunStore, ours: Scope, theirs: Scope, app: App, their_app: App, make: Any, clock: Any
) -> None:
    now = clock.now()
    late, due = now - timedelta(days=1), now
    first = make.run(their_app, status="paused", wakes_at=late)
    await runs.add(theirs, first)
    second = make.run(app, status="paused", wakes_at=due)
    others = [
        make.run(app, status="paused"),
        make.run(app, status="paused", wakes_at=now + timedelta(microseconds=1)),
        make.run(app, status="stopped", wakes_at=late),
    ]
    for run in (second, *others):
        await runs.add(ours, run)
    found = [(scope.workspace_id, run) for scope, run in await runs.waking(before=now)]
    assert found == [(theirs.workspace_id, first), (ours.workspace_id, second)]


async def test_many_may_write_at_once(runs: RunStore, ours: Scope, app: App, make: Any) -> None:
    made = [make.run(app) for _ in range(50)]
    await asyncio.gather(*(runs.add(ours, run) for run in made))
    await asyncio.gather(*(runs.save(ours, replace(run, status="succeeded")) for run in made))
    page = await runs.list_runs(ours, PageRequest(limit=100))
    assert [run.id for run in page.items] == [run.id for run in reversed(made)]
    assert {run.status for run in page.items} == {"succeeded"}


async def test_runs_are_there_after_a_restart(
    storage: Storage, reopened: Callable[[], Awaitable[Storage]], ours: Scope, app: App, make: Any
) -> None:
    run = make.run(app)
    await storage.runs.add(ours, run)
    assert await (await reopened()).runs.get(ours, run.id) == run


async def test_runs_that_nobody_advances_are_found_and_no_others(
    storage: Storage, ours: Scope, make: Any, clock: Any
) -> None:
    app = make.app()
    await storage.apps.add(ours, app)
    names = ("held", "lapsed", "let go", "never taken", "just made", "paused", "ended")
    statuses = {"never taken": "queued", "just made": "queued", "paused": "paused", "ended": "succeeded"}
    runs = {name: make.run(app, status=statuses.get(name, "running")) for name in names}
    for name, run in runs.items():
        made = clock.now() - timedelta(hours=0 if name == "just made" else 1)
        await storage.runs.add(ours, replace(run, created_at=made))
    for name in ("held", "lapsed", "let go", "paused", "ended"):
        seconds = 10 if name in ("lapsed", "paused", "ended") else 1000
        epoch = await storage.leases.take(ours, runs[name].id, owner="one", seconds=seconds)
        if name == "let go":
            await storage.leases.release(ours, runs[name].id, epoch=epoch or 0)
    clock.advance(timedelta(seconds=20))
    found = await storage.runs.abandoned(now=clock.now(), seconds=30)
    assert {run.id for _, run in found} == {runs[name].id for name in ("lapsed", "let go", "never taken")}
    assert {scope.workspace_id for scope, _ in found} == {ours.workspace_id}


async def test_runs_are_found_by_what_is_asked_of_them(
    runs: RunStore, ours: Scope, app: App, make: Any, clock: Any
) -> None:
    later = clock.now() + timedelta(hours=1)
    first = make.run(app, status="succeeded", version=1, environment="prod", inputs={"city": "100% Bern"}, query="Why?")
    second = make.run(
        app, status="failed", version=2, source="dify", end_user="ann", created_at=later, outputs={"said": "世界"}
    )
    for run in (first, second):
        await runs.add(ours, run)
    for wanted, expected in [
        (RunFilter(), [second, first]),
        (RunFilter(statuses=frozenset({"succeeded"})), [first]),
        (RunFilter(statuses=frozenset({"succeeded", "failed"})), [second, first]),
        (RunFilter(version=2), [second]),
        (RunFilter(environment="prod"), [first]),
        (RunFilter(source="dify"), [second]),
        (RunFilter(end_user="ann"), [second]),
        (RunFilter(since=later), [second]),
        (RunFilter(until=later), [first]),
        (RunFilter(text="100% bern"), [first]),
        (RunFilter(text="世"), [second]),
        (RunFilter(text="WHY"), [first]),
        (RunFilter(text="%%"), []),
        (RunFilter(text="\0\ud800"), []),
        (RunFilter(end_user="ann", version=1), []),
    ]:
        found = await runs.list_runs(ours, PageRequest(), app_id=app.id, wanted=wanted)
        assert [run.id for run in found.items] == [run.id for run in expected]
