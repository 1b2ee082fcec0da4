"""The console's files, and what stands in their place where they were not built."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

pytestmark = pytest.mark.anyio


@pytest.fixture
async def browser(build: Callable[..., FastAPI], tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    built = tmp_path / "console"
    (built / "assets").mkdir(parents=True)
    (built / "index.html").write_text("<title>The console</title>")
    (built / "favicon.svg").write_text("<svg/>")
    (built / "assets" / "main-1a2b.js").write_text("start()")
    (tmp_path / "secret.txt").write_text("a secret")
    (built / "leak.txt").symlink_to(tmp_path / "secret.txt")
    transport = httpx.ASGITransport(build(console_dir=built))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8700") as client:
        yield client


@pytest.mark.parametrize("path", ["/", "/apps/1", "/chat/site", "/runs/2?tab=events", "/index.html", "/apps/a.yml"])
async def test_every_page_address_opens_the_console_and_is_asked_for_anew(
    browser: httpx.AsyncClient, path: str
) -> None:
    answer = await browser.get(path)
    assert answer.status_code == 200
    assert "The console" in answer.text
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["cache-control"] == "no-cache"


async def test_assets_are_kept_for_ever_because_their_names_change(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/assets/main-1a2b.js")
    assert answer.text == "start()"
    assert "javascript" in answer.headers["content-type"]
    assert "immutable" in answer.headers["cache-control"]
    again = await browser.get("/assets/main-1a2b.js", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
    assert (await browser.get("/assets/gone.js")).status_code == 404
    assert (await browser.get("/favicon.svg")).headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("path", ["/api", "/api/v2", "/v1", "/openai/v2/models", "/metrics", "/mcp/x"])
async def test_addresses_of_programs_never_get_a_page(browser: httpx.AsyncClient, path: str) -> None:
    answer = await browser.get(path)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


@pytest.mark.parametrize("path", [
    "/../secret.txt", "/%2e%2e/secret.txt", "/assets/..%2f..%2fsecret.txt", "/..%5csecret.txt", "//secret.txt",
    "/leak.txt", "/assets/%00", "/" + "a" * 3000,
])  # fmt: skip
async def test_nothing_outside_the_console_is_served(browser: httpx.AsyncClient, path: str) -> None:
    answer = await browser.get(path)
    assert answer.status_code in (200, 404)
    assert "a secret" not in answer.text


async def test_without_a_console_a_page_says_how_to_build_it(client: httpx.AsyncClient) -> None:
    answer = await client.get("/")
    assert answer.status_code == 200
    assert "make web" in answer.text


async def test_an_empty_console_folder_is_no_console(build: Callable[..., FastAPI], tmp_path: Path) -> None:
    transport = httpx.ASGITransport(build(console_dir=tmp_path))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8700") as client:
        assert "make web" in (await client.get("/")).text
