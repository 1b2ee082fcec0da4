"""A workspace is shared: people come in, do what their role lets them, and find no door that is closed to them."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import APPS
from tests.journeys.server_process import ServerProcess
from tests.journeys.visitor import Visitor

pytestmark = pytest.mark.slow

PASSWORD = "four words that rhyme"


@pytest.fixture
def person(visitor: Visitor, owner: httpx.Client) -> Visitor:
    """The owner, with the console on the screen."""
    token = owner.cookies["loomwork_session"]
    address = str(owner.base_url)
    visitor.page.context.add_cookies([{"name": "loomwork_session", "value": token, "url": address}])
    visitor.page.goto(address)
    return visitor


@pytest.fixture
def newcomer(visitor: Visitor, browser: Browser) -> Iterator[Visitor]:
    """Somebody at another browser. That they were refused something is no fault of the page."""
    folder = visitor.folder / "newcomer"
    folder.mkdir()
    with Visitor.at(browser, folder) as someone:
        yield someone
        assert someone.foreign == []
        assert all("status of 4" in error for error in someone.errors), someone.errors


def to_workspace(page: Page, name: str) -> None:
    """By the one entry of the menu, and on to a page of it."""
    page.get_by_role("button", name="Workspace:").click()
    page.get_by_role("menuitem", name="Settings").click()
    page.get_by_role("navigation", name="Workspace").get_by_role("link", name=name).click()
    expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()


@contextmanager
def joined(
    server: ServerProcess, owner: httpx.Client, email: str, role: str, *, password: str = PASSWORD
) -> Iterator[httpx.Client]:
    """Somebody of this address, who has accepted an invitation and is called by their address."""
    invited = owner.post("/api/v1/invitations", json={"email": email, "role": role}).json()
    accepted = {"token": invited["link"].partition("#token=")[2], "name": email, "password": password}
    with server.anyone() as client:
        client.headers["X-Loomwork-CSRF"] = "1"
        client.post("/api/v1/invitations/accept", json=accepted).raise_for_status()
        yield client


def test_somebody_is_invited_joins_and_sees_what_an_editor_sees(
    person: Visitor, newcomer: Visitor, server: ServerProcess
) -> None:
    page = person.page
    to_workspace(page, "Members")
    page.get_by_role("button", name="Invite").click()
    page.get_by_label("E-mail address").fill("ada@example.org")
    page.get_by_label("Role", exact=True).select_option(label="Editor")
    page.get_by_role("button", name="Make the invitation").click()
    link = page.get_by_text("/join#token=").first.inner_text()
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_role("list", name="Open invitations")).to_contain_text("ada@example.org")

    theirs = newcomer.page
    theirs.goto(link)
    theirs.get_by_label("Your name").fill("Ada")
    theirs.get_by_label("Choose a password").fill("short")
    theirs.get_by_role("button", name="Join").click()
    expect(theirs.get_by_role("alert")).to_contain_text("10")
    theirs.get_by_label("Choose a password").fill(PASSWORD)
    newcomer.fits("join")
    theirs.get_by_role("button", name="Join").click()
    expect(theirs.get_by_role("heading", name="Your apps")).to_be_visible()
    to_workspace(theirs, "Members")
    expect(theirs.get_by_role("listitem").filter(has_text="ada@example.org")).to_contain_text("you")
    expect(theirs.get_by_role("button", name="Invite")).to_have_count(0)
    expect(theirs.get_by_role("button", name="Remove")).to_have_count(0)

    page.reload()
    expect(page.get_by_text("Nobody is invited just now.")).to_be_visible()
    page.get_by_role("button", name="Remove Ada").click()
    page.get_by_role("button", name="Really remove? Ada").click()
    expect(page.get_by_text("Ada is out.")).to_be_visible()
    theirs.reload()
    expect(theirs.get_by_role("heading", name="You are in no workspace")).to_be_visible()
    newcomer.fits("no-workspace")
    theirs.get_by_role("button", name="Sign out").click()
    expect(theirs.get_by_role("heading", name="Sign in")).to_be_visible()
    theirs.goto(link)
    expect(theirs.get_by_role("heading", name="This invitation is over")).to_be_visible()


def test_a_password_is_set_anew_by_a_link_and_signs_in(
    newcomer: Visitor, server: ServerProcess, owner: httpx.Client
) -> None:
    with joined(server, owner, "bob@example.org", "viewer", password="the first one of all"):
        pass
    link = server.command.done("people", "password-link", "bob@example.org").out.strip()

    page = newcomer.page
    page.goto(f"{server.url}/new-password{link[link.index('#') :]}")
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_role("button", name="Set the password").click()
    page.get_by_role("link", name="Sign in").click()
    page.get_by_label("E-mail address").fill("bob@example.org")
    page.get_by_label("Password", exact=True).fill("the first one of all")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("not right")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Your apps")).to_be_visible()


def test_a_second_factor_is_set_up_and_asked_for_and_a_recovery_code_stands_in(
    newcomer: Visitor, server: ServerProcess, owner: httpx.Client
) -> None:
    page = newcomer.page
    with joined(server, owner, "eve@example.org", "editor") as eve:
        token = eve.cookies["loomwork_session"]
    page.context.add_cookies([{"name": "loomwork_session", "value": token, "url": server.url}])
    page.goto(server.url)
    page.get_by_role("button", name="Workspace:").click()
    page.get_by_role("menuitem", name="Account").click()
    factor = page.get_by_role("region", name="Second factor")
    factor.get_by_label("Present password").fill(PASSWORD)
    factor.get_by_role("button", name="Set it up").click()
    expect(factor.get_by_role("img", name="QR code for an authenticator app")).to_be_visible()
    secret = factor.locator("code").inner_text().replace(" ", "")
    factor.get_by_label("Code of your authenticator app").fill(pyotp.TOTP(secret).now())
    newcomer.fits("scan")
    factor.get_by_role("button", name="Turn it on").click()
    recovery = factor.get_by_role("list", name="Recovery codes").get_by_role("listitem").first.inner_text()
    factor.get_by_role("button", name="I have kept them").click()
    expect(factor.get_by_text("On", exact=True)).to_be_visible()
    expect(page.get_by_role("list", name="Signed in")).to_contain_text("this browser")

    page.get_by_role("button", name="Workspace:").click()
    page.get_by_role("menuitem", name="Sign out").click()
    page.get_by_label("E-mail address").fill("eve@example.org")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Code of your authenticator app").fill("000000")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("alert")).to_contain_text("The code is not right")
    page.get_by_role("button", name="The app is lost: use a recovery code").click()
    page.get_by_label("Recovery code").fill(recovery)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", name="Your apps")).to_be_visible()


def test_a_key_is_shown_once_opens_what_it_may_and_is_revoked(person: Visitor, server: ServerProcess) -> None:
    page = person.page
    to_workspace(page, "Keys")
    page.get_by_role("button", name="Make a key").click()
    page.get_by_label("Name").fill("nightly script")
    page.get_by_label("It ends").select_option("30")
    page.get_by_label("It may do only some of what I may").check()
    page.get_by_role("button", name="Make the key").click()
    secret = page.get_by_role("dialog").locator("code").inner_text()
    with server.anyone(secret) as script:
        assert script.get("/api/v1/apps").status_code == 200
        assert script.get("/api/v1/members").status_code == 403
    person.fits("key-once")
    page.get_by_role("button", name="Done").click()
    page.reload()
    mine = page.get_by_role("list", name="Your own keys").get_by_role("listitem")
    expect(mine).to_contain_text("nightly script")
    expect(mine).to_contain_text("Only: See apps")
    assert secret not in page.content()
    page.get_by_role("button", name="Revoke nightly script").click()
    page.get_by_role("button", name="Revoke now? nightly script").click()
    expect(mine).to_contain_text("revoked")
    with server.anyone(secret) as script:
        assert script.get("/api/v1/apps").status_code == 401


def test_a_role_of_ones_own_is_made_and_given(person: Visitor, server: ServerProcess, owner: httpx.Client) -> None:
    page = person.page
    with joined(server, owner, "fay@example.org", "viewer") as fay:
        to_workspace(page, "Roles")
        page.get_by_role("button", name="Make a role").click()
        page.get_by_label("Name of the role").fill("Publisher")
        page.get_by_label("Publish apps").check()
        page.get_by_role("dialog").get_by_role("button", name="Save").click()
        expect(page.get_by_role("heading", name="Publisher")).to_be_visible()
        to_workspace(page, "Members")
        page.get_by_label("Role of fay@example.org").select_option(label="Publisher")
        expect(page.get_by_text("fay@example.org is Publisher from now on.")).to_be_visible()
        assert fay.get("/api/v1/session").json()["permissions"] == ["apps.publish", "apps.read"]


def test_versions_are_published_with_notes_compared_promoted_and_restored(
    person: Visitor, server: ServerProcess, owner: httpx.Client
) -> None:
    page = person.page
    document = (APPS / "triage.yml").read_text(encoding="utf-8")
    app_id = owner.post("/api/v1/apps", json={"document": document}).json()["id"]
    page.goto(f"{server.url}/apps/{app_id}")
    page.get_by_role("link", name="Versions: Not published").click()
    expect(page.get_by_text("Nothing was published yet.")).to_be_visible()
    page.get_by_role("button", name="Publish the draft").click()
    page.get_by_label("What changes?").fill("The first one.")
    page.get_by_role("dialog").get_by_role("button", name="Publish").click()
    listed = page.get_by_role("list", name="Versions").get_by_role("listitem")
    expect(listed).to_contain_text("Production")
    expect(listed).to_contain_text("The first one.")

    changed = document.replace("title: Formal reply", "title: Stiff reply")
    assert changed != document
    owner.put(f"/api/v1/apps/{app_id}/document", json={"document": changed}).raise_for_status()
    page.reload()
    difference = page.get_by_role("region", name="What changed").last
    expect(difference).to_contain_text("Stiff reply")
    expect(difference.get_by_role("img", name="Changed").first).to_be_visible()
    person.fits("difference")

    page.get_by_role("button", name="Publish the draft").click()
    page.get_by_label("Environment").select_option(label="Development")
    page.get_by_role("dialog").get_by_role("button", name="Publish").click()
    expect(listed).to_have_count(2)
    page.get_by_role("button", name="Version 2 to staging").click()
    expect(listed.first).to_contain_text("Staging")
    person.fits("versions")

    page.get_by_role("button", name="Restore as draft Version 1").click()
    page.get_by_role("button", name="Replace the draft? Version 1").click()
    expect(page.get_by_text("The draft is what version 1 is.")).to_be_visible()
    assert "Formal reply" in owner.get(f"/api/v1/apps/{app_id}/document").text


def test_what_was_done_and_said_is_found_again_by_who_may_look(
    person: Visitor, newcomer: Visitor, server: ServerProcess, owner: httpx.Client
) -> None:
    page = person.page
    document = (APPS / "triage.yml").read_text(encoding="utf-8")
    app_id = owner.post("/api/v1/apps", json={"document": document}).json()["id"]
    inputs = {"message": "I was charged twice.", "tone": "plain"}
    run = owner.post("/api/v1/runs", json={"app_id": app_id, "inputs": inputs}).json()
    owner.get(f"/api/v1/runs/{run['id']}/events").raise_for_status()
    to_workspace(page, "Logs")
    page.get_by_role("searchbox", name="Text").fill("charged twice")
    expect(page.get_by_role("list", name="Runs")).to_contain_text("I was charged twice.")
    page.get_by_role("combobox", name="Ended").select_option("failed")
    expect(page.get_by_text("No run is like this.")).to_be_visible()
    person.fits("logs")

    to_workspace(page, "Audit")
    expect(page.get_by_text("The chain is whole")).to_be_visible()
    page.get_by_role("combobox", name="About").select_option("app")
    expect(page.get_by_role("list", name="Audit").get_by_role("listitem").first).to_contain_text("made an app")
    person.fits("audit")

    with joined(server, owner, "gil@example.org", "editor") as gil:
        token = gil.cookies["loomwork_session"]
    newcomer.page.context.add_cookies([{"name": "loomwork_session", "value": token, "url": server.url}])
    newcomer.page.goto(f"{server.url}/workspace/audit")
    expect(newcomer.page.get_by_role("heading", name="This page is closed to you")).to_be_visible()
    menu = newcomer.page.get_by_role("navigation", name="Workspace")
    expect(menu.get_by_role("link", name="Logs")).to_be_visible()
    expect(menu.get_by_role("link", name="Audit")).to_have_count(0)


def test_a_second_workspace_is_made_and_one_goes_back_and_forth(
    person: Visitor, server: ServerProcess, owner: httpx.Client
) -> None:
    page = person.page
    document = (APPS / "triage.yml").read_text(encoding="utf-8").replace("name: Triage", "name: At home")
    owner.post("/api/v1/apps", json={"document": document}).raise_for_status()
    first = owner.get("/api/v1/session").json()["workspace"]["name"]
    page.goto(f"{server.url}/workspace")
    page.get_by_label("Name of a new workspace").fill("Acme")
    page.get_by_role("button", name="Make it").click()
    menu = page.get_by_role("button", name="Workspace: Acme")
    expect(menu).to_be_visible()
    expect(page.get_by_text("Nothing on the loom yet")).to_be_visible()
    page.reload()
    menu.click()
    person.picture("switcher")
    page.get_by_role("menuitemradio", name=first).click()
    expect(page.get_by_role("button", name=f"Workspace: {first}")).to_be_visible()
    expect(page.get_by_role("link", name="At home")).to_be_visible()
