"""A person at a browser, who notices what goes wrong behind the page."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Request, ViewportSize, expect

VIEWPORT: ViewportSize = {"width": 1360, "height": 850}
PATIENCE_MS = 60_000

_DROP = """([name, content]) => {
  const carried = new DataTransfer()
  carried.items.add(new File([content], name, { type: 'application/yaml' }))
  for (const type of ['dragenter', 'dragover', 'drop'])
    document.body.dispatchEvent(new DragEvent(type, { dataTransfer: carried, bubbles: true, cancelable: true }))
}"""

_MISFITS = """() => {
  const shown = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true })
  const styled = [...document.querySelectorAll('body, body *')]
    .filter(shown).map((element) => [element, getComputedStyle(element)])
  const scrolls = (style) => /auto|scroll/.test(style.overflowY)
  const scrollers = styled
    .filter(([e, style]) => scrolls(style) && e.scrollHeight > e.clientHeight + 1 && e.tagName !== 'TEXTAREA')
    .map(([e]) => e)
  const apart = (e) => e.closest('.react-flow, pre, table, .sr-only, [aria-hidden=true], [role=tablist]')
  const cut = styled.filter(([e]) => !apart(e) && e.getClientRects().length)
    .filter(([e]) => e.getBoundingClientRect().right > innerWidth + 1 || e.getBoundingClientRect().left < -1)
    .map(([e]) => e)
  const name = (e) => `${e.tagName} ${e.className} ${(e.textContent ?? '').slice(0, 60)}`
  return { wide: document.documentElement.scrollWidth - innerWidth, scrollers: scrollers.map(name), cut: cut.map(name) }
}"""


@dataclass
class Visitor:
    """`errors`: what the page has complained about. `foreign`: requests that were not for this machine."""

    page: Page
    folder: Path
    errors: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)

    @classmethod
    @contextmanager
    def at(cls, browser: Browser, folder: Path) -> "Iterator[Self]":
        """Somebody with a browser that has never been here."""
        context = browser.new_context(viewport=VIEWPORT)
        context.set_default_timeout(PATIENCE_MS)
        expect.set_options(timeout=PATIENCE_MS)
        visitor = cls(context.new_page(), folder)
        visitor.page.on("console", visitor._hear)
        visitor.page.on("pageerror", lambda error: visitor.errors.append(str(error)))
        context.on("request", visitor._see)
        try:
            yield visitor
        finally:
            visitor.picture("at-the-end")
            context.close()

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.errors.append(f"{message.text} ({message.location})")

    def _see(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in ("data", "blob") and address.hostname != "127.0.0.1":
            self.foreign.append(request.url)

    def check(self) -> None:
        """Raises where the page complained, or asked another machine for anything."""
        assert self.foreign == []
        assert self.errors == []

    def picture(self, name: str) -> None:
        """A picture of the page in the test's folder, to be looked at by people."""
        self.page.screenshot(path=self.folder / f"{name}.png")

    def fits(self, name: str) -> None:
        """Picture the page; nothing on it may stand beyond its edges, and one part of it at most may scroll."""
        self.picture(name)
        misfits = self.page.evaluate(_MISFITS)
        assert misfits["wide"] <= 0, (name, misfits)
        assert len(misfits["scrollers"]) <= 1, (name, misfits)
        assert misfits["cut"] == [], (name, misfits)

    def drop(self, file: Path) -> None:
        """Drag a file from the desktop onto the page."""
        self.page.evaluate(_DROP, [file.name, file.read_text(encoding="utf-8")])

    def output(self, name: str) -> Locator:
        """What a workflow that has ended gives by this name, which people are shown as words."""
        return self.page.get_by_role("region", name=name.replace("_", " ").capitalize(), exact=True)

    def step(self, title: str) -> Locator:
        """A node in the list of what ran."""
        steps = self.page.get_by_role("region", name="Steps")
        return steps.get_by_role("listitem").filter(has_text=title)

    def tag(self, node_id: str) -> Locator:
        """A node in the graph."""
        return self.page.locator(f".react-flow__node[data-id={json.dumps(node_id)}]")
