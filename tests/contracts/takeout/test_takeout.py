"""What every `tenancy.ports.TakeoutStore` promises, and what taking out and erasing make of it."""

import io
import json
import zipfile
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any

import pytest
from sqlalchemy import LargeBinary, func, insert, select

from loomwork.adapters.storage.sql import Storage
from loomwork.adapters.storage.sql.holdings import KINDS, NOT_TAKEN_OUT
from loomwork.adapters.storage.sql.tables import (
    idempotency_keys,
    metadata,
    model_credentials,
    workspace_keys,
    workspaces,
)
from loomwork.apps.domain import App, Run, Version
from loomwork.conversations.api import Message
from loomwork.engine.events import RunStarted
from loomwork.engine.ports import Batch
from loomwork.kernel.errors import Conflict, InvalidInput, NotFound
from loomwork.kernel.ids import new_id
from loomwork.kernel.page import PageRequest
from loomwork.kernel.scope import Scope
from loomwork.model_gateway.api import Budget, Cost, Entry, Spender, Usage
from loomwork.tenancy.api import AuditFilter, Limit, StoredAnswer
from loomwork.tenancy.application.gatekeeper import StoredGatekeeper
from loomwork.tenancy.application.takeout import WorkspaceTakeout

ANN, BEN = "ann@example.org", "ben"


@pytest.fixture
def takeout(storage: Storage, clock: Any) -> WorkspaceTakeout:
    return WorkspaceTakeout(storage.takeout, clock)


class Archive:
    """What was taken out, unpacked and held against its manifest."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            assert packed.testzip() is None
            self.files = {name: packed.read(name) for name in packed.namelist()}
        self.manifest = json.loads(self.files.pop("manifest.json"))
        for file in self.manifest["files"]:
            found = self.files[file["name"]]
            assert (file["bytes"], file["sha256"]) == (len(found), sha256(found).hexdigest())
        assert {file["name"] for file in self.manifest["files"]} == set(self.files)

    def records(self, kind: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.files[f"records/{kind}.jsonl"].splitlines()]

    @property
    def text(self) -> str:
        return b"\n".join(self.files.values()).decode()


async def taken(pieces: AsyncIterator[bytes]) -> Archive:
    return Archive(b"".join([piece async for piece in pieces]))


async def a_turn(storage: Storage, scope: Scope, make: Any, app: App, user: str, **given: Any) -> tuple[Run, Message]:
    """A conversation of a person with all that is kept of it."""
    talk = make.conversation(app, end_user=user)
    await storage.conversations.add_conversation(scope, talk)
    told = {"status": "succeeded", "query": f"I am {user}", "conversation_id": talk.id, "end_user": user}
    run = make.run(app, **{**told, **given})
    await storage.runs.add(scope, run)
    message = make.message(talk, run, query=f"I am {user}", answer=f"Hello {user}")
    await storage.conversations.add_message(scope, message)
    await storage.journal.commit(scope, run.id, Batch([], [RunStarted({"me": user}, None, None, seq=1)]))
    await storage.message_log.rate(scope, message.id, "end_user", user, "like", f"Thanks, says {user}")
    await storage.idempotency.claim(scope, "POST /runs", f"key of {user}", "print")
    answer = StoredAnswer(201, "application/json", json.dumps({"id": run.id, "answer": f"Hello {user}"}).encode())
    await storage.idempotency.store(scope, "POST /runs", f"key of {user}", answer)
    return run, message


async def spend(storage: Storage, scope: Scope, clock: Any, run: Run, user: str) -> None:
    spender = Spender(app_id=run.app_id, run_id=run.id, end_user=user)
    cost = Cost(Decimal("0.5"), "USD")
    entry = Entry(new_id(), clock.now(), "chat", "debug/echo", "debug/echo", Usage(3, 4), cost, spender, 0.1)
    await storage.accounts.settle(scope, None, entry)


async def an_app(storage: Storage, scope: Scope, make: Any, **given: Any) -> App:
    app: App = make.app(**given)
    await storage.apps.add(scope, app)
    return app


async def keep_secrets(storage: Storage, scope: Scope, clock: Any) -> str:
    """A key and a credential; the key's secret."""
    made = await StoredGatekeeper(storage.gatekeeper_store, clock).create_key(scope, "workspace")
    key, now = {"workspace_id": scope.workspace_id, "id": new_id()}, clock.now()
    sealing = {"wrapped_by": "one", "wrapped": b"WRAPPED-SECRET", "created_at": now}
    await storage.database.of(scope).change(insert(workspace_keys).values(**key, **sealing))
    named = {"provider": "openai", "name": "main", "weight": 1, "enabled": True, "hint": "sk-...1234"}
    moments = {"created_at": now, "updated_at": now}
    credential = {"workspace_id": scope.workspace_id, "id": new_id(), "key_id": key["id"], "sealed": b"SEALED-SECRET"}
    await storage.database.of(scope).change(insert(model_credentials).values(**credential, **named, **moments))
    return made.secret


def test_every_table_of_workspaces_is_taken_out_or_said_not_to_be() -> None:
    of_workspaces = {table.name for table in metadata.sorted_tables if "workspace_id" in table.c} | {"workspaces"}
    assert {holding.table.name for holding in KINDS.values()} | set(NOT_TAKEN_OUT) == of_workspaces
    assert not {holding.table.name for holding in KINDS.values()} & set(NOT_TAKEN_OUT)


NAMES_OF_PEOPLE = {"end_user", "author", "whose"}
"""Columns that say of which end user a row is."""
SUBJECTS = {"limits", "budgets"}
"""Tables that may be about one."""


def test_every_table_that_names_an_end_user_is_taken_out_and_erased() -> None:
    naming = {table.name for table in metadata.sorted_tables if NAMES_OF_PEOPLE & set(table.c.keys())} | SUBJECTS
    naming |= {table.name for table in metadata.sorted_tables if "subject_id" in table.c}
    asked = {holding.table.name for holding in KINDS.values() if holding.of_end_user is not None}
    assert naming - asked == set()
    hanging = {
        table.name
        for table in metadata.sorted_tables
        for reference in table.foreign_key_constraints
        if reference.referred_table.name in {"runs", "messages", "conversations"}
    }
    assert hanging - asked - set(NOT_TAKEN_OUT) == set()


OPEN_BYTES = {"files.content", "knowledge_documents.content", "tool_outputs.content"}
"""What people handed in, as they did, and what tools said to them."""


def test_nothing_that_is_sealed_or_hashed_is_taken_out() -> None:
    for holding in KINDS.values():
        for column in holding.table.columns:
            if f"{column.table.name}.{column.name}" in OPEN_BYTES:
                continue
            if isinstance(column.type, LargeBinary) or "hash" in column.name or column.name == "token":
                assert column.name in holding.left_out, f"{holding.table.name}.{column.name} would be taken out"


async def test_all_that_a_workspace_holds_is_taken_out_but_for_secrets_and_what_others_have(
    takeout: WorkspaceTakeout, storage: Storage, ours: Scope, theirs: Scope, make: Any, clock: Any
) -> None:
    app = await an_app(storage, ours, make, document="app:\n  name: Summary ☂\n")
    await storage.apps.publish(ours, Version(app.id, 1, "app:\n  name: First\n", clock.now(), "somebody"))
    run, _ = await a_turn(storage, ours, make, app, ANN)
    await spend(storage, ours, clock, run, ANN)
    await storage.accounts.close()
    secret = await keep_secrets(storage, ours, clock)
    foreign = await an_app(storage, theirs, make, name="Foreign", description="Foreign")
    await a_turn(storage, theirs, make, foreign, "a stranger")
    archive = await taken(await takeout.export_workspace(ours))
    assert archive.files[f"apps/{app.id}/draft.yml"].decode() == app.document
    assert archive.files[f"apps/{app.id}/versions/1.yml"] == b"app:\n  name: First\n"
    assert [each["id"] for each in archive.records("apps")] == [app.id]
    assert "document" not in archive.records("apps")[0]
    assert [each["end_user"] for each in archive.records("usage")] == [ANN]
    assert archive.records("run_events")[0]["events"][0]["data"]["inputs"] == {"me": ANN}
    assert archive.records("members")[0]["name"]
    assert archive.records("audit")[-1]["action"] == "workspace.exported"
    assert archive.manifest["format"] == "loomwork export"
    lines = {file["name"]: file.get("lines") for file in archive.manifest["files"]}
    assert lines["records/messages.jsonl"] == 1
    for word in (secret, "SEALED", "WRAPPED", "stranger", "Foreign", theirs.workspace_id, foreign.id):
        assert word not in archive.text
    assert json.loads(archive.files["records/keys.jsonl"].splitlines()[0])["last_four"] == secret[-4:]


async def test_pages_of_any_size_make_the_same_records(
    takeout: WorkspaceTakeout, storage: Storage, ours: Scope, make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = await an_app(storage, ours, make)
    for number in range(7):
        await a_turn(storage, ours, make, app, f"{BEN}-{number}")
    whole = await taken(await takeout.export_workspace(ours))
    monkeypatch.setattr("loomwork.adapters.storage.sql.takeout.MOST_ROWS", 2)
    by_two = await taken(await takeout.export_workspace(ours))
    monkeypatch.setattr("loomwork.adapters.storage.sql.takeout.MOST_BYTES", 1)
    one_by_one = await taken(await takeout.export_workspace(ours))
    for kind in ("runs", "run_events", "messages", "feedback", "conversations", "apps"):
        assert whole.records(kind) == by_two.records(kind) == one_by_one.records(kind)
    assert len(whole.records("runs")) == 7
    assert whole.files[f"apps/{app.id}/draft.yml"] == one_by_one.files[f"apps/{app.id}/draft.yml"]


async def test_all_that_tells_of_an_end_user_is_taken_out_and_nothing_of_another(
    takeout: WorkspaceTakeout, storage: Storage, ours: Scope, make: Any, clock: Any
) -> None:
    app = await an_app(storage, ours, make)
    run, message = await a_turn(storage, ours, make, app, ANN)
    await spend(storage, ours, clock, run, ANN)
    repeat = make.run(app, status="succeeded", end_user="a member", origin_id=run.id, inputs={"text": ANN})
    await storage.runs.add(ours, repeat)
    await a_turn(storage, ours, make, app, BEN)
    await storage.limits.put(ours, Limit(new_id(), "end_user", ANN, "requests", 5), at=clock.now())
    await storage.accounts.close()
    archive = await taken(await takeout.export_end_user(ours, ANN))
    assert {each["id"] for each in archive.records("runs")} == {run.id, repeat.id}
    assert [each["id"] for each in archive.records("messages")] == [message.id]
    assert [each["author"] for each in archive.records("feedback")] == [ANN]
    assert [each["run_id"] for each in archive.records("run_events")] == [run.id]
    assert [len(archive.records(kind)) for kind in ("conversations", "usage", "limits")] == [1, 1, 1]
    assert BEN not in archive.text.replace("benefit", "")
    assert {name.partition("/")[0] for name in archive.files} == {"records"}


FOR_EACH = Budget("each", "end_user", "*", "calls", "day", Decimal(50))


async def test_an_erased_end_user_is_nowhere_but_in_the_numbers(
    takeout: WorkspaceTakeout, storage: Storage, ours: Scope, theirs: Scope, make: Any, clock: Any
) -> None:
    app, foreign = await an_app(storage, ours, make), await an_app(storage, theirs, make)
    await storage.accounts.put_budget(ours, FOR_EACH)
    run, _ = await a_turn(storage, ours, make, app, ANN)
    await spend(storage, ours, clock, run, ANN)
    repeat = make.run(app, status="failed", end_user="a member", origin_id=run.id, inputs={"text": ANN})
    again = make.run(app, status="failed", end_user="a member", origin_id=repeat.id, inputs={"text": ANN})
    step = make.run(app, status="failed", end_user="a member", parent_id=again.id, inputs={"text": ANN})
    for each in (repeat, again, step):
        await storage.runs.add(ours, each)
    kept, kept_message = await a_turn(storage, ours, make, app, BEN)
    other, _ = await a_turn(storage, theirs, make, foreign, ANN)
    await storage.limits.put(ours, Limit(new_id(), "end_user", ANN, "requests", 5), at=clock.now())
    await storage.accounts.close()
    assert ANN in (await taken(await takeout.export_workspace(ours))).text
    erased = await takeout.erase_end_user(ours, ANN)
    assert (erased.rows["runs"], erased.rows["messages"], erased.rows["conversations"]) == (4, 1, 1)
    assert (erased.rows["usage"], erased.rows["limits"], erased.rows["answers"]) == (1, 1, 1)
    assert erased.rows["budget_counters"] == 1
    left = await taken(await takeout.export_workspace(ours))
    assert [name for name, content in left.files.items() if ANN in content.decode()] == []
    [used] = left.records("usage")
    assert (used["prompt_tokens"], used["completion_tokens"], used["end_user"]) == (3, 4, None)
    assert [each["id"] for each in left.records("runs")] == [kept.id]
    assert (await storage.message_log.get_message(ours, kept_message.id)).message == kept_message
    assert await storage.journal.last_seq(ours, run.id) == 0
    assert await storage.runs.get(theirs, other.id) == other
    await check_nothing_is_given_again(storage, ours)
    assert (await takeout.erase_end_user(ours, ANN)).rows == {}


async def check_nothing_is_given_again(storage: Storage, scope: Scope) -> None:
    kept = select(idempotency_keys.c.key).where(idempotency_keys.c.workspace_id == scope.workspace_id)
    assert [row["key"] for row in await storage.database.of(scope).rows(kept)] == [f"key of {BEN}"]


async def test_the_trail_keeps_that_somebody_was_erased_and_not_who(
    takeout: WorkspaceTakeout, storage: Storage, ours: Scope, make: Any
) -> None:
    app = await an_app(storage, ours, make)
    await a_turn(storage, ours, make, app, ANN)
    await taken(await takeout.export_end_user(ours, ANN))
    erased = await takeout.erase_end_user(ours, ANN)
    found = (await storage.audit.page(ours, AuditFilter(object_id=erased.id), PageRequest())).items
    assert {entry.action for entry in found} == {"end_user.erased"}
    everything = (await storage.audit.page(ours, AuditFilter(), PageRequest(limit=100))).items
    assert "end_user.exported" in {entry.action for entry in everything}
    assert not [entry for entry in everything if ANN in f"{entry.object_id} {entry.details}"]


@pytest.mark.parametrize("status", ["queued", "running"])
async def test_nobody_is_erased_while_a_run_of_theirs_goes(
    takeout: WorkspaceTakeout, storage: Storage, ours: Scope, make: Any, status: str
) -> None:
    app = await an_app(storage, ours, make)
    run, message = await a_turn(storage, ours, make, app, ANN, status=status)
    with pytest.raises(Conflict) as refused:
        await takeout.erase_end_user(ours, ANN)
    assert refused.value.details["run_ids"] == [run.id]
    assert (await storage.message_log.get_message(ours, message.id)).message == message


async def test_many_runs_are_erased_in_several_steps(
    takeout: WorkspaceTakeout, storage: Storage, ours: Scope, make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("loomwork.adapters.storage.sql.erasing.AT_ONCE", 2)
    app = await an_app(storage, ours, make)
    for _ in range(5):
        await storage.runs.add(ours, make.run(app, status="paused", end_user=ANN))
    assert (await takeout.erase_end_user(ours, ANN)).rows == {"runs": 5}


async def test_whoever_is_called_like_each_of_them_takes_nothing_away_that_is_set_for_each(
    takeout: WorkspaceTakeout, storage: Storage, ours: Scope, make: Any, clock: Any
) -> None:
    await storage.accounts.put_budget(ours, FOR_EACH)
    limit = Limit(new_id(), "end_user", "*", "requests", 5)
    await storage.limits.put(ours, limit, at=clock.now())
    await a_turn(storage, ours, make, await an_app(storage, ours, make), "*")
    erased = await takeout.erase_end_user(ours, "*")
    assert set(erased.rows) == {"runs", "messages", "conversations", "answers"}
    assert [each.budget for each in await storage.accounts.budgets(ours)] == [FOR_EACH]
    assert list(await storage.limits.limits(ours)) == [limit]


@pytest.mark.parametrize("nobody", ["", "  ", "x" * 256])
async def test_a_name_of_nobody_is_refused(takeout: WorkspaceTakeout, ours: Scope, nobody: str) -> None:
    with pytest.raises(InvalidInput):
        await takeout.erase_end_user(ours, nobody)
    with pytest.raises(InvalidInput):
        await takeout.export_end_user(ours, nobody)


async def test_a_deleted_workspace_leaves_no_row_in_any_table_and_the_first_is_told(
    storage: Storage, ours: Scope, theirs: Scope, make: Any, clock: Any
) -> None:
    app, foreign = await an_app(storage, ours, make), await an_app(storage, theirs, make)
    kept, _ = await a_turn(storage, ours, make, app, ANN)
    run, _ = await a_turn(storage, theirs, make, foreign, ANN)
    await spend(storage, theirs, clock, run, ANN)
    await storage.accounts.close()
    secret = await keep_secrets(storage, theirs, clock)
    await storage.limits.put(theirs, Limit(new_id(), "workspace", "", "runs", 5), at=clock.now())
    clock.advance(timedelta(minutes=1))
    await storage.workspaces.delete_workspace(theirs, told=ours, at=clock.now())
    for table in metadata.sorted_tables:
        if "workspace_id" in table.c:
            left = select(func.count()).select_from(table).where(table.c.workspace_id == theirs.workspace_id)
            [row] = await storage.database.everywhere.rows(left)
            assert (table.name, *row.values()) == (table.name, 0)
    named = select(workspaces.c.id).where(workspaces.c.id == theirs.workspace_id)
    assert await storage.database.everywhere.rows(named) == []
    assert await StoredGatekeeper(storage.gatekeeper_store, clock).by_key(secret) is None
    assert await storage.runs.get(ours, kept.id) == kept
    [told] = (await storage.audit.page(ours, AuditFilter(action="workspace.deleted"), PageRequest())).items
    assert (told.object_id, json.loads(told.details)["slug"]) == (theirs.workspace_id, "theirs")
    with pytest.raises(NotFound):
        await storage.workspaces.delete_workspace(theirs, told=ours, at=clock.now())
