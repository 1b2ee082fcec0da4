"""The pages: the built console, or a word on how to build it; and signing in by a link."""

from html import escape
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocketClose

from loomwork.interface.http.errors import error_response

RESERVED = frozenset({"api", "v1", "openai", "taskingai", "mcp", "health", "ready", "metrics", "sign-in"})
"""First segments of paths that belong to programs and never get a page."""

_FOREVER = "public, max-age=31536000, immutable"

_PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Loomwork</title>
<style>
body {{ font: 16px/1.6 system-ui, sans-serif; color: #1f2430; background: #f6f7f9; margin: 0; }}
main {{ max-width: 34rem; margin: 18vh auto 0; padding: 2rem; background: #fff; border-radius: 12px; }}
code {{ background: #eef0f4; padding: .1em .4em; border-radius: 4px; }}
</style></head>
<body><main><h1>{title}</h1><p>{text}</p></main></body>
</html>
"""


def plain_page(title: str, text: str, status: int = 200) -> Response:
    """A small page that needs nothing else. `text` is HTML of our own; `title` is escaped."""
    page = _PAGE.format(title=escape(title), text=text)
    return HTMLResponse(page, status, headers={"Cache-Control": "no-store"})


class Pages:
    """All addresses that no program asks for: files of the console where there are such, else its one page, which
    knows its own addresses.
    """

    def __init__(self, console_dir: Path | None) -> None:
        built = console_dir is not None and (console_dir / "index.html").is_file()
        self._files = StaticFiles(directory=console_dir) if built else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await WebSocketClose()(scope, receive, send)
            return
        response = await self._answer(scope)
        await response(scope, receive, send)

    async def _answer(self, scope: Scope) -> Response:
        if scope["path"].strip("/").partition("/")[0] in RESERVED:
            return error_response(404, "not_found", "There is nothing at this address.")
        if scope["method"] not in ("GET", "HEAD"):
            headers = {"Allow": "GET, HEAD"}
            return error_response(405, "method_not_allowed", "Pages can only be read.", headers=headers)
        if self._files is None:
            text = "Run <code>make web</code> in the repository and start again. The API works without it."
            return plain_page("The console is not built yet", text)
        return await _console_file(self._files, scope)


async def _console_file(files: StaticFiles, scope: Scope) -> Response:
    path = files.get_path(scope)
    try:
        response = await files.get_response(path, scope)
    except HTTPException:
        if path.startswith("assets/"):
            return error_response(404, "not_found", "The console has no such file. Reload the page.")
        path = "index.html"
        response = await files.get_response(path, scope)
    response.headers["Cache-Control"] = _FOREVER if path.startswith("assets/") else "no-cache"
    return response
