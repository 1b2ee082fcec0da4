"""What the members of a workspace may do: roles, grants, and who may hand them out."""

from datetime import timedelta
from typing import Any

import pytest

from loomwork.adapters.storage.sql import Storage
from loomwork.apps.domain import App
from loomwork.kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from loomwork.kernel.page import PageRequest
from loomwork.kernel.scope import Actor, Scope
from loomwork.tenancy.api import BUILT_IN, PERMISSIONS, Gatekeeper, Identity, KeyTerms, Member, Members, Workspaces
from loomwork.tenancy.application import StoredGatekeeper
from loomwork.tenancy.application.members import WorkspaceMembers
from loomwork.tenancy.application.workspaces import InstallationWorkspaces


@pytest.fixture
def gatekeeper(storage: Storage, clock: Any) -> StoredGatekeeper:
    return StoredGatekeeper(storage.gatekeeper_store, clock)


@pytest.fixture
def people(storage: Storage, clock: Any, gatekeeper: StoredGatekeeper) -> Members:
    return WorkspaceMembers(storage.members, clock, changed=gatekeeper.forget)


@pytest.fixture
def workspaces(storage: Storage, clock: Any) -> Workspaces:
    return InstallationWorkspaces(storage.workspaces, storage.gatekeeper_store, clock)


@pytest.fixture
async def owner(storage: Storage, ours: Scope) -> Identity:
    return await acting(storage, ours, ours.actor.id)


@pytest.fixture
async def app(storage: Storage, ours: Scope, make: Any) -> App:
    app: App = make.app()
    await storage.apps.add(ours, app)
    return app


async def acting(storage: Storage, scope: Scope, member_id: str) -> Identity:
    """Somebody, as a request of theirs is known."""
    standing = await storage.gatekeeper_store.standing(scope, member_id)
    assert standing is not None
    own = Scope(scope.workspace_id, Actor("person", member_id))
    person_id = await storage.workspaces.person_of(scope, member_id)
    return Identity(own, "session", standing=standing, member_id=member_id, person_id=person_id)


async def joined(
    people: Members, storage: Storage, by: Identity, role: str, email: str = "ada@example.org"
) -> Identity:
    member = await people.add_member(by, email=email, role=role)
    return await acting(storage, by.scope, member.id)


async def test_a_member_may_do_what_their_role_holds(people: Members, storage: Storage, owner: Identity) -> None:
    assert owner.permissions == PERMISSIONS
    editor = await joined(people, storage, owner, "editor")
    assert (editor.standing.role, editor.permissions) == ("editor", BUILT_IN["editor"])
    listed = (await people.list_members(owner.scope, PageRequest(100))).items
    assert [(each.role, each.email) for each in listed] == [("owner", None), ("editor", "ada@example.org")]


async def test_members_are_read_page_by_page_and_found_by_name_address_and_role(
    people: Members, storage: Storage, owner: Identity
) -> None:
    for name in ("ada", "ben", "cleo"):
        await people.add_member(owner, email=f"{name}@example.org", role="editor", name=name.title())
    await people.add_member(owner, email="dan@example.com", role="viewer")
    pages: list[list[str | None]] = []
    after = None
    while not pages or after is not None:
        page = await people.list_members(owner.scope, PageRequest(2, after))
        pages, after = [*pages, [each.email for each in page.items]], page.next
    assert pages == [[None, "ada@example.org"], ["ben@example.org", "cleo@example.org"], ["dan@example.com"]]

    async def found(**wanted: str) -> list[str | None]:
        return [each.email for each in (await people.list_members(owner.scope, PageRequest(), **wanted)).items]

    assert await found(role="viewer") == ["dan@example.com"]
    assert await found(search="EXAMPLE.COM") == ["dan@example.com"]
    assert await found(search="cle", role="editor") == ["cleo@example.org"]
    assert await found(search="%") == await found(search="nul\0") == await found(role="\ud800") == []


async def test_roles_are_read_page_by_page_the_built_in_ones_first(people: Members, owner: Identity) -> None:
    made = await people.add_role(owner, "Publisher", frozenset({"apps.read"}))
    first = await people.list_roles(owner.scope, PageRequest(4))
    rest = await people.list_roles(owner.scope, PageRequest(4, first.next))
    assert [role.id for role in (*first.items, *rest.items)] == [*BUILT_IN, made.id]
    assert rest.next is None
    assert (await people.list_roles(owner.scope, PageRequest(), search="publ", built_in=False)).items == [made]
    with pytest.raises(InvalidInput, match="begin again"):
        await people.list_roles(owner.scope, PageRequest(4, "gone"))


async def test_an_address_is_one_person_however_it_is_written(
    people: Members, workspaces: Workspaces, storage: Storage, owner: Identity
) -> None:
    first = await people.add_member(owner, email=" Ada@Example.ORG ", role="viewer", name="Ada")
    await workspaces.create(owner, "Acme")
    there = await acting(storage, await workspaces.owner_of("acme"), (await workspaces.owner_of("acme")).actor.id)
    second = await people.add_member(there, email="ada@example.org", role="editor")
    assert (first.person_id, first.name) == (second.person_id, second.name)
    assert first.id != second.id
    with pytest.raises(Conflict):
        await people.add_member(there, email="ADA@example.org", role="viewer")


@pytest.mark.parametrize("email", ["", "ada", "a@b@c", "a b@c.d", "a@" + "b" * 300, "<ada@example.org>", "a\n@b.c"])
async def test_what_is_no_address_is_refused(people: Members, owner: Identity, email: str) -> None:
    with pytest.raises(InvalidInput):
        await people.add_member(owner, email=email, role="viewer")


async def test_another_role_holds_from_the_next_request_on(people: Members, storage: Storage, owner: Identity) -> None:
    editor = await joined(people, storage, owner, "editor")
    assert editor.member_id is not None
    changed = await people.change_role(owner, editor.member_id, "viewer")
    assert changed.role == "viewer"
    assert (await acting(storage, owner.scope, changed.id)).permissions == BUILT_IN["viewer"]


async def test_a_workspace_keeps_an_owner(people: Members, storage: Storage, owner: Identity) -> None:
    assert owner.member_id is not None
    with pytest.raises(Conflict):
        await people.change_role(owner, owner.member_id, "admin")
    with pytest.raises(Conflict):
        await people.remove_member(owner, owner.member_id)
    other = await joined(people, storage, owner, "viewer")
    assert other.member_id is not None
    await people.transfer(owner, other.member_id)
    roles = {each.id: each.role for each in (await people.list_members(owner.scope, PageRequest(100))).items}
    assert roles == {owner.member_id: "admin", other.member_id: "owner"}


async def test_nobody_gives_more_than_they_have_nor_takes_from_who_has_more(
    people: Members, storage: Storage, owner: Identity
) -> None:
    assert owner.member_id is not None
    admin = await joined(people, storage, owner, "admin")
    assert admin.member_id is not None
    for attempt in (
        people.add_member(admin, email="b@example.org", role="owner"),
        people.change_role(admin, admin.member_id, "owner"),
        people.change_role(admin, owner.member_id, "viewer"),
        people.remove_member(admin, owner.member_id),
        people.add_role(admin, "Above", frozenset({"workspace.delete"})),
    ):
        with pytest.raises(NotAllowed):
            await attempt
    assert (await people.add_member(admin, email="b@example.org", role="admin")).role == "admin"


async def test_a_role_of_ones_own_holds_what_it_names_and_changes_for_all_who_have_it(
    people: Members, storage: Storage, owner: Identity
) -> None:
    role = await people.add_role(owner, " Publisher ", frozenset({"apps.read", "apps.publish"}))
    member = await joined(people, storage, owner, role.id)
    assert member.permissions == {"apps.read", "apps.publish"}
    await people.change_own_role(owner, role.id, "Reader", frozenset({"apps.read"}))
    assert member.member_id is not None
    assert (await acting(storage, owner.scope, member.member_id)).permissions == {"apps.read"}
    with pytest.raises(Conflict):
        await people.remove_role(owner, role.id)
    await people.change_role(owner, member.member_id, "viewer")
    await people.remove_role(owner, role.id)
    assert [each.id for each in (await people.list_roles(owner.scope, PageRequest(100))).items] == list(BUILT_IN)


async def test_roles_that_every_workspace_has_stay_as_they_are(people: Members, owner: Identity) -> None:
    for attempt in (people.remove_role(owner, "viewer"), people.change_own_role(owner, "viewer", "V", frozenset())):
        with pytest.raises(Conflict):
            await attempt
    with pytest.raises(InvalidInput):
        await people.add_role(owner, "Owner", frozenset())
    await people.add_role(owner, "Mine", frozenset())
    with pytest.raises(Conflict):
        await people.add_role(owner, "Mine", frozenset())


async def test_a_grant_adds_what_is_of_apps_and_for_one_app(
    people: Members, storage: Storage, owner: Identity, app: App
) -> None:
    viewer = await joined(people, storage, owner, "viewer")
    assert viewer.member_id is not None
    await people.put_grant(owner, viewer.member_id, app.id, "editor")
    viewer = await acting(storage, owner.scope, viewer.member_id)
    assert viewer.may("apps.edit", app.id)
    assert not viewer.may("apps.edit")
    assert not viewer.may("models.use", app.id)
    [grant] = await people.list_grants(owner.scope, app_id=app.id)
    replaced = await people.put_grant(owner, grant.member_id, app.id, "operator")
    assert (replaced.id, replaced.role) == (grant.id, "operator")
    await people.remove_grant(owner, grant.member_id, app.id)
    assert await people.list_grants(owner.scope) == []
    with pytest.raises(NotFound):
        await people.remove_grant(owner, grant.member_id, app.id)


async def test_a_grant_goes_with_its_app_and_with_its_member(
    people: Members, storage: Storage, owner: Identity, app: App, make: Any
) -> None:
    other = make.app()
    await storage.apps.add(owner.scope, other)
    viewer = await joined(people, storage, owner, "viewer")
    assert viewer.member_id is not None
    for each in (app, other):
        await people.put_grant(owner, viewer.member_id, each.id, "editor")
    await storage.apps.delete(owner.scope, app.id)
    assert len(await people.list_grants(owner.scope)) == 1
    await people.remove_member(owner, viewer.member_id)
    assert await people.list_grants(owner.scope) == []


async def test_a_personal_key_may_what_its_member_may_now_and_no_more_than_its_scopes(
    people: Members, storage: Storage, gatekeeper: Gatekeeper, owner: Identity
) -> None:
    editor = await joined(people, storage, owner, "editor")
    assert editor.member_id is not None
    full = await gatekeeper.create_key(owner.scope, "personal", terms=KeyTerms(member_id=editor.member_id))
    scopes = KeyTerms("narrow", frozenset({"apps.read", "members.manage"}), member_id=editor.member_id)
    narrow = await gatekeeper.create_key(owner.scope, "personal", terms=scopes)
    known = await gatekeeper.by_key(full.secret)
    assert known is not None
    assert (known.kind, known.permissions, known.member_id) == ("personal", BUILT_IN["editor"], editor.member_id)
    less = await gatekeeper.by_key(narrow.secret)
    assert less is not None
    assert less.permissions == {"apps.read"}
    await people.change_role(owner, editor.member_id, "viewer")
    known = await gatekeeper.by_key(full.secret)
    assert known is not None
    assert known.permissions == BUILT_IN["viewer"]
    await people.remove_member(owner, editor.member_id)
    assert await gatekeeper.by_key(full.secret) is None
    assert (await gatekeeper.get_key(owner.scope, full.key.id)).revoked_at is not None


async def test_a_key_opens_nothing_from_the_moment_on_that_was_agreed(
    gatekeeper: Gatekeeper, owner: Identity, clock: Any
) -> None:
    until = clock.now() + timedelta(hours=1)
    made = await gatekeeper.create_key(owner.scope, "workspace", terms=KeyTerms(expires_at=until))
    assert await gatekeeper.by_key(made.secret) is not None
    clock.advance(timedelta(hours=1))
    assert await gatekeeper.by_key(made.secret) is None
    with pytest.raises(InvalidInput):
        await gatekeeper.create_key(owner.scope, "workspace", terms=KeyTerms(expires_at=clock.now()))


async def test_a_key_knows_to_the_minute_when_it_was_last_used(
    gatekeeper: Gatekeeper, owner: Identity, clock: Any
) -> None:
    made = await gatekeeper.create_key(owner.scope, "workspace")
    assert made.key.last_used_at is None
    for minutes, noted in ((0, 0), (0.5, 0), (1.5, 2)):
        clock.advance(timedelta(minutes=minutes))
        await gatekeeper.by_key(made.secret)
        seen = (await gatekeeper.get_key(owner.scope, made.key.id)).last_used_at
        assert seen is not None
        assert (seen - made.key.created_at) == timedelta(minutes=noted)


async def test_what_belongs_to_another_workspace_is_not_there(
    people: Members, workspaces: Workspaces, storage: Storage, owner: Identity, app: App
) -> None:
    await workspaces.create(owner, "Acme")
    scope = await workspaces.owner_of("acme")
    there = await acting(storage, scope, scope.actor.id)
    role = await people.add_role(owner, "Ours", frozenset({"apps.read"}))
    viewer = await joined(people, storage, owner, "viewer")
    assert viewer.member_id is not None
    mine = await joined(people, storage, there, "viewer", "eve@example.org")
    assert mine.member_id is not None
    for attempt in (
        people.get_member(scope, viewer.member_id),
        people.change_role(there, viewer.member_id, "admin"),
        people.remove_member(there, viewer.member_id),
        people.transfer(there, viewer.member_id),
        people.change_role(there, mine.member_id, role.id),
        people.add_member(there, email="x@example.org", role=role.id),
        people.change_own_role(there, role.id, "Stolen", frozenset()),
        people.remove_role(there, role.id),
        people.put_grant(there, mine.member_id, app.id, "viewer"),
        people.put_grant(there, viewer.member_id, app.id, "viewer"),
    ):
        with pytest.raises(NotFound):
            await attempt
    assert [each.name for each in (await people.list_roles(owner.scope, PageRequest(100))).items][-1] == "Ours"


async def test_only_the_first_workspace_has_what_every_workspace_feels(
    people: Members, workspaces: Workspaces, storage: Storage, gatekeeper: Gatekeeper, owner: Identity
) -> None:
    await workspaces.create(owner, "Acme")
    scope = await workspaces.owner_of("acme")
    there = await acting(storage, scope, scope.actor.id)
    assert PERMISSIONS - there.permissions == {"installation.manage"}
    assert (await people.add_member(there, email="eve@example.org", role="owner")).role == "owner"
    with pytest.raises(NotAllowed):
        await people.add_role(there, "Root", frozenset({"installation.manage"}))
    key = await gatekeeper.by_key((await gatekeeper.create_key(scope, "workspace")).secret)
    assert key is not None
    assert PERMISSIONS - key.permissions == {"installation.manage"}
    first = await gatekeeper.by_key((await gatekeeper.create_key(owner.scope, "workspace")).secret)
    assert first is not None
    assert first.permissions == PERMISSIONS


async def test_a_workspace_is_made_named_and_deleted_with_all_that_it_holds(
    workspaces: Workspaces, people: Members, storage: Storage, owner: Identity, make: Any
) -> None:
    made = await workspaces.create(owner, "Ünder  Construction!")
    assert (made.name, made.slug) == ("Ünder Construction!", "under-construction")
    assert [(each.slug, role) for each, role in await workspaces.seen_by(owner)] == [
        ("default", "owner"),
        ("under-construction", "owner"),
    ]
    scope = await workspaces.owner_of("under-construction")
    renamed = await workspaces.rename(scope, name="Done", slug="done")
    assert (renamed.name, renamed.slug, renamed.id) == ("Done", "done", made.id)
    await storage.apps.add(scope, make.app())
    await people.add_role(await acting(storage, scope, scope.actor.id), "Mine", frozenset())
    with pytest.raises(InvalidInput, match="done"):
        await workspaces.delete(scope, confirm="under-construction")
    await workspaces.delete(scope, confirm="done")
    assert [each.slug for each in await workspaces.all_there_are()] == ["default"]
    with pytest.raises(NotFound):
        await workspaces.get(scope)
    assert await storage.members.list_roles(scope) == []


async def test_the_first_workspace_stays_and_no_two_have_one_short_name(
    workspaces: Workspaces, owner: Identity
) -> None:
    with pytest.raises(Conflict):
        await workspaces.delete(owner.scope, confirm="default")
    with pytest.raises(Conflict):
        await workspaces.rename(owner.scope, slug="other")
    await workspaces.create(owner, "Acme")
    with pytest.raises(Conflict):
        await workspaces.create(owner, "ACME")
    for name, slug in (("!", None), ("Fine", "No Good"), ("Fine", "a--b"), ("Fine", "x" * 61), ("", "fine")):
        with pytest.raises(InvalidInput):
            await workspaces.create(owner, name, slug)


async def test_each_change_stands_in_the_audit_trail(
    people: Members, storage: Storage, owner: Identity, app: App
) -> None:
    member: Member = await people.add_member(owner, email="ada@example.org", role="viewer")
    await people.change_role(owner, member.id, "editor")
    await people.put_grant(owner, member.id, app.id, "viewer")
    await people.remove_member(owner, member.id)
    actions = [entry.action for entry in await storage.audit.chain(owner.scope, after=0, limit=100)]
    told = ["member.added", "member.role_changed", "grant.given", "member.removed"]
    assert [each for each in actions if each in told] == told
