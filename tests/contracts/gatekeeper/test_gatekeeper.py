"""What every `tenancy.api.Gatekeeper` promises."""

import asyncio
import itertools
import sys
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from loomwork.adapters.storage.sql import Storage
from loomwork.adapters.storage.sql.tables import members, metadata, one_time_tokens, people, sessions
from loomwork.apps.domain import App
from loomwork.kernel.clock import SystemClock
from loomwork.kernel.errors import InvalidInput, NotFound, NotSignedIn
from loomwork.kernel.ids import AppId, KeyId, new_id
from loomwork.kernel.page import PageRequest
from loomwork.kernel.scope import Actor, Scope
from loomwork.knowledge.domain.records import KnowledgeBase
from loomwork.knowledge.domain.settings import KnowledgeSettings
from loomwork.tenancy.api import PERMISSIONS, Gatekeeper, KeyFilter, KeyKind, KeyTerms, Profile
from loomwork.tenancy.application import StoredGatekeeper, ensure_installation
from loomwork.tenancy.domain import make_key

NO_SECRETS = ["", "app-", "lw-" + "a" * 43, "app-" + "é" * 43, "\ud800", "x" * 100_000, "' OR 1=1 --", "nul\0"]


@pytest.fixture
def gatekeeper(storage: Storage, clock: Any) -> Gatekeeper:
    return StoredGatekeeper(storage.gatekeeper_store, clock)


@pytest.fixture
async def app(storage: Storage, ours: Scope, make: Any) -> App:
    app: App = make.app()
    await storage.apps.add(ours, app)
    return app


async def test_a_key_opens_what_it_was_made_for(gatekeeper: Gatekeeper, ours: Scope, app: App, clock: Any) -> None:
    made = await gatekeeper.create_key(ours, "app", app.id)
    identity = await gatekeeper.by_key(made.secret)
    assert identity is not None
    assert (identity.kind, identity.subject_id) == ("app", app.id)
    assert identity.scope == Scope(ours.workspace_id, Actor("key", made.key.id))
    assert made.secret.startswith("app-")
    assert made.key.last_four == made.secret[-4:]
    assert made.key.created_at == clock.now()


@pytest.fixture
async def knowledge_id(storage: Storage, ours: Scope, clock: Any) -> str:
    settings = KnowledgeSettings(name="Handbook", embedding_model="debug/embedding", store="zvec")
    base = KnowledgeBase(new_id(), settings, None, "1", clock.now(), clock.now())
    await storage.knowledge_bases.add(ours, base)
    return base.id


@pytest.mark.parametrize(("kind", "prefix"), [("dataset", "dataset-"), ("workspace", "lw-")])
async def test_keys_of_other_kinds_know_their_subject_too(
    gatekeeper: Gatekeeper, ours: Scope, knowledge_id: str, kind: KeyKind, prefix: str
) -> None:
    subject = knowledge_id if kind == "dataset" else None
    made = await gatekeeper.create_key(ours, kind, subject)
    identity = await gatekeeper.by_key(made.secret)
    assert identity is not None
    assert (identity.kind, identity.subject_id) == (kind, subject)
    assert made.secret.startswith(prefix)


async def test_a_key_of_knowledge_opens_what_is_there_and_that_alone(
    gatekeeper: Gatekeeper, ours: Scope, theirs: Scope, knowledge_id: str
) -> None:
    for scope, subject in ((ours, "d1"), (theirs, knowledge_id)):
        with pytest.raises(NotFound):
            await gatekeeper.create_key(scope, "dataset", subject)
    key = await gatekeeper.by_key((await gatekeeper.create_key(ours, "dataset", knowledge_id)).secret)
    assert key is not None
    assert key.permissions == frozenset()
    assert (key.may("knowledge.search", knowledge_id), key.may("knowledge.delete", knowledge_id)) == (True, False)
    assert not key.may("knowledge.read", "another")


async def test_the_owner_may_do_everything_and_a_key_of_an_app_only_what_is_of_that_app(
    gatekeeper: Gatekeeper, ours: Scope, app: App
) -> None:
    owner = await gatekeeper.by_session(await gatekeeper.sign_in(await gatekeeper.create_sign_in_token(ours)))
    assert owner is not None
    assert (owner.permissions, owner.member_id) == (PERMISSIONS, ours.actor.id)
    key = await gatekeeper.by_key((await gatekeeper.create_key(ours, "app", app.id)).secret)
    assert key is not None
    assert key.permissions == frozenset()
    assert key.may("apps.run", app.id)
    assert not key.may("apps.run", "another")
    assert not key.may("apps.edit", app.id)


@pytest.mark.parametrize(("kind", "subject"), [("app", None), ("app", ""), ("dataset", None), ("workspace", "an app")])
async def test_a_key_for_nothing_or_for_too_much_is_refused(
    gatekeeper: Gatekeeper, ours: Scope, kind: KeyKind, subject: str | None
) -> None:
    with pytest.raises(InvalidInput):
        await gatekeeper.create_key(ours, kind, subject)
    assert (await gatekeeper.list_keys(ours, KeyFilter(), PageRequest())).items == []


@pytest.mark.parametrize("secret", NO_SECRETS)
async def test_what_is_no_secret_opens_nothing(gatekeeper: Gatekeeper, ours: Scope, secret: str) -> None:
    assert await gatekeeper.by_key(secret) is None
    assert await gatekeeper.by_session(secret) is None
    await gatekeeper.sign_out(secret)
    with pytest.raises(NotSignedIn):
        await gatekeeper.sign_in(secret)


async def test_a_revoked_key_opens_nothing_from_then_on(
    gatekeeper: Gatekeeper, ours: Scope, app: App, clock: Any
) -> None:
    made = await gatekeeper.create_key(ours, "app", app.id)
    kept = await gatekeeper.create_key(ours, "app", app.id)
    await gatekeeper.revoke_key(ours, made.key.id)
    revoked_at = clock.now()
    clock.advance(timedelta(days=1))
    await gatekeeper.revoke_key(ours, made.key.id)
    assert await gatekeeper.by_key(made.secret) is None
    assert await gatekeeper.by_key(kept.secret) is not None
    assert [key.revoked_at for key in (await gatekeeper.list_keys(ours, KeyFilter(), PageRequest())).items] == [
        None,
        revoked_at,
    ]


async def test_keys_are_listed_newest_first_and_by_what_they_open(
    gatekeeper: Gatekeeper, ours: Scope, app: App, knowledge_id: str
) -> None:
    first = await gatekeeper.create_key(ours, "app", app.id)
    second = await gatekeeper.create_key(ours, "workspace")
    third = await gatekeeper.create_key(ours, "dataset", knowledge_id)
    assert (await gatekeeper.list_keys(ours, KeyFilter(), PageRequest())).items == [third.key, second.key, first.key]
    assert (await gatekeeper.list_keys(ours, KeyFilter(subject_id=app.id), PageRequest())).items == [first.key]
    assert (await gatekeeper.list_keys(ours, KeyFilter(subject_id=knowledge_id), PageRequest())).items == [third.key]
    assert (await gatekeeper.list_keys(ours, KeyFilter(subject_id="never"), PageRequest())).items == []


async def test_keys_are_read_page_by_page_each_once_though_new_ones_are_made_meanwhile(
    gatekeeper: Gatekeeper, ours: Scope
) -> None:
    made = [(await gatekeeper.create_key(ours, "workspace")).key.id for _ in range(5)]
    first = await gatekeeper.list_keys(ours, KeyFilter(), PageRequest(2))
    await gatekeeper.create_key(ours, "workspace")
    second = await gatekeeper.list_keys(ours, KeyFilter(), PageRequest(2, first.next))
    last = await gatekeeper.list_keys(ours, KeyFilter(), PageRequest(2, second.next))
    assert [key.id for page in (first, second, last) for key in page.items] == made[::-1]
    assert last.next is None


async def test_keys_are_found_by_kind_name_and_what_became_of_them(
    gatekeeper: Gatekeeper, ours: Scope, theirs: Scope, app: App, clock: Any
) -> None:
    soon = clock.now() + timedelta(hours=1)
    valid = await gatekeeper.create_key(ours, "workspace", terms=KeyTerms("Night job 100%"))
    brief = await gatekeeper.create_key(ours, "workspace", terms=KeyTerms("night shift", expires_at=soon))
    revoked = await gatekeeper.create_key(ours, "app", app.id)
    await gatekeeper.revoke_key(ours, revoked.key.id)
    await gatekeeper.create_key(theirs, "workspace", terms=KeyTerms("night"))
    clock.advance(timedelta(hours=2))

    async def found(wanted: KeyFilter) -> list[str]:
        return [key.id for key in (await gatekeeper.list_keys(ours, wanted, PageRequest())).items]

    assert await found(KeyFilter(state="valid")) == [valid.key.id]
    assert await found(KeyFilter(state="expired")) == [brief.key.id]
    assert await found(KeyFilter(state="revoked")) == [revoked.key.id]
    assert await found(KeyFilter(kind="app")) == [revoked.key.id]
    assert await found(KeyFilter(search="NIGHT")) == [brief.key.id, valid.key.id]
    assert await found(KeyFilter(search="0%")) == [valid.key.id]
    for nothing in ("_ob", "nul\0", "\ud800"):
        assert await found(KeyFilter(search=nothing)) == []


async def test_a_key_that_another_process_has_revoked_is_forgotten_within_five_seconds(
    gatekeeper: Gatekeeper, storage: Storage, ours: Scope, clock: Any
) -> None:
    made = await gatekeeper.create_key(ours, "workspace")
    assert await gatekeeper.by_key(made.secret) is not None
    await StoredGatekeeper(storage.gatekeeper_store, clock).revoke_key(ours, made.key.id)
    clock.advance(timedelta(seconds=5))
    assert await gatekeeper.by_key(made.secret) is None


async def test_a_key_that_was_unknown_opens_as_soon_as_it_is_made(
    gatekeeper: Gatekeeper, storage: Storage, ours: Scope, clock: Any
) -> None:
    maker = StoredGatekeeper(storage.gatekeeper_store, clock, draw=lambda _: b"k" * 32)
    secret = make_key("workspace", lambda _: b"k" * 32)
    assert await gatekeeper.by_key(secret) is None
    assert (await maker.create_key(ours, "workspace")).secret == secret
    assert await gatekeeper.by_key(secret) is not None


async def test_keys_of_another_workspace_are_not_found_listed_or_revoked(
    storage: Storage, gatekeeper: Gatekeeper, ours: Scope, theirs: Scope, app: App, make: Any
) -> None:
    their_app = make.app()
    await storage.apps.add(theirs, their_app)
    made = await gatekeeper.create_key(theirs, "app", their_app.id)
    for attempt in (
        gatekeeper.revoke_key(ours, made.key.id),
        gatekeeper.revoke_key(ours, KeyId("never")),
        gatekeeper.create_key(ours, "app", their_app.id),
        gatekeeper.create_key(ours, "app", AppId("never")),
        gatekeeper.profile(Scope(ours.workspace_id, Actor("key", made.key.id))),
    ):
        with pytest.raises(NotFound):
            await attempt
    assert (await gatekeeper.list_keys(ours, KeyFilter(), PageRequest())).items == []
    assert (await gatekeeper.list_keys(ours, KeyFilter(subject_id=their_app.id), PageRequest())).items == []
    identity = await gatekeeper.by_key(made.secret)
    assert identity is not None
    assert identity.scope.workspace_id == theirs.workspace_id


async def test_a_one_time_token_signs_the_owner_in_once(gatekeeper: Gatekeeper, ours: Scope) -> None:
    token = await gatekeeper.create_sign_in_token(ours)
    session = await gatekeeper.sign_in(token)
    identity = await gatekeeper.by_session(session)
    assert identity is not None
    assert (identity.kind, identity.scope) == ("session", ours)
    with pytest.raises(NotSignedIn):
        await gatekeeper.sign_in(token)


async def test_of_many_who_spend_a_token_at_once_one_is_signed_in(gatekeeper: Gatekeeper, ours: Scope) -> None:
    token = await gatekeeper.create_sign_in_token(ours)
    results = await asyncio.gather(*(gatekeeper.sign_in(token) for _ in range(10)), return_exceptions=True)
    assert sum(isinstance(result, str) for result in results) == 1
    assert sum(isinstance(result, NotSignedIn) for result in results) == 9


@pytest.mark.parametrize(
    ("age", "good"), [(timedelta(minutes=15, microseconds=-1), True), (timedelta(minutes=15), False)]
)
async def test_a_one_time_token_is_good_for_fifteen_minutes(
    gatekeeper: Gatekeeper, ours: Scope, clock: Any, age: timedelta, good: bool
) -> None:
    token = await gatekeeper.create_sign_in_token(ours)
    clock.advance(age)
    result = await asyncio.gather(gatekeeper.sign_in(token), return_exceptions=True)
    assert isinstance(result[0], str if good else NotSignedIn)


@pytest.mark.parametrize(("age", "good"), [(timedelta(days=30, microseconds=-1), True), (timedelta(days=30), False)])
async def test_a_session_is_good_for_thirty_days(
    gatekeeper: Gatekeeper, ours: Scope, clock: Any, age: timedelta, good: bool
) -> None:
    session = await gatekeeper.sign_in(await gatekeeper.create_sign_in_token(ours))
    clock.advance(age)
    assert (await gatekeeper.by_session(session) is not None) is good


async def test_tokens_and_sessions_that_are_over_are_forgotten_when_a_token_is_made(
    storage: Storage, gatekeeper: Gatekeeper, ours: Scope, clock: Any
) -> None:
    async def kept() -> tuple[int, int]:
        tokens = await storage.database.everywhere.rows(select(one_time_tokens.c.id))
        return len(tokens), len(await storage.database.everywhere.rows(select(sessions.c.id)))

    await gatekeeper.sign_in(await gatekeeper.create_sign_in_token(ours))
    await gatekeeper.create_sign_in_token(ours)
    clock.advance(timedelta(days=15))
    session = await gatekeeper.sign_in(await gatekeeper.create_sign_in_token(ours))
    assert await kept() == (1, 2)
    clock.advance(timedelta(days=15))
    await gatekeeper.create_sign_in_token(ours)
    assert await kept() == (1, 1)
    assert await gatekeeper.by_session(session) is not None


async def test_signing_out_ends_that_session_only(gatekeeper: Gatekeeper, ours: Scope) -> None:
    ended, kept = [await gatekeeper.sign_in(await gatekeeper.create_sign_in_token(ours)) for _ in range(2)]
    await gatekeeper.sign_out(ended)
    await gatekeeper.sign_out(ended)
    assert await gatekeeper.by_session(ended) is None
    assert await gatekeeper.by_session(kept) is not None


async def join(storage: Storage, scope: Scope, clock: Any, *, of: Scope) -> Scope:
    """Make the person of one workspace a member of another as well."""
    person = (await storage.database.everywhere.rows(select(members.c.person_id).where(members.c.id == of.actor.id)))[0]
    member = {"workspace_id": scope.workspace_id, "id": new_id(), "role": "viewer", "created_at": clock.now()}
    await storage.database.everywhere.change(insert(members).values(**member, **person))
    return Scope(scope.workspace_id, Actor("person", str(member["id"])))


async def test_a_session_is_its_persons_and_acts_in_the_workspace_that_is_named(
    storage: Storage, gatekeeper: Gatekeeper, ours: Scope, theirs: Scope, clock: Any
) -> None:
    session = await gatekeeper.sign_in(await gatekeeper.create_sign_in_token(ours))
    for name in (theirs.workspace_id, "theirs", "never", ""):
        with pytest.raises(NotFound, match="no such workspace"):
            await gatekeeper.by_session(session, name)
    clock.advance(timedelta(seconds=1))
    there = await join(storage, theirs, clock, of=ours)
    for name in (theirs.workspace_id, "theirs"):
        identity = await gatekeeper.by_session(session, name)
        assert identity is not None
        assert (identity.scope, identity.member_id) == (there, there.actor.id)
        assert identity.person_id is not None
    first = await gatekeeper.by_session(session)
    assert first is not None
    assert (first.scope, first.member_id) == (ours, ours.actor.id)


async def test_a_person_who_is_disabled_is_not_signed_in_by_anything(
    storage: Storage, gatekeeper: Gatekeeper, ours: Scope, clock: Any
) -> None:
    session = await gatekeeper.sign_in(await gatekeeper.create_sign_in_token(ours))
    token = await gatekeeper.create_sign_in_token(ours)
    await storage.database.everywhere.change(update(people).values(disabled_at=clock.now()))
    assert await gatekeeper.by_session(session) is None
    with pytest.raises(NotSignedIn):
        await gatekeeper.sign_in(token)


async def test_a_workspace_without_an_owner_has_no_one_to_sign_in(gatekeeper: Gatekeeper, theirs: Scope) -> None:
    with pytest.raises(NotFound):
        await gatekeeper.create_sign_in_token(theirs)


async def test_no_secret_is_stored(storage: Storage, gatekeeper: Gatekeeper, ours: Scope, app: App) -> None:
    key = (await gatekeeper.create_key(ours, "app", app.id)).secret
    token = await gatekeeper.create_sign_in_token(ours)
    session = await gatekeeper.sign_in(token)
    rows = [await storage.database.everywhere.rows(select(table)) for table in metadata.sorted_tables]
    everything = repr([dict(row) for row in itertools.chain(*rows)])
    assert (await storage.database.everywhere.rows(select(sessions))) != []
    for secret in (key, key.removeprefix("app-"), token, session):
        assert secret not in everything


async def test_a_profile_says_who_acts_and_where(gatekeeper: Gatekeeper, storage: Storage, ours: Scope) -> None:
    workspace = await storage.gatekeeper_store.get_workspace(ours)
    assert await gatekeeper.profile(ours) == Profile(workspace, "Owner")
    made = await gatekeeper.create_key(ours, "workspace")
    identity = await gatekeeper.by_key(made.secret)
    assert identity is not None
    assert (await gatekeeper.profile(identity.scope)).actor_name == f"key ...{made.key.last_four}"


async def test_later_starts_find_what_the_first_one_made(
    storage: Storage, reopened: Callable[[], Awaitable[Storage]], ours: Scope
) -> None:
    gatekeeper = StoredGatekeeper(storage.gatekeeper_store, SystemClock())
    key = await gatekeeper.create_key(ours, "workspace")
    session = await gatekeeper.sign_in(await gatekeeper.create_sign_in_token(ours))
    again = await reopened()
    assert await ensure_installation(again.gatekeeper_store, SystemClock()) == ours
    gatekeeper = StoredGatekeeper(again.gatekeeper_store, SystemClock())
    assert await gatekeeper.by_key(key.secret) is not None
    assert await gatekeeper.by_session(session) is not None


async def test_first_starts_at_once_in_one_process_make_one_workspace(storage: Storage, clock: Any) -> None:
    starts = (ensure_installation(storage.gatekeeper_store, clock) for _ in range(10))
    assert len(set(await asyncio.gather(*starts))) == 1
    assert len(await storage.database.everywhere.rows(select(metadata.tables["workspaces"]))) == 1
    assert len(await storage.database.everywhere.rows(select(metadata.tables["members"]))) == 1


async def test_first_starts_at_once_in_several_processes_make_one_workspace(url: str) -> None:
    script = f"""
import asyncio
from loomwork.adapters.storage.sql import open_storage
from loomwork.kernel.clock import SystemClock
from loomwork.tenancy.application import ensure_installation

async def start():
    storage = await open_storage({url!r})
    print((await ensure_installation(storage.gatekeeper_store, SystemClock())).workspace_id)
    await storage.close()

asyncio.run(start())
"""
    command = (sys.executable, "-c", script)
    starts = [await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE) for _ in range(3)]
    said = [(await asyncio.wait_for(start.communicate(), 60))[0] for start in starts]
    assert [start.returncode for start in starts] == [0, 0, 0]
    assert len(set(said)) == 1
    assert len(said[0].strip()) == 36
