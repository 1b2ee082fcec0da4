"""Documents are dropped on a knowledge base in a real browser, and found in it with the local model."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import a_server, end
from tests.journeys.server_process import ServerProcess
from tests.journeys.visitor import Visitor

pytestmark = pytest.mark.slow

_DROP = """(files) => {
  const carried = new DataTransfer()
  for (const [name, content] of files) carried.items.add(new File([content], name))
  for (const type of ['dragenter', 'dragover', 'drop'])
    document.body.dispatchEvent(new DragEvent(type, { dataTransfer: carried, bubbles: true, cancelable: true }))
}"""
HOURS = "# Office hours\n\nThe office in Brevik opens at seven in the morning.\n"
TRAMS = "# Trams\n\nThe night tram is purple.\n"


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[ServerProcess]:
    """A server as a new user starts it: nothing is set, and weights are in the user's cache or fetched to it."""
    server = a_server(tmp_path)
    server.environment = {name: value for name, value in server.environment.items() if not name.startswith("LOOMWORK_")}
    server.start()
    yield server
    end(server)


def test_files_dropped_on_a_knowledge_base_are_indexed_found_and_removed(
    machine: ServerProcess, visitor: Visitor
) -> None:
    page = visitor.page
    page.goto(machine.link)
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Knowledge").click()
    expect(page.get_by_text("There is no knowledge yet.")).to_be_visible()
    visitor.fits("1-none")
    page.get_by_label("Name of a new knowledge base").fill("Documents")
    page.get_by_role("button", name="Make it").click()
    expect(page.get_by_role("heading", name="Documents", level=1)).to_be_visible()
    expect(page.get_by_text("Nothing is in here yet.")).to_be_visible()

    page.evaluate(_DROP, [["hours.md", HOURS], ["trams.txt", TRAMS], ["broken.pdf", "%PDF-1.4 and nothing else"]])
    rows = page.get_by_role("list", name="Documents").get_by_role("listitem")
    expect(rows).to_have_count(3)
    for name in ("hours.md", "trams.txt"):
        expect(rows.filter(has_text=name)).to_contain_text("Indexed")
    broken = rows.filter(has_text="broken.pdf")
    expect(broken).to_contain_text("Failed")
    expect(broken.get_by_role("button", name="Try again broken.pdf")).to_be_visible()
    said = machine.command.done("knowledge", "documents", "Documents", "--json").lines
    problem = next(each["problem"] for each in said if each["name"] == "broken.pdf")
    assert problem
    expect(broken).to_contain_text(problem)

    page.get_by_role("textbox", name="Question").fill("When does the office in Brevik open?")
    page.get_by_role("button", name="Find passages").click()
    best = page.get_by_role("list", name="Passages").get_by_role("listitem").first
    expect(best).to_contain_text("hours.md")
    expect(best.locator("mark").filter(has_text="Brevik")).to_be_visible()
    visitor.fits("2-found")
    page.get_by_role("button", name="Switch to the dark theme").click()
    visitor.fits("3-dark")

    broken.get_by_role("button", name="Remove broken.pdf").click()
    broken.get_by_role("button", name="Really remove broken.pdf").click()
    expect(rows).to_have_count(2)
    page.reload()
    expect(rows).to_have_count(2)

    page.get_by_role("button", name="Delete", exact=True).click()
    yes = page.get_by_role("button", name="Delete it")
    expect(yes).to_be_disabled()
    page.get_by_label("Type Documents to confirm").fill("Documents")
    yes.click()
    expect(page.get_by_text("There is no knowledge yet.")).to_be_visible()
    assert json.dumps(machine.command.done("knowledge", "list", "--json").lines) == "[]"
