"""What `/openai/v1/chat/completions` adds to a call of a model, beside the LiteLLM proxy.

A fixed server answers each call in one second, as models do. It is called directly, through us and through LiteLLM, in
turns; what either adds is its latency less the direct one, at the median and at the 99th percentile.
"""

import asyncio
import contextlib
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from rich.console import Console
from rich.table import Table

from benchmarks.peers_env import litellm_python
from benchmarks.runners.fixed_server import SECONDS

CROWDS = (1, 50, 200)
CALLS = {1: 10, 50: 400, 200: 1000}
MODES = ("blocking", "streaming")
BAR_CROWD = 50
P50_MS, P99_MS, SHARE, MEGABYTES = 2.0, 10.0, 1 / 3, 150.0
READY_SECONDS = 120.0
KEPT_SECONDS = 3.0
KEY = "sk-bench-0123456789"
ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Place:
    """Where a contender answers, and what it is asked there."""

    url: str
    key: str
    model: str
    process: int | None = None


@dataclass(frozen=True)
class Added:
    """Milliseconds that a contender adds to a call; its memory after all of them, in megabytes."""

    contender: str
    mode: str
    crowd: int
    p50: float
    p99: float
    megabytes: float


def measure() -> list[Added]:
    """Measure us, and LiteLLM where its environment can be had."""
    with tempfile.TemporaryDirectory(prefix="loomwork-bench-") as folder, contextlib.ExitStack() as closing:
        fixed = closing.enter_context(fixed_server())
        places = {"direct": Place(f"{fixed}/chat/completions", KEY, "fixed")}
        places["loomwork"] = closing.enter_context(_loomwork(Path(folder), fixed))
        python = litellm_python()
        if python is not None:
            places["litellm"] = closing.enter_context(_litellm(python, Path(folder), fixed))
        taken = asyncio.run(_all_latencies(places))
        memory = {name: _resident_megabytes(place.process) for name, place in places.items() if place.process}
    return [_added(name, mode, crowd, taken[mode, crowd], memory[name]) for mode, crowd in taken for name in memory]


def show(figures: list[Added], console: Console) -> bool:
    """Print a table; whether the bars are held. Those beside LiteLLM count only where it ran."""
    table = Table(title="What the gateway adds to a call of a second")
    for column in ("mode", "at once", "who", "p50 ms", "p99 ms", "MB"):
        table.add_column(column, justify="left" if column in ("mode", "who") else "right")
    for it in figures:
        row = (it.mode, str(it.crowd), it.contender, f"{it.p50:.2f}", f"{it.p99:.2f}", f"{it.megabytes:.0f}")
        table.add_row(*row)
    console.print(table)
    if all(it.contender != "litellm" for it in figures):
        console.print("LiteLLM did not run here (it needs a Python 3.12): these are our own figures alone.")
    missed = [sentence for it in figures for sentence in problems(it, figures)]
    for sentence in missed:
        console.print(f"[red]missed[/red]: {sentence}")
    return not missed


def problems(ours: Added, figures: list[Added]) -> list[str]:
    """Which bars a figure of ours misses, in sentences."""
    if ours.contender != "loomwork" or ours.crowd != BAR_CROWD:
        return []
    where = f"{ours.mode}, {ours.crowd} at once"
    found = []
    if ours.p50 > P50_MS or ours.p99 > P99_MS:
        found.append(f"{where}: {ours.p50:.2f} ms and {ours.p99:.2f} ms, at most {P50_MS:g} and {P99_MS:g}")
    if ours.megabytes > MEGABYTES:
        found.append(f"{where}: {ours.megabytes:.0f} MB resident, at most {MEGABYTES:.0f}")
    peers = [it for it in figures if (it.contender, it.mode, it.crowd) == ("litellm", ours.mode, ours.crowd)]
    shares = [ours.p50 / peer.p50 for peer in peers if ours.p50 > peer.p50 * SHARE]
    return found + [f"{where}: {share:.2f} of what LiteLLM adds, at most a third" for share in shares]


def _added(name: str, mode: str, crowd: int, taken: Mapping[str, list[float]], megabytes: float) -> Added:
    more = {place: (statistics.median(each), percentile(each, 99)) for place, each in taken.items()}
    p50, p99 = (ours - direct for ours, direct in zip(more[name], more["direct"], strict=True))
    return Added(name, mode, crowd, p50 * 1000, p99 * 1000, megabytes)


def percentile(values: list[float], share: int) -> float:
    """The nearest rank."""
    return sorted(values)[max(0, -(-len(values) * share // 100) - 1)]


async def _all_latencies(places: Mapping[str, Place]) -> dict[tuple[str, int], dict[str, list[float]]]:
    taken = {}
    # Kept for less than the 5 s after which common servers close theirs, as other contenders have their turn meanwhile.
    connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=KEPT_SECONDS)
    async with aiohttp.ClientSession(connector=connector, trust_env=False) as session:
        for mode in MODES:
            for place in places.values():
                await _latencies(session, place, mode, 5, 5)
            for crowd in CROWDS:
                taken[mode, crowd] = {
                    name: await _latencies(session, place, mode, crowd, CALLS[crowd]) for name, place in places.items()
                }
    return taken


async def _latencies(session: aiohttp.ClientSession, place: Place, mode: str, crowd: int, calls: int) -> list[float]:
    """Seconds of each call. The callers begin one after the other, so that they do not go on in step."""

    async def caller(number: int) -> list[float]:
        await asyncio.sleep(SECONDS * number / crowd)
        return [await _call(session, place, streams=mode == "streaming") for _ in range(calls // crowd)]

    return [each for taken in await asyncio.gather(*map(caller, range(crowd))) for each in taken]


async def _call(session: aiohttp.ClientSession, place: Place, *, streams: bool) -> float:
    body = {"model": place.model, "messages": [{"role": "user", "content": "Hello?"}], "stream": streams}
    began = time.perf_counter()
    headers = {"Authorization": f"Bearer {place.key}"}
    async with session.post(place.url, json=body, headers=headers) as response:
        said = await response.read()
        took = time.perf_counter() - began
    if response.status != 200 or said.count(b"word ") != 20:
        raise RuntimeError(f"{place.url} answered {response.status}: {said[:300]!r}")
    return took


@contextlib.contextmanager
def fixed_server() -> Iterator[str]:
    """Where a model server answers that always says the same (`benchmarks.runners.fixed_server`)."""
    command = [sys.executable, "-m", "benchmarks.runners.fixed_server"]
    with _process(command, dict(os.environ), stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}/v1"


@contextlib.contextmanager
def _loomwork(folder: Path, fixed: str) -> Iterator[Place]:
    port, data = _free_port(), folder / "data"
    environment = _plain_environment() | {
        "LOOMWORK_OPENAI_COMPATIBLE_URL": fixed,
        "LOOMWORK_OPENAI_COMPATIBLE_API_KEY": KEY,
        "LOOMWORK_DATA": str(data),
    }
    command = [sys.executable, "-m", "loomwork"]
    with _process([*command, "up", "--port", str(port)], environment) as process:
        _wait_for(f"http://127.0.0.1:{port}/ready")
        made = subprocess.run(
            [*command, "keys", "create", "--json"], env=environment, capture_output=True, check=True, cwd=folder
        )
        url = f"http://127.0.0.1:{port}/openai/v1/chat/completions"
        yield Place(url, json.loads(made.stdout)["key"], "openai-compatible/fixed", process.pid)


@contextlib.contextmanager
def _litellm(python: Path, folder: Path, fixed: str) -> Iterator[Place]:
    """As its documentation sets it up for many calls: one worker, as we are one process; a key that is checked."""
    port, config = _free_port(), folder / "litellm.yaml"
    to_fixed = {"model": "openai/fixed", "api_base": fixed, "api_key": KEY}
    config.write_text(
        json.dumps(
            {
                "model_list": [{"model_name": "fixed", "litellm_params": to_fixed}],
                "general_settings": {"master_key": KEY},
            }
        ),
        encoding="utf-8",
    )
    environment = _plain_environment() | {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_LOG": "ERROR"}
    command = [str(python.parent / "litellm"), "--config", str(config), "--host", "127.0.0.1", "--port", str(port)]
    with _process([*command, "--num_workers", "1", "--telemetry", "False"], environment) as process:
        _wait_for(f"http://127.0.0.1:{port}/health/liveliness")
        yield Place(f"http://127.0.0.1:{port}/v1/chat/completions", KEY, "fixed", process.pid)


@contextlib.contextmanager
def _process(
    command: list[str], environment: dict[str, str], stdout: int = subprocess.DEVNULL
) -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen(command, env=environment, stdout=stdout, stderr=subprocess.DEVNULL, cwd=ROOT)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=30)
        if process.stdout is not None:
            process.stdout.close()


def _plain_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("LOOMWORK_")}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(url: str) -> None:
    end = time.monotonic() + READY_SECONDS
    while time.monotonic() < end:
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5):
            return
        time.sleep(0.1)
    raise RuntimeError(f"nobody answers at {url}")


def _resident_megabytes(pid: int) -> float:
    """Of the process and those that it has started."""
    own = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return own / 1_000_000 + sum(_resident_megabytes(int(child)) for child in children)
