"""Waits on a port of this machine for a browser that comes back from signing in somewhere."""

import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import TracebackType
from urllib.parse import parse_qsl, urlsplit

from loomwork.kernel.errors import InvalidInput

_PATH = "/callback"
_PAGE = (
    b"<!doctype html><meta charset=utf-8><title>Loomwork</title><p>You can close this page, and go on in the terminal."
)


class ComingBack:
    """Listens while the block lasts; `url` is where a browser is to come back to."""

    def __init__(self) -> None:
        self._answer: Mapping[str, str] | None = None
        self._came = threading.Event()
        self._server = HTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}{_PATH}"

    def wait(self, seconds: float) -> Mapping[str, str]:
        """The parameters that it came back with. Raises `InvalidInput` where none does so in time."""
        if not self._came.wait(seconds) or self._answer is None:
            raise InvalidInput(f"No browser came back within {seconds:g} seconds; begin again.")
        return self._answer

    def __enter__(self) -> "ComingBack":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _take(self, target: str) -> bool:
        """Whether it is what was waited for; the first one counts."""
        parts = urlsplit(target)
        answer = dict(parse_qsl(parts.query))
        if parts.path != _PATH or "state" not in answer:
            return False
        if self._answer is None:
            self._answer = answer
            self._came.set()
        return True

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        take = self._take

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                taken = take(self.path)
                self.send_response(200 if taken else 404)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Security-Policy", "default-src 'none'")
                self.end_headers()
                self.wfile.write(_PAGE if taken else b"")

            def log_message(self, format: str, *args: object) -> None:
                """The code stands in the address: it is written nowhere."""

        return Handler
