"""The model on this machine: what the way through us costs it, and how long a first start takes to its first token.

The runtime is asked directly and through us, in turns, in one run; each has a process of its own, started with the
same threads, and is given the same prompt, temperature 0 and number of tokens. Where the weights of the model are not
on this machine, nothing is measured.
"""

import asyncio
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks import startup
from loomwork.adapters.wires.local.servers import ServerSettings, start_server
from loomwork.bootstrap.child_environment import to_run
from loomwork.bootstrap.settings import Settings, read_settings
from loomwork.bootstrap.wiring import ModelRoom, open_models
from loomwork.kernel.scope import embedded_scope
from loomwork.model_gateway.api import ChatRequest, Finished, Message, TextDelta
from loomwork.model_gateway.application.local_weights import LocalWeights
from loomwork.model_gateway.ports import SuppliedWeights

MODEL = "local/qwen2.5-coder-0.5b"
PROMPT = "Write down the numbers from 1 to 500, separated by commas."
TOKENS = 128
DECODE_ROUNDS = 7
START_ROUNDS = 3
LEAST_SHARE = 0.95
"""Of the bare runtime's tokens in a second."""

BARE = "the runtime, asked directly"
IN_PROCESS = "through `Models.chat`"
SERVED = "through `/openai/v1/chat/completions`"
FIRST, AGAIN, LOADED = "first start, empty data folder", "second start, the same folder", "the same question again"


@dataclass(frozen=True)
class Decoded:
    """Tokens in a second, the median over the rounds, and the median of its share of the bare runtime's in a round."""

    way: str
    tokens_per_second: float
    share: float


@dataclass(frozen=True)
class FirstToken:
    """Seconds to the first token of an app's answer, the median, and as a multiple of that with the model loaded."""

    since: str
    seconds: float
    multiple: float


@dataclass(frozen=True)
class Heard:
    """An answer. The times of its first and last piece of text are those of `time.perf_counter`."""

    tokens: int
    first: float
    last: float
    text: str


def measure() -> list[Decoded | FirstToken]:
    """Measure both, or nothing where the weights are not on this machine."""
    with tempfile.TemporaryDirectory(prefix="loomwork-bench-") as folder:
        settings = read_settings({**os.environ, "LOOMWORK_DATA": folder})
        if not asyncio.run(_is_here(settings)):
            return []
        rates = _decode_rates(settings, folder)
    return [*decoded(rates), *first_tokens([_starts() for _ in range(START_ROUNDS)])]


def show(figures: Sequence[Decoded | FirstToken], console: Console) -> bool:
    """Print the tables; False where decoding through us falls below its bar."""
    if not figures:
        console.print(
            f"The weights of {MODEL} are not on this machine, so it was not measured. "
            f"`loomwork models fetch {MODEL}` fetches them."
        )
        return True
    rates = [it for it in figures if isinstance(it, Decoded)]
    _print(console, "Decoding on this machine", ("way", "tokens/s", "share"), map(_decoded_row, rates))
    starts = [it for it in figures if isinstance(it, FirstToken)]
    _print(console, "To the first token of an app's answer", ("since", "seconds", "×"), map(_first_row, starts))
    missed = problems(rates)
    for sentence in missed:
        console.print(f"[red]missed[/red]: {sentence}")
    return not missed


def decoded(rates: Mapping[str, Sequence[float]]) -> list[Decoded]:
    """Figures of tokens in a second, a list for each way with one item a round. A round's share is taken within it, so
    that what else the machine does in it meets both.
    """
    return [
        Decoded(way, statistics.median(each), statistics.median(_shares(each, rates[BARE])))
        for way, each in rates.items()
    ]


def first_tokens(rounds: Sequence[Mapping[str, float]]) -> list[FirstToken]:
    """Figures of the seconds of each round."""
    medians = {since: statistics.median(each[since] for each in rounds) for since in rounds[0]}
    return [FirstToken(since, seconds, seconds / medians[LOADED]) for since, seconds in medians.items()]


def problems(figures: Sequence[Decoded]) -> list[str]:
    """Which ways fall below the bar, in sentences."""
    return [
        f"{it.way}: {it.share:.3f} of the runtime's tokens in a second, at least {LEAST_SHARE:g}"
        for it in figures
        if it.way != BARE and it.share < LEAST_SHARE
    ]


def rate(heard: Heard) -> float:
    """Tokens in a second after the first one, so that reading the prompt does not count."""
    return (heard.tokens - 1) / (heard.last - heard.first)


def taken_in_turns(ways: Mapping[str, Callable[[], Heard]], rounds: int) -> dict[str, list[float]]:
    """Tokens in a second of each way in each round, after a round that does not count. Every other round goes the
    other way about. Raises `RuntimeError` where two ways come to different answers.
    """
    order = list(ways)
    rates: dict[str, list[float]] = {way: [] for way in ways}
    for number in range(rounds + 1):
        heard = {way: ways[way]() for way in (order if number % 2 else reversed(order))}
        for (way, one), (other, another) in pairwise(heard.items()):
            if (one.tokens, one.text) != (another.tokens, another.text):
                raise RuntimeError(f"not the same answer {way} and {other}: {one.text[:200]!r}, {another.text[:200]!r}")
        for way, each in heard.items() if number else ():
            rates[way].append(rate(each))
    return rates


def read_stream(lines: Iterator[bytes], clock: Callable[[], float] = time.perf_counter) -> Heard:
    """The answer in a stream of server-sent events as OpenAI's dialect has them, its usage included."""
    tokens, times, text = 0, [], ""
    for line in lines:
        data = line.removeprefix(b"data:").strip()
        if not line.startswith(b"data:") or data == b"[DONE]":
            continue
        event: dict[str, Any] = json.loads(data)
        piece = "".join(choice["delta"].get("content") or "" for choice in event.get("choices", ()))
        if piece:
            times.append(clock())
            text += piece
        tokens = (event.get("usage") or {}).get("completion_tokens", tokens)
    return _whole(tokens, times, text)


def _whole(tokens: int, times: Sequence[float], text: str) -> Heard:
    if len(times) < 2 or tokens < 2:
        raise RuntimeError(f"the answer ended after {tokens} tokens: {text[:200]!r}")
    return Heard(tokens, times[0], times[-1], text)


def _shares(ours: Sequence[float], bare: Sequence[float]) -> list[float]:
    return [one / other for one, other in zip(ours, bare, strict=True)]


def _decoded_row(it: Decoded) -> tuple[str, ...]:
    return it.way, f"{it.tokens_per_second:.1f}", f"{it.share:.3f}"


def _first_row(it: FirstToken) -> tuple[str, ...]:
    return it.since, f"{it.seconds:.2f}", f"{it.multiple:.1f}"


def _print(console: Console, title: str, headings: Sequence[str], rows: Iterator[tuple[str, ...]]) -> None:
    table = Table(title=title)
    for number, heading in enumerate(headings):
        table.add_column(heading, justify="right" if number else "left")
    for row in rows:
        table.add_row(*row)
    console.print(table)


async def _is_here(settings: Settings) -> bool:
    room = open_models(settings)
    try:
        return any(it.model == MODEL and it.state == "ready" for it in await room.local_models.status())
    finally:
        await room.close()


def _decode_rates(settings: Settings, folder: str) -> dict[str, list[float]]:
    with asyncio.Runner() as runner, contextlib.ExitStack() as closing:
        room = open_models(settings)
        closing.callback(lambda: runner.run(room.close()))
        ways = {
            BARE: closing.enter_context(_bare(settings, runner.run(_supplied(room)))),
            IN_PROCESS: lambda: runner.run(_in_process(room)),
            SERVED: closing.enter_context(_served(folder)),
        }
        return taken_in_turns(ways, DECODE_ROUNDS)


async def _supplied(room: ModelRoom) -> SuppliedWeights:
    if not isinstance(room.local_models, LocalWeights):
        raise RuntimeError("LOOMWORK_INFERENCE_URL is set, so the model does not run in this process")
    return await room.local_models.supply(MODEL)


@contextlib.contextmanager
def _bare(settings: Settings, weights: SuppliedWeights) -> Iterator[Callable[[], Heard]]:
    """A process as the gateway starts it, asked without the gateway."""
    server = start_server(weights, ServerSettings(), to_run(settings.environment))
    try:
        url, key = f"{server.connection.endpoint}/chat/completions", server.connection.api_key or ""
        yield lambda: _asked(url, key, "any")
    finally:
        server.stop()


async def _in_process(room: ModelRoom) -> Heard:
    params = {"temperature": 0, "max_tokens": TOKENS}
    request = ChatRequest(MODEL, [Message("user", PROMPT)], params)
    tokens, times, text = 0, [], ""
    async for event in room.models.chat(embedded_scope(), request):
        if isinstance(event, TextDelta):
            times.append(time.perf_counter())
            text += event.text
        elif isinstance(event, Finished):
            tokens = event.usage.completion_tokens or 0
    return _whole(tokens, times, text)


@contextlib.contextmanager
def _served(folder: str) -> Iterator[Callable[[], Heard]]:
    with startup.server(folder):
        startup.wait_until_ready()
        command = [sys.executable, "-m", "loomwork", "keys", "create", "--json", "--data", folder]
        made = subprocess.run(command, capture_output=True, check=True)
        key = json.loads(made.stdout)["key"]
        yield lambda: _asked(f"{startup.BASE}/openai/v1/chat/completions", key, MODEL)


def _asked(url: str, key: str, model: str) -> Heard:
    body = {
        "model": model,
        "messages": [{"role": "user", "content": PROMPT}],
        "temperature": 0,
        "max_tokens": TOKENS,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    request = urllib.request.Request(url, data=json.dumps(body).encode(), headers=headers)
    with urllib.request.urlopen(request, timeout=600) as answer:
        return read_stream(iter(answer))


def _starts() -> dict[str, float]:
    """Seconds to the first token: from the start of `loomwork up` on an empty folder, with an app imported there; from
    a second start on it; and from the question, where the model is loaded.
    """
    with tempfile.TemporaryDirectory(prefix="loomwork-bench-", ignore_cleanup_errors=True) as folder:
        began = time.perf_counter()
        with startup.server(folder):
            startup.wait_until_ready()
            key = startup.publish_chat(folder)
            first = time.perf_counter() - began + startup.first_token(key)
        began = time.perf_counter()
        with startup.server(folder):
            startup.wait_until_ready()
            again = time.perf_counter() - began + startup.first_token(key)
            return {FIRST: first, AGAIN: again, LOADED: startup.first_token(key)}
