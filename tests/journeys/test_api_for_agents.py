"""The lines of the README that make a tool of an API and have an agent call it, as they stand there."""

import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.conftest import StartServer
from tests.journeys.server_process import COMMAND_SECONDS, clean_environment

ROOT = Path(__file__).resolve().parent.parent.parent
SCRIPT = re.compile(r"^## An API as a tool of an agent$.*?^```sh$(.*?)^```$", re.MULTILINE | re.DOTALL)
LOOMWORK = 'loomwork() { "$PYTHON" -m loomwork "$@"; }\n'
DOCUMENT = {
    "openapi": "3.0.3",
    "info": {"title": "Pets", "version": "1"},
    "servers": [{"url": "/api/v3"}],
    "paths": {
        "/pet/findByStatus": {
            "get": {
                "operationId": "findPetsByStatus",
                "summary": "Finds pets by their status.",
                "parameters": [{"name": "status", "in": "query", "required": True, "schema": {"type": "string"}}],
                "responses": {"200": {"description": "Pets."}},
            }
        },
        "/pet": {"post": {"operationId": "addPet", "responses": {"200": {"description": "Added."}}}},
    },
}


class Elsewhere(ThreadingHTTPServer):
    """The API with its document, and a model that calls the first tool it is offered and tells what came of it."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answering)
        self.asked: list[str] = []
        self.offered: list[Any] = []

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server_port}"


class _Answering(BaseHTTPRequestHandler):
    server: Elsewhere

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        self._send(
            json.dumps(DOCUMENT if self.path.endswith("openapi.json") else [{"name": "Rex"}]), "application/json"
        )

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        results = [each["content"] for each in body["messages"] if each["role"] == "tool"]
        if results:
            delta: dict[str, Any] = {"content": f"There is {json.loads(results[-1])[0]['name']}."}
        else:
            self.server.offered = body["tools"]
            called = {"name": body["tools"][0]["function"]["name"], "arguments": '{"status": "available"}'}
            delta = {"tool_calls": [{"index": 0, "id": "c1", "type": "function", "function": called}]}
        ended = {"index": 0, "delta": {}, "finish_reason": "stop" if results else "tool_calls"}
        frames = [{"choices": [{"index": 0, "delta": delta}]}, {"choices": [ended]}]
        self._send(
            "".join(f"data: {json.dumps(each)}\n\n" for each in frames) + "data: [DONE]\n\n", "text/event-stream"
        )

    def _send(self, text: str, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    with Elsewhere() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server
        server.shutdown()
        thread.join(30)


def test_an_agent_calls_a_tool_that_the_lines_of_the_readme_have_made_of_an_openapi_document(
    start_server: StartServer, elsewhere: Elsewhere
) -> None:
    written = SCRIPT.search((ROOT / "README.md").read_text(encoding="utf-8"))
    assert written is not None
    lines = [line for line in written.group(1).strip().replace("\\\n", "").splitlines() if line]
    assert len(lines) <= 6
    known = {
        "LOOMWORK_EGRESS_ALLOW": elsewhere.host,
        "OPENAI_BASE_URL": f"http://{elsewhere.host}/v1",
        "OPENAI_API_KEY": "sk-none",
    }
    server = start_server(**known)
    script = LOOMWORK + written.group(1).replace("http://127.0.0.1:8700", server.url)
    script = script.replace("https://petstore3.swagger.io", f"http://{elsewhere.host}")
    done = subprocess.run(
        ["bash", "-e", "-c", script],
        cwd=ROOT,
        env=clean_environment(LOOMWORK_DATA=str(server.data), PYTHON=sys.executable, **known),
        capture_output=True,
        text=True,
        timeout=4 * COMMAND_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert [each["function"]["parameters"]["required"] for each in elsewhere.offered] == [["status"]]
    assert elsewhere.asked == ["/api/v3/openapi.json", "/api/v3/pet/findByStatus?status=available"]
    assert json.loads(done.stdout.splitlines()[-1])["data"]["outputs"] == {"answer": "There is Rex."}
