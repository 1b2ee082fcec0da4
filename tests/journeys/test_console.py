"""A person opens the console in a real browser and does what one comes for."""

import itertools
import json
import re
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Locator, ViewportSize, expect

from tests.journeys.conftest import APPS, StartServer
from tests.journeys.model_server import ModelServer
from tests.journeys.visitor import VIEWPORT, Visitor

pytestmark = pytest.mark.slow

PHONE: ViewportSize = {"width": 390, "height": 844}
SMALL_PRINT = 11
"""In pixels: the smallest letters that are read without bending forward."""


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
    drawn = answer.get_by_text("A loom", exact=True).evaluate("words => getComputedStyle(words, '::after').content")
    assert drawn == '""', "a cursor stands behind the last word, not below it"
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
    assert model_server.client_left.wait(60)
    person.picture("1-stopped")


def test_a_page_reloaded_in_mid_run_takes_the_run_up_again(person: Visitor, model_server: ModelServer) -> None:
    page = person.page
    person.drop(APPS / "hosted.yml")
    question = page.get_by_role("textbox", name="Question")
    question.fill("What is a loom?")
    model_server.says("A loom ", "weaves ", "cloth.", hold_after=1)
    page.get_by_role("button", name="Run", exact=True).click()
    answer = page.get_by_role("region", name="Answer")
    expect(answer.get_by_text("A loom", exact=True)).to_be_visible()
    expect(page).to_have_url(re.compile(r"[?]run="))

    page.reload()
    expect(question).to_have_value("What is a loom?")
    expect(answer.get_by_text("A loom", exact=True)).to_be_visible()
    expect(person.step("Ask").get_by_role("img", name="Running")).to_be_visible()
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    person.picture("1-taken-up")
    model_server.release()
    expect(person.output("text").locator("p")).to_have_text("A loom weaves cloth.")
    expect(page.get_by_role("button", name="Run", exact=True)).to_be_visible()
    assert len(model_server.bodies) == 1

    page.reload()
    expect(person.output("text").locator("p")).to_have_text("A loom weaves cloth.")
    expect(question).to_have_value("What is a loom?")
    person.picture("2-ended")


def test_back_and_forward_find_the_run_that_was_shown(person: Visitor, model_server: ModelServer) -> None:
    page = person.page
    person.drop(APPS / "hosted.yml")
    for number in ("one", "two"):
        model_server.says(f"Number {number}.")
        page.get_by_role("textbox", name="Question").fill(f"Say {number}.")
        page.get_by_role("button", name="Run", exact=True).click()
        expect(person.output("text")).to_contain_text(f"Number {number}.")
    page.get_by_role("link", name="Open this run").click()
    expect(page.get_by_role("tab", name="Timeline")).to_be_visible()
    page.go_back()
    expect(person.output("text")).to_contain_text("Number two.")
    expect(page.get_by_role("textbox", name="Question")).to_have_value("Say two.")
    page.go_back()
    expect(page.get_by_role("heading", name="Your apps")).to_be_visible()
    page.go_forward()
    expect(person.output("text")).to_contain_text("Number two.")


def test_a_run_taken_up_after_a_reload_can_be_stopped(person: Visitor, model_server: ModelServer) -> None:
    page = person.page
    person.drop(APPS / "hosted.yml")
    page.get_by_role("textbox", name="Question").fill("Count.")
    model_server.says("one", hold_after=1)
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_role("region", name="Answer")).to_contain_text("one")
    page.reload()
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("Stopped", exact=True).first).to_be_visible()
    assert model_server.client_left.wait(20)
    person.picture("1-stopped")


def test_a_run_that_is_not_there_says_so_and_leaves_the_form_usable(person: Visitor, model_server: ModelServer) -> None:
    page = person.page
    person.drop(APPS / "hosted.yml")
    expect(page.get_by_role("textbox", name="Question")).to_be_visible()
    page.goto(f"{page.url}?run=0190-none")
    expect(page.get_by_role("alert")).to_be_visible()
    person.picture("1-no-such-run")
    page.get_by_role("textbox", name="Question").fill("Anything?")
    model_server.says("Something.")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(person.output("text")).to_contain_text("Something.")
    expect(page.get_by_role("alert")).to_have_count(0)
    assert all("404" in error for error in person.errors), person.errors
    person.errors.clear()


def test_a_chat_reloaded_in_mid_answer_shows_what_was_said_and_goes_on(
    person: Visitor, model_server: ModelServer
) -> None:
    page = person.page
    person.drop(APPS / "hosted-chat.yml")
    composer = page.get_by_label("Write a message")
    articles = page.get_by_role("article")
    model_server.says("Good ", "morning.")
    composer.fill("Hello, I am Ada.")
    composer.press("Enter")
    expect(articles.nth(0)).to_contain_text("Good morning.")
    expect(articles.nth(0).get_by_text("Done", exact=True)).to_be_visible()
    model_server.says("You are ", "Ada.", hold_after=1)
    composer.fill("Who am I?")
    composer.press("Enter")
    expect(articles.nth(1).get_by_text("You are", exact=True)).to_be_visible()

    page.reload()
    expect(articles).to_have_count(2)
    expect(articles.nth(0)).to_contain_text("Good morning.")
    expect(articles.nth(1).get_by_text("You are", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    person.picture("1-in-mid-answer")
    model_server.release()
    expect(articles.nth(1).get_by_text("You are Ada.", exact=True)).to_be_visible()
    page.reload()
    expect(articles.nth(1).get_by_text("You are Ada.", exact=True)).to_be_visible()

    page.get_by_role("button", name="New conversation").click()
    expect(articles).to_have_count(0)
    page.reload()
    expect(page.get_by_text("Say something to begin.")).to_be_visible()
    expect(articles).to_have_count(0)
    page.go_back()
    expect(articles).to_have_count(2)
    person.picture("2-back-again")


def test_a_page_outlives_its_server_and_shows_the_run_to_its_end_once_it_is_back(
    start_server: StartServer, model_server: ModelServer, visitor: Visitor
) -> None:
    server = start_server(LOOMWORK_OPENAI_COMPATIBLE_URL=model_server.url)
    page = visitor.page
    page.goto(server.link)
    visitor.drop(APPS / "hosted.yml")
    page.get_by_role("textbox", name="Question").fill("What is a loom?")
    model_server.says("A loom ", "weaves ", "cloth.", hold_after=1)
    page.get_by_role("button", name="Run", exact=True).click()
    panel = page.get_by_role("complementary", name="App")
    expect(panel.get_by_text("A loom", exact=True)).to_be_visible()
    page.evaluate("window.notReloaded = true")

    server.kill()
    expect(page.get_by_text("Reconnecting")).to_be_visible()
    expect(panel.get_by_text("A loom", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    visitor.picture("1-reconnecting")
    model_server.release()
    server.start()
    expect(visitor.output("text").locator("p")).to_have_text("A loom weaves cloth.")
    expect(page.get_by_role("button", name="Run", exact=True)).to_be_visible()
    expect(panel.get_by_text("Done", exact=True).first).to_be_visible()
    expect(page.get_by_text("Reconnecting")).to_have_count(0)
    # Told once: what was said before the server died is said again, and does not stand there twice.
    expect(panel.get_by_text(re.compile(r"^A loom"))).to_have_count(1)
    assert page.evaluate("window.notReloaded")
    expect(panel.get_by_text("“Ask” begins its answer anew")).to_be_visible()
    visitor.picture("2-back-again")
    assert all("net::ERR_" in error for error in visitor.errors), visitor.errors
    visitor.errors.clear()


def test_an_answer_in_a_chat_is_told_once_though_its_server_died_in_the_middle(
    start_server: StartServer, model_server: ModelServer, visitor: Visitor
) -> None:
    server = start_server(LOOMWORK_OPENAI_COMPATIBLE_URL=model_server.url)
    page = visitor.page
    page.goto(server.link)
    visitor.drop(APPS / "hosted-chat.yml")
    page.get_by_label("Write a message").fill("What is this?")
    model_server.says("A loom ", "weaves ", "cloth.", hold_after=1)
    page.get_by_role("button", name="Send").click()
    turn = page.get_by_role("article")
    expect(turn.get_by_text("A loom", exact=True)).to_be_visible()
    server.kill()
    expect(turn.get_by_text("Reconnecting")).to_be_visible()
    model_server.release()
    server.start()
    expect(turn.get_by_text("A loom weaves cloth.", exact=True)).to_be_visible()
    expect(turn.get_by_text("Done", exact=True)).to_be_visible()
    expect(turn.get_by_text(re.compile("A loom"))).to_have_count(1)
    visitor.picture("1-told-once")
    assert all("net::ERR_" in error for error in visitor.errors), visitor.errors
    visitor.errors.clear()


def test_a_conversation_that_could_not_be_opened_is_opened_on_another_try(
    start_server: StartServer, model_server: ModelServer, visitor: Visitor
) -> None:
    server = start_server(LOOMWORK_OPENAI_COMPATIBLE_URL=model_server.url)
    page = visitor.page
    page.goto(server.link)
    visitor.drop(APPS / "hosted-chat.yml")
    model_server.says("Good morning.")
    page.get_by_label("Write a message").fill("Hello.")
    page.get_by_role("button", name="Send").click()
    articles = page.get_by_role("article")
    expect(articles.get_by_text("Done", exact=True)).to_be_visible()
    page.get_by_role("button", name="New conversation").click()
    expect(articles).to_have_count(0)

    server.kill()
    page.get_by_label("Earlier conversations").select_option(index=1)
    again = page.get_by_role("tabpanel", name="Chat").get_by_role("button", name="Try again")
    expect(again).to_be_visible()
    visitor.picture("1-not-opened")
    server.start()
    again.click()
    expect(articles).to_contain_text("Good morning.")
    expect(again).to_have_count(0)
    assert all("net::ERR_" in error for error in visitor.errors), visitor.errors
    visitor.errors.clear()


def test_a_workflow_asks_a_person_and_goes_on_in_every_tab_once_it_is_answered(
    person: Visitor, model_server: ModelServer
) -> None:
    page = person.page
    person.drop(APPS / "asking.yml")
    page.get_by_role("textbox", name="Message").fill("My parcel is late.")
    model_server.says("We are sorry.")
    page.get_by_role("button", name="Run", exact=True).click()
    asked = page.get_by_role("region", name="“Review” asks you")
    expect(asked).to_contain_text("The reply would be: We are sorry.", use_inner_text=True)
    expect(asked.get_by_role("textbox", name="Note")).to_have_value("Fine as it is.")
    expect(asked.get_by_text("Answer until")).to_be_visible()
    expect(person.tag("review").get_by_role("img", name="Waits for an answer")).to_be_visible()
    person.picture("1-asked")

    tone = asked.get_by_role("combobox", name="Tone")
    asked.get_by_role("button", name="Approve").click()
    expect(asked.get_by_role("alert")).to_have_text("Tone is needed.")
    expect(tone).to_be_focused()
    person.picture("2-not-filled-in")

    other = page.context.new_page()
    other.goto(page.url)
    elsewhere = other.get_by_role("region", name="“Review” asks you")
    expect(elsewhere).to_be_visible()
    tone.select_option("kind")
    asked.get_by_role("button", name="Approve").press("Enter")
    for tab in (page, other):
        expect(tab.get_by_role("region", name="outcome")).to_contain_text("Sent, kind: Fine as it is.")
        expect(tab.get_by_role("region", name="“Review” asks you")).to_have_count(0)
        expect(tab.get_by_text("“Review” was answered")).to_be_visible()
    expect(person.step("Keep").get_by_role("img", name="Not taken")).to_be_visible()
    person.picture("3-answered")
    other.close()


def test_a_question_outlives_the_server_that_asked_it(
    start_server: StartServer, model_server: ModelServer, visitor: Visitor
) -> None:
    server = start_server(LOOMWORK_OPENAI_COMPATIBLE_URL=model_server.url)
    page = visitor.page
    page.goto(server.link)
    visitor.drop(APPS / "asking.yml")
    page.get_by_role("textbox", name="Message").fill("My parcel is late.")
    model_server.says("We are sorry.")
    page.get_by_role("button", name="Run", exact=True).click()
    asked = page.get_by_role("region", name="“Review” asks you")
    note = asked.get_by_role("textbox", name="Note")
    note.fill("Written before.")
    asked.get_by_role("combobox", name="Tone").select_option("kind")

    server.kill()
    asked.get_by_role("button", name="Approve").click()
    expect(asked.get_by_role("alert")).to_have_text("Loomwork does not answer.")
    visitor.picture("1-not-sent")
    server.start()
    expect(note).to_have_value("Written before.")
    asked.get_by_role("button", name="Approve").click()
    expect(visitor.output("outcome")).to_contain_text("Sent, kind: Written before.")
    assert all("net::ERR_" in error for error in visitor.errors), visitor.errors
    visitor.errors.clear()


def test_a_question_is_answered_from_the_page_of_its_run_and_on_a_phone(
    person: Visitor, model_server: ModelServer
) -> None:
    page = person.page
    page.set_viewport_size(PHONE)
    person.drop(APPS / "asking.yml")
    page.get_by_role("textbox", name="Message").fill("My parcel is late.")
    model_server.says("We are sorry.")
    page.get_by_role("button", name="Run", exact=True).click()
    asked = page.get_by_role("region", name="“Review” asks you")
    expect(asked).to_be_visible()
    page.get_by_role("link", name="Open this run").click()
    expect(page.get_by_role("tab", name="Timeline")).to_be_visible()
    asked.get_by_role("combobox", name="Tone").select_option("plain")
    person.fits("1-asked")
    asked.get_by_role("button", name="Reject").click()
    expect(person.output("outcome")).to_contain_text("Not sent.")
    person.fits("2-answered")


def test_a_chat_asks_in_the_middle_of_its_answer(person: Visitor, model_server: ModelServer) -> None:
    page = person.page
    person.drop(APPS / "asking-chat.yml")
    page.get_by_label("Write a message").fill("Send my loom.")
    page.get_by_role("button", name="Send").click()
    turn = page.get_by_role("article")
    asked = turn.get_by_role("region", name="“Where to” asks you")
    expect(asked).to_be_visible()
    person.picture("1-asked")
    page.reload()
    asked.get_by_role("textbox", name="Place").fill("the attic")
    asked.get_by_role("button", name="Go there").click()
    expect(turn).to_contain_text(
        re.compile(r"One thing first\..*“Where to” was answered.*It goes to the attic\.", re.DOTALL)
    )
    expect(turn.get_by_text("Done", exact=True)).to_be_visible()
    expect(asked).to_have_count(0)
    person.picture("2-answered")


def test_a_run_is_paused_and_resumed(person: Visitor, model_server: ModelServer) -> None:
    page = person.page
    person.drop(APPS / "hosted.yml")
    page.get_by_role("textbox", name="Question").fill("What is a loom?")
    model_server.says("A loom ", "weaves ", "cloth.", hold_after=1)
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_role("region", name="Answer")).to_contain_text("A loom")
    page.get_by_role("button", name="Pause", exact=True).click()
    expect(page.get_by_role("button", name="Pausing…")).to_be_visible()
    person.picture("1-pausing")
    model_server.release()
    resume = page.get_by_role("button", name="Resume")
    expect(resume).to_be_visible()
    expect(page.get_by_text("Paused", exact=True).first).to_be_visible()
    expect(page.get_by_role("region", name="Answer")).to_contain_text("A loom weaves cloth.")
    person.picture("2-paused")
    page.get_by_role("link", name="Open this run").click()
    expect(page.get_by_role("tab", name="Timeline")).to_be_visible()
    expect(page.get_by_text("The run is paused.")).to_be_visible()
    person.picture("3-paused-on-its-page")
    resume.click()
    expect(person.output("text")).to_contain_text("A loom weaves cloth.")
    expect(resume).to_have_count(0)


def test_a_run_is_repeated_from_a_step_with_other_outputs(person: Visitor, model_server: ModelServer) -> None:
    page = person.page
    person.drop(APPS / "hosted.yml")
    page.get_by_role("textbox", name="Question").fill("What is a loom?")
    model_server.says("A loom weaves cloth.")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(person.output("text")).to_contain_text("A loom weaves cloth.")
    first = page.get_by_role("link", name="Open this run")
    first.click()
    expect(page.get_by_role("tab", name="Timeline")).to_be_visible()
    address = page.url

    person.tag("llm").click()
    page.get_by_role("button", name="Run again from here").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("radio", name="What this step gives").check()
    person.picture("1-outputs")
    outputs = dialog.get_by_role("textbox", name="Outputs, as JSON")
    outputs.fill("{ torn")
    dialog.get_by_role("button", name="Run", exact=True).click()
    expect(dialog.get_by_role("alert")).to_have_text("This is not a JSON object.")
    outputs.fill('{"text": "A loom hums."}')
    dialog.get_by_role("button", name="Run", exact=True).click()
    expect(person.output("text")).to_contain_text("A loom hums.")
    assert page.url != address
    assert len(model_server.bodies) == 1
    for step in ("Question", "Ask"):
        expect(person.step(step).get_by_role("img", name="Reused")).to_be_visible()
    expect(person.step("Result").get_by_role("img", name="Done")).to_be_visible()
    origin = page.get_by_role("link", name=re.compile("^Repeats the run of"))
    expect(origin.locator("..")).to_contain_text("from “Ask”")
    person.picture("2-repeated")
    origin.click()
    expect(page).to_have_url(address)
    expect(person.output("text")).to_contain_text("A loom weaves cloth.")


def test_a_whole_run_is_repeated_with_another_input(person: Visitor, model_server: ModelServer) -> None:
    page = person.page
    person.drop(APPS / "hosted.yml")
    page.get_by_role("textbox", name="Question").fill("What is a loom?")
    model_server.says("A loom weaves cloth.")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(person.output("text")).to_contain_text("A loom weaves cloth.")
    page.get_by_role("link", name="Open this run").click()
    page.get_by_role("button", name="Run again", exact=True).click()
    dialog = page.get_by_role("dialog")
    question = dialog.get_by_role("textbox", name="Question")
    expect(question).to_have_value("What is a loom?")
    person.picture("1-inputs")
    question.fill("What is a shuttle?")
    model_server.says("A shuttle carries thread.")
    dialog.get_by_role("button", name="Run", exact=True).click()
    expect(person.output("text")).to_contain_text("A shuttle carries thread.")
    expect(page.get_by_role("link", name=re.compile("^Repeats the run of"))).to_be_visible()
    assert model_server.bodies[-1]["messages"][-1]["content"].endswith("What is a shuttle?")


def test_a_step_that_is_an_app_has_a_run_of_its_own_that_leads_back(
    person: Visitor, hosted_owner: httpx.Client, model_server: ModelServer
) -> None:
    page = person.page
    document = (APPS / "hosted.yml").read_text(encoding="utf-8").replace("name: Hosted", "name: Inner")
    inner = hosted_owner.post("/api/v1/apps", json={"document": document, "publish": True}).json()["id"]
    outer = (APPS / "outer.yml").read_text(encoding="utf-8").replace("THE-INNER-APP", inner)
    hosted_owner.post("/api/v1/apps", json={"document": outer}).raise_for_status()
    page.reload()
    page.get_by_role("link", name="Outer").click()
    model_server.says("Cloth.")
    page.get_by_role("textbox", name="Question").fill("What does a loom make?")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(person.output("said")).to_contain_text("Cloth.")
    person.tag("step").click()
    panel = page.get_by_role("tabpanel", name="Node")
    expect(panel).to_contain_text("Runs another app of this workspace")
    person.picture("1-step")

    page.get_by_role("navigation", name="Main").get_by_role("link", name="Runs").click()
    page.get_by_role("link").filter(has_text="Inner").first.click()
    back = page.get_by_role("link", name="A step of a run of “Outer”")
    expect(back).to_be_visible()
    person.picture("2-its-run")
    back.click()
    expect(person.output("said")).to_contain_text("Cloth.")
    expect(back).to_have_count(0)


def test_a_chosen_node_stays_chosen_from_the_panel_to_the_graph_and_back(
    person: Visitor, model_server: ModelServer
) -> None:
    page = person.page
    page.set_viewport_size(PHONE)
    person.drop(APPS / "asking.yml")
    graph = page.get_by_role("button", name="Graph", exact=True)
    graph.click()
    person.tag("review").click()
    expect(page.get_by_role("tabpanel", name="Node")).to_contain_text("Shows a form to a person and waits.")
    graph.click()
    expect(person.tag("review")).to_have_class(re.compile(r"\bselected\b"))
    page.get_by_role("button", name="Panel", exact=True).click()
    page.get_by_role("tab", name="Run", exact=True).click()
    page.set_viewport_size(VIEWPORT)
    expect(person.tag("review")).to_have_class(re.compile(r"\bselected\b"))
    expect(page.get_by_role("textbox", name="Message")).to_be_visible()


def test_an_app_is_published_from_where_its_api_is_explained(person: Visitor, model_server: ModelServer) -> None:
    page = person.page
    person.drop(APPS / "hosted.yml")
    page.get_by_role("button", name="API access").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Publish the app first.")
    person.picture("1-not-published")
    dialog.get_by_role("button", name="Publish").click()
    expect(dialog.get_by_text("Publish the app first.")).to_have_count(0)
    person.picture("2-published")
    dialog.get_by_role("button", name="Close").last.click()
    expect(page.get_by_text("v1 published")).to_be_visible()


def test_a_form_that_is_not_filled_in_leads_to_the_first_field_that_is_wrong(
    person: Visitor, model_server: ModelServer, tmp_path: Path
) -> None:
    page = person.page
    asked = "".join(
        f"        - {{variable: field{number}, label: Field {number}, type: paragraph, required: {required}}}\n"
        for number, required in enumerate(["false", "true", *["false"] * 6, "true"])
    )
    form = tmp_path / "form.yml"
    question = "        - {variable: question, label: Question, type: paragraph, required: true}\n"
    form.write_text((APPS / "hosted.yml").read_text(encoding="utf-8").replace(question, asked), encoding="utf-8")
    person.drop(form)
    run = page.get_by_role("button", name="Run", exact=True)
    run.scroll_into_view_if_needed()
    expect(page.get_by_role("textbox", name="Field 1")).not_to_be_in_viewport()
    run.click()
    expect(page.get_by_role("textbox", name="Field 1")).to_be_focused()
    expect(page.get_by_text("Field 1 is needed.")).to_be_in_viewport()
    person.picture("1-first-wrong-field")
    page.keyboard.type("Now it is filled.")
    expect(page.get_by_role("textbox", name="Field 1")).to_be_focused()
    run.click()
    expect(page.get_by_role("textbox", name="Field 8")).to_be_focused()


SCREENS: tuple[ViewportSize, ...] = (
    {"width": 1280, "height": 800},
    {"width": 1360, "height": 850},
    {"width": 1440, "height": 900},
    {"width": 1920, "height": 1080},
)

CUT = """() => {
  const edge = document.querySelector('.react-flow').getBoundingClientRect()
  const inside = (box) => box.left >= edge.left && box.right <= edge.right
    && box.top >= edge.top && box.bottom <= edge.bottom
  const clipped = (e) => e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1
  const tags = [...document.querySelectorAll('.react-flow__node')]
  const words = [...document.querySelectorAll('.tag-title, .tag-label')].filter((e) => e.checkVisibility())
  return [
    ...tags.filter((e) => !inside(e.getBoundingClientRect())).map((e) => e.dataset.id),
    ...words.filter(clipped).map((e) => e.textContent),
  ]
}"""


def test_a_starter_opens_whole_beside_its_panel_on_every_screen(person: Visitor) -> None:
    page = person.page
    page.get_by_role("button", name="Start from Answer support messages").click()
    expect(page.get_by_role("heading", name="Answer support messages", exact=True)).to_be_visible()
    for screen in SCREENS:
        page.set_viewport_size(screen)
        page.reload()
        expect(person.tag("end")).to_be_visible()
        person.picture(f"{screen['width']}")
        assert page.evaluate(CUT) == []
        expect(page.get_by_role("button", name="Show the whole graph")).to_have_count(0)


def test_a_graph_that_is_moved_out_of_sight_is_brought_back(person: Visitor, tmp_path: Path) -> None:
    page = person.page
    person.drop(a_chain(tmp_path, of=14))
    expect(person.tag("start")).to_be_in_viewport(ratio=0.99)
    whole = page.get_by_role("button", name="Show the whole graph")
    whole.click()
    expect(person.tag("t13")).to_be_in_viewport(ratio=0.99)
    expect(whole).to_have_count(0)


def test_a_starter_that_is_copied_twice_has_two_names(person: Visitor) -> None:
    page = person.page
    for name in ("Summarise a text", "Summarise a text 2"):
        page.get_by_role("button", name="Start from Summarise a text").click()
        expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
        page.get_by_label("All apps").click()
    expect(page.get_by_role("link", name="Summarise a text 2", exact=True)).to_be_visible()


UNDER_A_TOAST = """() => [...document.querySelectorAll('button, a, input')].filter((e) => {
  const { left, top, width, height } = e.getBoundingClientRect()
  const over = document.elementFromPoint(left + width / 2, top + height / 2)
  return over?.closest('[aria-live=polite] > button') && !e.closest('[aria-live=polite]')
}).map((e) => e.textContent)"""
"""What could be pressed, and cannot while a toast is shown."""


def test_publishing_what_has_not_changed_says_so_and_covers_no_button(person: Visitor) -> None:
    page = person.page
    page.set_viewport_size({"width": 1280, "height": 800})
    person.drop(APPS / "triage.yml")
    publish = page.get_by_role("button", name="Publish", exact=True)
    publish.click()
    expect(page.get_by_text("Version 1 is what the API and its users get now.")).to_be_visible()
    expect(page.get_by_role("link", name="Versions: ")).to_contain_text("v1 published")
    publish.click()
    expect(page.get_by_text("Nothing has changed since version 1.")).to_be_visible()
    person.picture("1-unchanged")
    assert page.evaluate(UNDER_A_TOAST) == []
    publish.click()
    expect(publish).to_be_enabled()
    expect(page.get_by_text("Nothing has changed since version 1.")).to_have_count(1)
    page.get_by_label("All apps").click()
    expect(page.get_by_role("article").filter(has_text="Published v1").first).to_be_visible()
    person.picture("2-home")
    assert page.evaluate(UNDER_A_TOAST) == []

    page.get_by_role("button", name="Workspace:").click()
    page.get_by_role("menuitem", name="Settings").click()
    page.get_by_role("link", name="Audit").click()
    done = page.get_by_role("list", name="Audit").get_by_role("listitem")
    expect(done.filter(has_text="published an app: Triage (version 1)").first).to_be_visible()
    person.fits("3-audit")
    page.get_by_role("link", name="Keys", exact=True).click()
    of_apps = page.get_by_role("combobox", name="App")
    expect(of_apps).to_have_value("")
    expect(page.get_by_text("No key yet.")).to_have_count(2)
    of_apps.select_option("Triage")
    expect(page.get_by_text("No key yet.")).to_have_count(3)
    person.fits("4-keys")
    page.get_by_role("link", name="Roles").click()
    lead = page.get_by_text("A role is a name for what somebody may do.").bounding_box()
    make = page.get_by_role("button", name="Make a role").bounding_box()
    assert lead is not None
    assert make is not None
    assert make["y"] < lead["y"] + lead["height"], "beside its heading, not below it"
    person.fits("5-roles")


def test_whoever_leaves_is_signed_out(start_server: StartServer, visitor: Visitor) -> None:
    page = visitor.page
    page.goto(start_server().link)
    page.get_by_role("button", name="Workspace:").click()
    expect(page.get_by_text("Signed in as")).to_be_visible()
    visitor.picture("1-menu")
    page.get_by_role("menuitem", name="Sign out").click()
    expect(page.get_by_text("You are signed out")).to_be_visible()
    assert all("401" in error for error in visitor.errors), visitor.errors
    visitor.errors.clear()


def test_threads_end_where_the_graph_ends(person: Visitor, model_server: ModelServer) -> None:
    for file, last in (("hosted.yml", "end"), ("hosted-chat.yml", "answer")):
        person.drop(APPS / file)
        expect(person.tag(last)).to_be_visible()
        expect(person.tag("llm").locator(".react-flow__handle.source")).to_have_count(1)
        expect(person.tag(last).locator(".react-flow__handle.source")).to_have_count(0)
        expect(person.tag(last).locator(".react-flow__handle.target")).to_have_count(1)
        person.picture(f"ends-at-{last}")
        person.page.get_by_label("All apps").click()
        expect(person.page.get_by_role("heading", name="Your apps")).to_be_visible()


def test_a_wide_graph_begins_where_its_titles_can_be_read(
    person: Visitor, model_server: ModelServer, tmp_path: Path
) -> None:
    page = person.page
    person.drop(a_chain(tmp_path, of=14))
    expect(person.tag("start")).to_be_in_viewport(ratio=0.99)
    title = person.tag("start").locator(".tag-title")
    expect(title).to_be_visible()
    assert letters_of(title) >= SMALL_PRINT
    person.picture("1-wide")
    page.set_viewport_size(PHONE)
    page.reload()
    page.get_by_role("button", name="Graph", exact=True).click()
    expect(person.tag("start")).to_be_in_viewport(ratio=0.99)
    assert letters_of(title) >= SMALL_PRINT
    person.picture("2-wide-on-a-phone")


def a_chain(folder: Path, *, of: int) -> Path:
    """An app whose nodes stand in one row, each a screen's third from the next."""
    nodes = [{"id": "start", "data": {"type": "start", "title": "Question", "variables": []}}]
    nodes += [
        {"id": f"t{place}", "data": {"type": "template-transform", "title": f"Step {place}", "template": "x"}}
        for place in range(1, of)
    ]
    edges = [
        {"id": f"e{place}", "source": before["id"], "target": after["id"]}
        for place, (before, after) in enumerate(itertools.pairwise(nodes))
    ]
    placed = [node | {"position": {"x": 330 * place, "y": 200}} for place, node in enumerate(nodes)]
    graph = {"nodes": placed, "edges": edges}
    document = {
        "kind": "app",
        "version": "0.6.0",
        "app": {"name": "Wide", "mode": "workflow"},
        "workflow": {"graph": graph},
    }
    file = folder / "wide.yml"
    file.write_text(json.dumps(document), encoding="utf-8")
    return file


def letters_of(text: Locator) -> float:
    """The size of its letters on the screen, in pixels."""
    size: float = text.evaluate(
        "e => parseFloat(getComputedStyle(e).fontSize) * e.getBoundingClientRect().width / e.offsetWidth"
    )
    return size


def with_a_stand_in(folder: Path) -> Path:
    """A chat app that asks for a model which is not set up here, so that the default one answers, with a notice."""
    file = folder / "elsewhere.yml"
    chat = (APPS / "chat.yml").read_text(encoding="utf-8")
    file.write_text(chat.replace("provider: debug, name: echo", "provider: openai, name: gpt-4o"), encoding="utf-8")
    return file


def test_on_a_phone_nothing_is_cut_off_and_a_page_scrolls_in_one_place(
    person: Visitor, model_server: ModelServer, tmp_path: Path
) -> None:
    page = person.page
    page.set_viewport_size(PHONE)
    person.fits("apps")
    person.drop(with_a_stand_in(tmp_path))
    expect(page.get_by_text("Another model answers")).to_be_visible()
    person.fits("new-chat")
    for turn in range(4):
        lines = "\n\n".join(f"Line {number}." for number in range(12))
        page.get_by_label("Write a message").fill(f"Say {turn}, and a_word_{'that_does_not_end_' * 6}\n\n{lines}")
        page.get_by_role("button", name="Send").click()
        expect(page.get_by_role("article").nth(turn).get_by_text("Done", exact=True)).to_be_visible()
    expect(page.get_by_role("article").last.get_by_role("link", name="Open this run")).to_be_in_viewport()
    person.fits("chat")
    page.get_by_role("tab", name="Past runs").click()
    expect(page.get_by_role("link").filter(has_text="Say 3")).to_be_visible()
    person.fits("past-runs")
    page.get_by_role("button", name="Graph", exact=True).click()
    person.fits("graph")

    page.get_by_label("All apps").click()
    expect(page.get_by_role("heading", name="Your apps")).to_be_visible()
    person.drop(APPS / "triage.yml")
    page.get_by_role("textbox", name="Message").fill("I was charged twice.")
    person.fits("form")
    page.get_by_role("combobox", name="Tone").select_option("plain")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(person.output("reply")).to_be_visible()
    person.fits("result")
    page.get_by_role("link", name="Open this run").click()
    expect(page.get_by_role("tab", name="Timeline")).to_be_visible()
    person.fits("run")
    page.get_by_role("tab", name="Timeline").click()
    person.fits("timeline")
    menu = page.get_by_role("navigation", name="Main")
    menu.get_by_role("link", name="Runs").click()
    expect(page.get_by_role("link").filter(has_text="I was charged twice.").first).to_be_visible()
    person.fits("runs")
    menu.get_by_role("link", name="Models").click()
    expect(page.get_by_role("heading", name="Providers")).to_be_visible()
    page.get_by_role("button", name="Amazon Bedrock").click()
    expect(page.get_by_label("Region")).to_be_visible()
    person.fits("models")


def test_a_provider_is_set_up_with_a_key_that_nobody_reads_again(
    start_server: StartServer, model_server: ModelServer, visitor: Visitor
) -> None:
    server = start_server()
    acme = server.data / "catalog" / "providers" / "acme"
    (acme / "models").mkdir(parents=True)
    (acme / "models" / "small.yml").write_text("id: small\nlabel: Small one\n")
    (acme / "provider.yml").write_text(
        f"id: acme\nlabel: Acme\nwire: openai_chat\nendpoint: {model_server.url}\n"
        "credentials:\n  api_key: { label: Key of Acme, help: Ask them. }\n"
    )
    page = visitor.page
    page.goto(server.link)
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Models").click()
    page.get_by_label("Find a provider").fill("acm")
    page.get_by_role("button", name="Acme").click()
    expect(page.get_by_text("Small one")).to_be_visible()
    page.get_by_label("Key of Acme").fill("sk-of-acme-1234567890")
    page.get_by_role("button", name="Store the key").click()
    expect(page.get_by_text("Acme is set up.")).to_be_visible()
    expect(page.get_by_role("button", name="Acme").get_by_text("Ready")).to_be_visible()
    expect(page.get_by_text("7890")).to_be_visible()
    visitor.fits("set-up")
    assert model_server.keys == ["Bearer sk-of-acme-1234567890"]
    assert "sk-of-acme" not in page.content()
    page.get_by_role("button", name="Remove").click()
    page.get_by_role("button", name="Really remove?").click()
    expect(page.get_by_role("button", name="Acme").get_by_text("Not set up")).to_be_visible()


def test_a_broken_file_is_refused_with_what_is_wrong_and_where(
    person: Visitor, hosted_owner: httpx.Client, tmp_path: Path
) -> None:
    page = person.page
    before = hosted_owner.get("/api/v1/apps").json()
    person.drop(APPS / "broken.yml")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("broken.yml was not imported")
    expect(dialog).to_contain_text("cycle")
    expect(dialog).to_contain_text("step “first”")
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

    other = tmp_path / "notes.txt"
    other.write_text("Dear diary,\ntoday: I went out\n- and back\n", encoding="utf-8")
    person.drop(other)
    expect(dialog).to_contain_text("notes.txt is not an app file")
    expect(dialog).not_to_contain_text("mapping")
    dialog.get_by_role("button", name="Close").last.click()
    # The browser itself notes each answer of a status over 399.
    assert all("422" in error or "400" in error for error in person.errors), person.errors
    person.errors.clear()


def test_an_app_that_cannot_run_says_so_and_offers_nothing_that_would_fail(person: Visitor, tmp_path: Path) -> None:
    page, assistant = person.page, tmp_path / "assistant.yml"
    assistant.write_text("kind: app\napp: { name: Old helper, mode: agent }\nagent: { package_ref: one }\n")
    person.drop(assistant)
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("“Old helper” was imported, but cannot run here yet")
    expect(dialog).to_contain_text("does not run apps of the kind “New agent”")
    person.picture("0-imported")
    dialog.get_by_role("button", name="Open the app").click()
    expect(page.get_by_text("This app cannot run here yet")).to_be_visible()
    for button in ("Publish", "API access", "Send", "Run"):
        expect(page.get_by_role("button", name=button, exact=True)).to_have_count(0)
    person.fits("1-page")
    page.get_by_role("link", name="All apps").click()
    card = page.get_by_role("article").filter(has_text="Old helper")
    expect(card).to_contain_text("Cannot run here yet")
    expect(card).not_to_contain_text("nodes")


def test_what_an_agent_does_is_told_while_it_does_it(
    person: Visitor, model_server: ModelServer, tmp_path: Path
) -> None:
    page, file = person.page, tmp_path / "agent.yml"
    tool = {"provider_id": "calculator", "provider_type": "builtin", "tool_name": "eval_expression"}
    config = {
        "model": {"provider": "openai-compatible", "name": "scripted-1", "mode": "chat"},
        "pre_prompt": "Be brief.",
        "agent_mode": {"enabled": True, "strategy": "react", "tools": [{**tool, "tool_parameters": {}}]},
    }
    file.write_text(json.dumps({"app": {"name": "Counts", "mode": "agent-chat"}, "model_config": config}))
    person.drop(file)
    call = {"action": "eval_expression", "action_input": {"expression": "6*7"}}
    model_server.says_in_turn(f"Thought: I work it out.\nAction: {json.dumps(call)}")
    model_server.says("Thought: I know.\n", "Final Answer: It is 42.", hold_after=1)
    page.get_by_role("textbox").fill("Six times seven?")
    page.get_by_role("button", name="Send").click()
    steps = page.get_by_role("region", name="What the agent did")
    expect(steps.get_by_role("listitem")).to_have_count(2)
    person.picture("0-in-the-chat")
    person.tag("agent").click()
    expect(steps.get_by_role("listitem")).to_have_count(2)
    expect(steps).to_contain_text("Calls calculator/eval_expression")
    expect(steps).to_contain_text(re.compile(r"\d+ tokens"))
    steps.get_by_text("Arguments").click()
    expect(steps).to_contain_text("6*7")
    steps.get_by_text("Result").click()
    expect(steps).to_contain_text("42")
    person.picture("1-at-work")
    model_server.release()
    expect(steps.get_by_role("listitem")).to_have_count(3)
    person.picture("2-done")
    page.get_by_role("tab", name="Chat").click()
    expect(page.get_by_role("article").get_by_text("It is 42.")).to_be_visible()
    expect(steps).to_have_count(0)


def test_a_model_that_sees_no_images_is_named_before_one_is_shown_to_it(person: Visitor, tmp_path: Path) -> None:
    page, file = person.page, tmp_path / "looks.yml"
    seen = {"enabled": True, "configs": {"variable_selector": ["s", "photo"]}}
    model = {"provider": "local", "name": "qwen2.5-coder-0.5b", "mode": "chat"}
    photo = {"type": "file", "variable": "photo", "label": "Photo", "allowed_file_types": ["image"]}
    look = {"type": "llm", "title": "Look", "model": model, "vision": seen}
    nodes = [
        {"id": "s", "data": {"type": "start", "title": "Start", "variables": [photo]}},
        {"id": "m", "data": look | {"prompt_template": [{"role": "user", "text": "What is this?"}]}},
        {"id": "e", "data": {"type": "end", "title": "End", "outputs": []}},
    ]
    edges = [{"source": a["id"], "target": b["id"]} for a, b in itertools.pairwise(nodes)]
    graph = {"nodes": nodes, "edges": edges}
    file.write_text(json.dumps({"app": {"name": "Looks", "mode": "workflow"}, "workflow": {"graph": graph}}))
    person.drop(file)
    notice = page.get_by_role("status").filter(has_text="The model that answers sees no images")
    expect(notice).to_contain_text("cannot see images: a run that shows it one fails at 'Look'")
    person.fits("1-page")


def test_what_keeps_steps_from_running_is_said_once_and_leaves_the_form_in_sight(
    person: Visitor, tmp_path: Path
) -> None:
    page, file = person.page, tmp_path / "trips.yml"
    tools = [
        {"id": f"1711{n}", "data": {"type": "knowledge-index", "title": title}}
        for n, title in enumerate(("Maps", "Trains"))
    ]
    model = {"provider": "langgenius/openai/openai", "name": "gpt-4o", "mode": "chat"}
    prompt = [{"role": "user", "text": "Plan {{#s.where#}}"}]
    nodes = [
        {"id": "s", "data": {"type": "start", "title": "Start", "variables": [{"variable": "where", "type": "text"}]}},
        *tools,
        {"id": "m", "data": {"type": "llm", "title": "Plan", "model": model, "prompt_template": prompt}},
        {"id": "e", "data": {"type": "end", "title": "End", "outputs": []}},
    ]
    edges = [{"source": a["id"], "target": b["id"]} for a, b in itertools.pairwise(nodes)]
    graph = {"nodes": nodes, "edges": edges}
    file.write_text(json.dumps({"app": {"name": "Trips", "mode": "workflow"}, "workflow": {"graph": graph}}))
    person.drop(file)
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("2 of its steps cannot run here yet")
    expect(dialog.get_by_text("Maps, Trains")).to_be_visible()
    expect(dialog).not_to_contain_text(re.compile("not_runnable|1711|--mock"))
    expect(dialog).to_contain_text("The app asks for gpt-4o of OpenAI, which is not set up here")
    person.picture("1-imported")
    dialog.get_by_role("button", name="Open the app").click()
    page.set_viewport_size({"width": 1280, "height": 800})
    expect(page.get_by_role("button", name="Run", exact=True)).to_be_in_viewport()
    person.fits("2-page")
    page.get_by_role("textbox").fill("Rome")
    page.get_by_role("button", name="Run", exact=True).click()
    failure = page.get_by_role("alert")
    expect(failure).to_contain_text("At “Maps”")
    expect(failure).to_contain_text("Steps of the kind “Knowledge index” cannot run in this release yet.")
    expect(failure).not_to_contain_text(re.compile("--mock|knowledge-index"))
    person.picture("2-failed")
    page.get_by_role("link", name="Open this run").click()
    expect(page.get_by_role("tab", name="Timeline")).to_be_visible()
    expect(page.get_by_text("Another model answers")).to_be_visible()
    expect(page.get_by_text("OPENAI_API_KEY")).to_have_count(0)
    person.fits("2-run")
    page.get_by_role("link", name="Set up OpenAI").click()
    expect(page.get_by_label("API key")).to_be_in_viewport()
    person.picture("3-provider")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Apps").click()
    expect(page.get_by_role("article").filter(has_text="Trips")).to_contain_text("Cannot run here yet")
    person.picture("4-card")


def test_files_are_handed_in_one_is_refused_and_taken_out_and_the_rest_are_read(
    person: Visitor, tmp_path: Path
) -> None:
    page, file = person.page, tmp_path / "reader.yml"
    papers = {"variable": "papers", "label": "Papers", "type": "file-list", "required": True, "max_length": 3}
    taken = {"allowed_file_types": ["document"], "allowed_file_upload_methods": ["local_file"]}
    out = {"variable": "text", "value_selector": ["d", "text"]}
    nodes = [
        {"id": "s", "data": {"type": "start", "title": "Start", "variables": [papers | taken]}},
        {"id": "d", "data": {"type": "document-extractor", "title": "Read", "variable_selector": ["s", "papers"]}},
        {"id": "e", "data": {"type": "end", "title": "End", "outputs": [out]}},
    ]
    edges = [{"source": "s", "target": "d"}, {"source": "d", "target": "e"}]
    tree = {"app": {"name": "Reader", "mode": "workflow"}, "workflow": {"graph": {"nodes": nodes, "edges": edges}}}
    file.write_text(json.dumps(tree))
    person.drop(file)
    run = page.get_by_role("button", name="Run", exact=True)
    run.click()
    expect(page.get_by_role("alert")).to_have_text("Papers is needed.")
    for name, content in (("one.txt", "First words."), ("two.md", "Second words."), ("seen.png", "no document")):
        (tmp_path / name).write_text(content)
    page.get_by_label("Papers").set_input_files([tmp_path / name for name in ("one.txt", "two.md", "seen.png")])
    expect(page.get_by_role("alert")).to_contain_text("takes files of type document only")
    run.click()
    expect(page.get_by_text("Take out the file that could not be handed in.")).to_be_visible()
    person.fits("1-refused")
    page.get_by_role("button", name="Take out seen.png").click()
    run.click()
    expect(page.get_by_role("group").filter(has_text="Second words.").first).to_contain_text("First words.")
    person.picture("2-read")
    page.get_by_role("link", name="Open this run").click()
    expect(page.get_by_role("group").filter(has_text="Inputs").filter(has_text="Papers")).to_contain_text("one.txt")
    page.get_by_role("link", name="Open the app").click()
    expect(page.get_by_role("button", name="Take out two.md")).to_be_visible()
    assert all("422" in error for error in person.errors), person.errors
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
        stranger.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        stranger.page.get_by_role("button", name="Copy").click()
        expect(stranger.page.get_by_role("button", name="Copied")).to_be_visible()
        assert "keys sign-in-link" in stranger.page.evaluate("navigator.clipboard.readText()")
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
