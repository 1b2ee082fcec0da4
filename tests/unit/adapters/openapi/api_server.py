"""An API on a real socket that says what it was asked, and documents to ask it by."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from loomwork.adapters.documents.parser import ProcessDocumentParser
from loomwork.adapters.documents.reader import ProcessDocumentReader
from loomwork.adapters.egress import EgressGate, EgressPolicy
from loomwork.adapters.files import FileReader
from loomwork.adapters.openapi.reading import read_api
from loomwork.adapters.openapi.source import ApiTools
from loomwork.adapters.tools.world import ToolWorld
from loomwork.kernel.clock import Clock, SystemClock
from loomwork.kernel.scope import Scope, embedded_scope
from loomwork.tools.domain.api_definition import ApiSettings
from loomwork.tools.domain.call import ToolCall, ToolResult
from loomwork.tools.ports import ApiRow, Tool, Toolset

OURS = embedded_scope()
JSON = {"Content-Type": "application/json"}


@dataclass
class Heard:
    """A request as it came in, its target as it stood on the wire."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Api:
    """Answers with what `answers` says of a path, else with `{"ok": true}`."""

    url: str
    heard: list[Heard] = field(default_factory=list)
    answers: dict[str, tuple[int, Mapping[str, str], bytes]] = field(default_factory=dict)

    @property
    def last(self) -> Heard:
        return self.heard[-1]


@contextmanager
def api_server() -> Iterator[Api]:
    """Listens on a port of its own, until the end of the block."""
    api = Api("")

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            api.heard.append(Heard(self.command, self.path, headers, body))
            status, said, content = api.answers.get(urlsplit(self.path).path, (200, JSON, b'{"ok": true}'))
            self.send_response(status)
            for name, value in said.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = answer  # noqa: N815  # the library's names

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    api.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield api
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class OneApi:
    """Implements `ApiStore` for reading alone: one API is kept."""

    def __init__(self, row: ApiRow) -> None:
        self.row = row

    async def put(self, scope: Scope, row: ApiRow, *, drop_credentials: bool) -> None:
        self.row = row

    async def remove(self, scope: Scope, slug: str) -> None:
        raise AssertionError

    async def find(self, scope: Scope, slug: str) -> ApiRow | None:
        return self.row if slug == self.row.slug else None

    async def states(self, scope: Scope) -> Mapping[str, str]:
        return {self.row.slug: self.row.state}


def world_with(gate: EgressGate, clock: Clock | None = None) -> ToolWorld:
    return ToolWorld(gate, ProcessDocumentParser(ProcessDocumentReader()), FileReader(gate), clock or SystemClock())


def gate_to(api: Api) -> EgressGate:
    """Lets requests go to this API, although it is no public one."""
    return EgressGate(EgressPolicy(allow=frozenset({urlsplit(api.url).netloc})))


def document(paths: Mapping[str, Any], *, server: str = "https://api.example.org", **more: Any) -> dict[str, Any]:
    info = {"title": "Things", "version": "1"}
    return {"openapi": "3.0.3", "info": info, "servers": [{"url": server}], "paths": dict(paths), **more}


def with_one(api: Api, operation: Mapping[str, Any], *, path: str = "/things", method: str = "get") -> dict[str, Any]:
    """A document of one operation, which is called `it`."""
    return document({path: {method: {"operationId": "it", "responses": {}, **operation}}}, server=api.url)


async def toolset_of(
    said: Mapping[str, Any], gate: EgressGate, settings: ApiSettings | None = None, clock: Clock | None = None
) -> Toolset:
    definition = read_api(json.dumps(said).encode())
    now = SystemClock().now()
    row = ApiRow("i", "things", "Things", "", definition, settings or ApiSettings(), "s", now, now)
    toolset = await ApiTools(OneApi(row), world_with(gate, clock)).toolset(OURS, "api.things")
    assert toolset is not None
    return toolset


async def called(tool: Tool, credentials: Mapping[str, str] | None = None, **arguments: Any) -> ToolResult:
    return await tool.call(ToolCall(OURS, arguments, "key-1", credentials or {}))
