"""A person opens the console in a real browser and does what one comes for."""

from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.journeys.conftest import APPS, StartServer
from tests.journeys.model_server import ModelServer
from tests.journeys.visitor import Visitor

pytestmark = pytest.mark.slow


@pytest.fixture
def person(visitor: Visitor, hosted_owner: httpx.Client) -> Visitor:
    """Somebody who has opened the link before, and has the console on the screen."""
    token = hosted_owner.cookies["loomwork_session"]
    address = str(hosted_owner.base_url)
    visitor.page.context.add_cookies([{"name": "loomwork_session", "value": token, "url": address}])
    visitor.page.goto(address)
    return visitor


def test_from_the_printed_link_to_a_streamed_answer(
    start_server: StartServer, model_server: ModelServer, visitor: Visitor
) -> None:
    server = start_server(LOOMWORK_OPENAI_COMPATIBLE_URL=model_server.url)
    page = visitor.page
    page.goto(server.link)
    expect(page.get_by_role("heading", name="Your apps")).to_be_visible()
    expect(page.get_by_text("Nothing on the loom yet")).to_be_visible()
    visitor.picture("1-first-page")

    visitor.drop(APPS / "hosted.yml")
    expect(page.get_by_role("heading", name="Hosted")).to_be_visible()
    for node, title in (("start", "Question"), ("llm", "Ask"), ("end", "Result")):
        expect(visitor.tag(node)).to_contain_text(title)
    visitor.picture("2-app")

    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_role("alert")).to_have_text("Question is needed.")
    page.get_by_role("textbox", name="Question").fill("What is a loom?")
    model_server.says("A loom ", "weaves ", "cloth.", hold_after=1)
    page.get_by_role("button", name="Run", exact=True).click()
    answer = page.get_by_role("region", name="Answer")
    expect(answer.get_by_text("A loom", exact=True)).to_be_visible()
    expect(visitor.step("Ask").get_by_role("img", name="Running")).to_be_visible()
    expect(visitor.tag("llm").get_by_role("img", name="Running")).to_be_visible()
    visitor.picture("3-running")

    model_server.release()
    expect(visitor.output("text")).to_contain_text("A loom weaves cloth.")
    for node, title in (("start", "Question"), ("llm", "Ask"), ("end", "Result")):
        expect(visitor.step(title).get_by_role("img", name="Done")).to_be_visible()
        expect(visitor.tag(node).get_by_role("img", name="Done")).to_be_visible()
    visitor.step("Ask").get_by_role("button").first.click()
    expect(visitor.step("Ask")).to_contain_text("A loom weaves cloth.")
    visitor.picture("4-done")

    page.get_by_role("link", name="Open this run").click()
    expect(visitor.output("text")).to_contain_text("A loom weaves cloth.")
    visitor.picture("5-run")
    page.reload()
    expect(visitor.output("text")).to_contain_text("A loom weaves cloth.")
    expect(visitor.tag("llm").get_by_role("img", name="Done")).to_be_visible()


def test_past_runs_are_listed_and_stay_after_a_reload(person: Visitor, model_server: ModelServer) -> None:
    page = person.page
    page.get_by_label("Choose a file").set_input_files(APPS / "triage.yml")
    page.get_by_role("textbox", name="Message").fill("I was charged twice.")
    page.get_by_role("combobox", name="Tone").select_option("plain")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(person.output("reply")).to_contain_text("Hi! I WAS CHARGED TWICE.")
    expect(person.step("Formal reply").get_by_role("img", name="Not taken")).to_be_visible()
    expect(person.tag("formal").get_by_role("img", name="Not taken")).to_be_visible()
    person.picture("1-branches")

    page.get_by_role("tab", name="Past runs").click()
    past = page.get_by_role("link").filter(has_text="I was charged twice.")
    expect(past).to_contain_text("Done")
    page.reload()
    page.get_by_role("tab", name="Past runs").click()
    person.picture("2-past-runs")
    past.click()
    expect(person.output("reply")).to_contain_text("Hi! I WAS CHARGED TWICE.")

    menu = page.get_by_role("navigation", name="Main")
    menu.get_by_role("link", name="Runs").click()
    expect(page.get_by_role("link").filter(has_text="I was charged twice.")).to_contain_text("Triage")
    menu.get_by_role("link", name="Apps").click()
    expect(page.get_by_role("link", name="Triage")).to_be_visible()


def test_a_chat_goes_on_turn_by_turn_and_is_found_again(person: Visitor, model_server: ModelServer) -> None:
    page = person.page
    person.drop(APPS / "hosted-chat.yml")
    composer = page.get_by_label("Write a message")

    model_server.says("Good ", "morning.")
    composer.fill("Hello, I am Ada.")
    composer.press("Enter")
    expect(page.get_by_role("article")).to_have_count(1)
    expect(page.get_by_role("article").nth(0)).to_contain_text("Good morning.")
    model_server.says("You are ", "Ada.")
    composer.fill("Who am I?")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("article").nth(1)).to_contain_text("You are Ada.")
    expect(page.get_by_role("article").nth(0)).to_contain_text("Good morning.")
    said = [message["content"] for message in model_server.bodies[-1]["messages"]]
    assert said == ["Be brief.", "Hello, I am Ada.", "Good morning.", "Who am I?"]
    person.picture("1-two-turns")

    page.reload()
    earlier = page.get_by_label("Earlier conversations")
    earlier.select_option(index=1)
    expect(page.get_by_role("article")).to_have_count(2)
    expect(page.get_by_role("article").nth(1)).to_contain_text("You are Ada.")
    person.picture("2-opened-again")


def test_a_run_can_be_stopped_while_its_model_speaks(person: Visitor, model_server: ModelServer) -> None:
    page = person.page
    person.drop(APPS / "hosted.yml")
    page.get_by_role("textbox", name="Question").fill("Count.")
    model_server.says("one", hold_after=1)
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_role("region", name="Answer")).to_contain_text("one")
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("Stopped", exact=True).first).to_be_visible()
    assert model_server.client_left.wait(20)
    person.picture("1-stopped")


def test_a_broken_file_is_refused_with_what_is_wrong_and_where(
    person: Visitor, hosted_owner: httpx.Client, tmp_path: Path
) -> None:
    page = person.page
    before = hosted_owner.get("/api/v1/apps").json()
    person.drop(APPS / "broken.yml")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("broken.yml was not imported")
    expect(dialog).to_contain_text("cycle")
    expect(dialog).to_contain_text("node first")
    person.picture("1-cycle")
    dialog.get_by_role("button", name="Close").last.click()

    torn = tmp_path / "torn.yml"
    torn.write_text("app:\n  name: Torn\n  mode: [workflow\nworkflow: {}\n", encoding="utf-8")
    person.drop(torn)
    expect(dialog).to_contain_text("torn.yml was not imported")
    expect(dialog).to_contain_text("line 4")
    person.picture("2-torn")
    dialog.get_by_role("button", name="Close").last.click()
    assert hosted_owner.get("/api/v1/apps").json() == before
    # The browser itself notes each answer of a status over 399.
    assert all("422" in error or "400" in error for error in person.errors), person.errors
    person.errors.clear()


def test_the_link_signs_in_once(start_server: StartServer, visitor: Visitor, browser: Browser, tmp_path: Path) -> None:
    server = start_server()
    visitor.page.goto(server.link)
    expect(visitor.page.get_by_role("heading", name="Your apps")).to_be_visible()
    visitor.page.goto(server.link)
    expect(visitor.page.get_by_role("heading", name="Your apps")).to_be_visible()

    with Visitor.at(browser, tmp_path) as stranger:
        answer = stranger.page.goto(server.link)
        assert answer is not None
        assert answer.status == 401
        expect(stranger.page.get_by_text("This sign-in link has been used, or is too old")).to_be_visible()
        stranger.picture("stranger-refused")
        stranger.page.goto(server.url)
        expect(stranger.page.get_by_text("You are signed out")).to_be_visible()
        stranger.picture("stranger-signed-out")
        assert stranger.foreign == []


def test_an_app_can_be_opened_filled_and_run_by_keyboard_alone(
    person: Visitor, hosted_owner: httpx.Client, model_server: ModelServer
) -> None:
    page = person.page
    document = (APPS / "hosted.yml").read_text(encoding="utf-8").replace("name: Hosted", "name: No mouse")
    hosted_owner.post("/api/v1/apps", json={"document": document}).raise_for_status()
    page.reload()
    expect(page.get_by_role("link", name="No mouse")).to_be_visible()

    tab_to(person, page.get_by_role("link", name="No mouse"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="No mouse")).to_be_visible()
    tab_to(person, page.get_by_role("textbox", name="Question"))
    page.keyboard.type("Can I leave the mouse alone?")
    model_server.says("You can.")
    tab_to(person, page.get_by_role("button", name="Run", exact=True))
    page.keyboard.press("Enter")
    expect(person.output("text")).to_contain_text("You can.")
    tab_to(person, person.step("Ask").get_by_role("button").first)
    page.keyboard.press("Enter")
    expect(person.step("Ask")).to_contain_text("Outputs")
    person.picture("1-keyboard")


def tab_to(visitor: Visitor, wanted: Locator, *, at_most: int = 60) -> None:
    """Press Tab until the focus is there."""
    for _ in range(at_most):
        if wanted.evaluate("element => element === document.activeElement"):
            return
        visitor.page.keyboard.press("Tab")
    raise AssertionError(f"{wanted} is not reached within {at_most} presses of Tab")
