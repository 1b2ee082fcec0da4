"""Pages of the web, read through the gate from a real server."""

import threading
from collections.abc import AsyncIterator, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from loomwork.adapters.documents.reader import ProcessDocumentReader
from loomwork.adapters.documents.web import EgressPageReader, main_part
from loomwork.adapters.egress import EgressGate, EgressPolicy
from loomwork.knowledge.domain.errors import DocumentUnusable

MAIN = "<p>The warranty is two years.</p>" * 10
PAGES: dict[str, tuple[str, str]] = {
    "/robots.txt": ("text/plain", "User-agent: *\nDisallow: /private\n"),
    "/": (
        "text/html; charset=utf-8",
        f"<head><title>Lamps</title></head><body><nav><a href='/a#x'>A</a> <a href=/b>B</a> <a href='/private/c'>C</a>"
        f"<a href='https://elsewhere.example/d'>D</a><a href='/a'>A again</a></nav>"
        f"<main><h1>Lamps</h1>{MAIN}</main><footer>Imprint</footer></body>",
    ),
    "/a": ("text/html; charset=gb18030", "<p>保修两年</p><a href='/e'>E</a>"),
    "/b": ("text/csv", "a,b\n1,2\n"),
    "/e": ("text/html", "<p>E</p>"),
    "/map.xml": (
        "application/xml",
        "<sitemapindex><sitemap><loc>{root}/one.xml</loc></sitemap></sitemapindex>",
    ),
    "/one.xml": (
        "application/xml",
        "<urlset><url><loc>{root}/a</loc></url><url><loc>{root}/private/c</loc></url>"
        "<url><loc>https://elsewhere.example/</loc></url><url><loc>{root}/b</loc></url></urlset>",
    ),
}


class Site(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        kind, said = PAGES.get(self.path, ("", ""))
        root = f"http://{self.headers['Host']}"
        charset = "gb18030" if "gb18030" in kind else "utf-8"
        body = said.replace("{root}", root).encode(charset)
        self.send_response(200 if kind else 404)
        self.send_header("Content-Type", kind or "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@pytest.fixture
def root() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
async def pages(root: str) -> AsyncIterator[EgressPageReader]:
    documents = ProcessDocumentReader()
    gate = EgressGate(EgressPolicy(allow=frozenset({root.removeprefix("http://")})))
    yield EgressPageReader(gate, documents)
    await gate.close()
    documents.close()


async def test_a_page_is_its_main_part(pages: EgressPageReader, root: str) -> None:
    page = await pages.read(f"{root}/")
    assert page.document.title == "Lamps"
    assert page.document.blocks[0].text == "Lamps"
    assert {block.text for block in page.document.blocks[1:]} == {"The warranty is two years."}


async def test_a_page_is_read_in_the_writing_that_its_server_names(pages: EgressPageReader, root: str) -> None:
    page = await pages.read(f"{root}/a")
    assert page.document.blocks[0].text == "保修两年"


async def test_what_is_no_page_is_read_as_the_document_that_it_is(pages: EgressPageReader, root: str) -> None:
    page = await pages.read(f"{root}/b")
    assert [block.kind for block in page.document.blocks] == ["table"]


async def test_links_of_the_host_are_found_as_deep_as_asked(pages: EgressPageReader, root: str) -> None:
    assert await pages.addresses(f"{root}/", most=9) == [f"{root}/", f"{root}/a", f"{root}/b"]
    deeper = await pages.addresses(f"{root}/", most=9, depth=2)
    assert deeper == [f"{root}/", f"{root}/a", f"{root}/b", f"{root}/e"]
    assert await pages.addresses(f"{root}/", most=2, depth=2) == [f"{root}/", f"{root}/a"]


async def test_pages_of_a_site_map_are_found(pages: EgressPageReader, root: str) -> None:
    assert await pages.addresses(f"{root}/map.xml", most=9) == [f"{root}/a", f"{root}/b"]


async def test_what_robots_may_not_read_is_not_read(pages: EgressPageReader, root: str) -> None:
    with pytest.raises(DocumentUnusable, match=r"does not want robots to read this page"):
        await pages.read(f"{root}/private/c")


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/", "ftp://x.example/", "nothing", "http://169.254.169.254/"])
async def test_what_is_not_on_the_public_web_is_not_read(pages: EgressPageReader, url: str) -> None:
    with pytest.raises(DocumentUnusable):
        await pages.read(url)


async def test_a_page_that_is_not_there_says_so(pages: EgressPageReader, root: str) -> None:
    with pytest.raises(DocumentUnusable, match="answered with status 404"):
        await pages.read(f"{root}/missing")


def test_a_page_with_little_in_its_main_part_is_taken_whole() -> None:
    html = "<body><main>x</main><p>All of it</p></body>"
    assert main_part(html) == html
