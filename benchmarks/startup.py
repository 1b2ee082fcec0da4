"""From `loomwork up` to ready, the memory before the model loads, and the first token of the local model.

The weights of the local model have to be on this machine; where they are not, they are fetched first and not counted.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

PORT = 8791
BASE = f"http://127.0.0.1:{PORT}"
READY_SECONDS = 3.0
READY_MEGABYTES = 200.0
FIRST_TOKEN_SECONDS = 5.0
CHAT_STARTER = Path(__file__).resolve().parent.parent / "catalog" / "apps" / "chat.yml"
PROMPT = "Tell me in a few words what a loom is. " + "It is used for weaving cloth from yarn. " * 16
"""About 200 tokens with the app's own system prompt."""


@dataclass(frozen=True)
class Started:
    """Seconds to `/ready`; megabytes resident then; seconds to the first token, the model's loading included."""

    ready_seconds: float
    megabytes: float
    first_token_seconds: float


def measure() -> Started:
    """Start a server on an empty data folder and ask the chat starter one question."""
    folder = tempfile.mkdtemp(prefix="loomwork-bench-")
    try:
        return _measure(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _measure(folder: str) -> Started:
    began = time.perf_counter()
    with server(folder) as process:
        wait_until_ready()
        ready = time.perf_counter() - began
        megabytes = _resident_megabytes(process.pid)
        key = publish_chat(folder)
        return Started(ready, megabytes, first_token(key))


@contextmanager
def server(folder: str) -> Iterator[subprocess.Popen[bytes]]:
    """`loomwork up` on a data folder, at `BASE`, as a process of its own."""
    command = [sys.executable, "-m", "loomwork", "up", "--port", str(PORT), "--data", folder]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=30)


def wait_until_ready() -> None:
    """Wait for `/ready` for a minute at least. Raises `RuntimeError`."""
    for _ in range(6000):
        try:
            with urllib.request.urlopen(f"{BASE}/ready", timeout=1):
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.01)
    raise RuntimeError("the server did not become ready")


def _resident_megabytes(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    match = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert match is not None
    return int(match.group(1)) / 1024


def publish_chat(folder: str) -> str:
    """Import the chat starter while its server runs; the app's key."""
    command = [sys.executable, "-m", "loomwork", "import", str(CHAT_STARTER), "--publish", "--json", "--data", folder]
    answer = subprocess.run(command, capture_output=True, text=True, check=True, env=dict(os.environ))
    key: str = json.loads(answer.stdout)["api_key"]
    return key


def first_token(key: str) -> float:
    """Seconds from asking the app to the first token of its answer, which is then heard out: left, it would go on."""
    body = {"inputs": {}, "query": PROMPT, "user": "bench", "response_mode": "streaming"}
    request = urllib.request.Request(
        f"{BASE}/v1/chat-messages",
        data=json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
    )
    began = time.perf_counter()
    with urllib.request.urlopen(request, timeout=1200) as answer:
        for line in answer:
            if b'"event":"message"' in line.replace(b" ", b""):
                took = time.perf_counter() - began
                answer.read()
                return took
    raise RuntimeError("the answer ended without a token")


def show(started: Started, console: Console) -> bool:
    """Print the table; False where a figure misses its bar."""
    rows = (
        ("start to /ready, empty data folder", started.ready_seconds, READY_SECONDS, "s"),
        ("memory before the model loads", started.megabytes, READY_MEGABYTES, "MB"),
        ("first token of the local model, loading included", started.first_token_seconds, FIRST_TOKEN_SECONDS, "s"),
    )
    table = Table(title="First start")
    for heading in ("figure", "measured", "bar"):
        table.add_column(heading, justify="left" if heading == "figure" else "right")
    for name, value, bar, unit in rows:
        table.add_row(name, f"{value:,.2f} {unit}", f"< {bar:g} {unit}")
    console.print(table)
    return all(value < bar for _, value, bar, _ in rows)
