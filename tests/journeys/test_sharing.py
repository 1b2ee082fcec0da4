"""A workspace is shared: people come in, do what their role lets them, and find no door that is closed to them."""

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

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
    page.get_by_role("menuitem", name="Workspace").click()
    page.get_by_role("navigation", name="Workspace").get_by_role("link", name=name).click()
    expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()


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
    invited = owner.post("/api/v1/invitations", json={"email": "bob@example.org", "role": "viewer"}).json()
    token = invited["link"].partition("#token=")[2]
    with server.anyone() as bob:
        accepted = {"token": token, "name": "Bob", "password": "the first one of all"}
        bob.post("/api/v1/invitations/accept", json=accepted, headers={"X-Loomwork-CSRF": "1"}).raise_for_status()
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
