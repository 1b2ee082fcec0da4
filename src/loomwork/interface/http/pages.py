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
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>Loomwork</title>
<style>
:root {{ --paper: #f4eee2; --sheet: #fdfaf3; --well: #ebe3d3; --ink: #211c16; --faded: #5e5447; --line: #ddd2bf;
  --thread: #0b5f5e; --madder: #a3342a; --marigold: #e0a02b; }}
@media (prefers-color-scheme: dark) {{ :root {{ --paper: #181512; --sheet: #221e1a; --well: #2d2823; --ink: #f0e8da;
  --faded: #b8ac9a; --line: #3b342d; --thread: #63c5b8; --madder: #f28c7c; }} }}
body {{ display: grid; min-height: 100vh; margin: 0; padding: 1rem; box-sizing: border-box; place-items: center;
  font: 15px/1.5 ui-sans-serif, system-ui, sans-serif; color: var(--ink); background: var(--paper); }}
main {{ width: 100%; max-width: 32rem; overflow: hidden; border: 1px solid var(--line); border-radius: 6px;
  background: var(--sheet); }}
.hem {{ height: 5px; background: repeating-linear-gradient(90deg, rgb(255 255 255 / .3) 0 2px, transparent 2px 5px),
  linear-gradient(90deg, var(--thread) 0 62%, var(--madder) 62% 78%, var(--marigold) 78% 86%, var(--thread) 86%); }}
.words {{ padding: 1.75rem; overflow-wrap: anywhere; color: var(--faded); }}
.name, h1 {{ margin: 0 0 1rem; color: var(--ink);
  font: 600 1.5rem/1.25 "Iowan Old Style", Palatino, Charter, Georgia, "Liberation Serif", serif; }}
.name {{ display: flex; align-items: center; gap: .6rem; }}
p {{ margin: .75rem 0 0; }}
code {{ padding: .1em .4em; border-radius: 4px; overflow-wrap: anywhere; color: var(--ink); background: var(--well);
  font: .9em ui-monospace, Menlo, "Liberation Mono", monospace; }}
.command {{ display: flex; align-items: center; gap: .5rem; margin: .75rem 0 0; padding: .5rem .5rem .5rem .75rem;
  border-radius: 5px; background: var(--well); }}
.command code {{ flex: 1; padding: 0; background: none; user-select: all; }}
button {{ padding: .35rem .75rem; border: 1px solid var(--faded); border-radius: 5px; color: var(--ink);
  background: var(--sheet); font: inherit; font-size: .9em; cursor: pointer; }}
</style></head>
<body><main><div class="hem"></div><div class="words"><div class="name">
<svg viewBox="0 0 32 32" width="32" height="32" fill="none" stroke-linecap="round" stroke-width="3.4"
  aria-hidden="true">
<path d="M10 4v24M22 4v24M16 4v4M16 15.5v12.5" stroke="var(--ink)"/>
<path d="M3.5 11.5H8M12 11.5h8M24 11.5h4.5" stroke="var(--thread)"/>
<path d="M3.5 20.5H14M18 20.5h10.5" stroke="var(--madder)"/>
</svg>Loomwork</div><h1>{title}</h1><p>{text}</p></div></main></body>
</html>
"""
"""In the console's clothes (its style.css), with nothing to load: it must stand where no console is built."""


COPYING = """document.querySelectorAll('.command').forEach((line) => {
  const button = line.querySelector('button')
  if (!navigator.clipboard) return
  button.hidden = false
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(line.querySelector('code').textContent)
    button.textContent = 'Copied'
  })
})
"""
"""Browsers give the clipboard to pages of this machine and over https only; elsewhere a click marks the whole line."""


def copyable(command: str) -> str:
    """A command on lines of its own, with a button that copies it. For `plain_page`, on pages below `/sign-in`."""
    return (
        f'<div class="command"><code>{escape(command)}</code><button type="button" hidden>Copy</button></div>'
        '<script src="/sign-in/copy.js" defer></script>'
    )


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
