"""A model server on loopback that speaks OpenAI's chat completions and says what a test tells it to."""

import asyncio
import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import web


@dataclass(frozen=True)
class Script:
    """`pieces` are said one by one with `pause` seconds between them. Those from place `hold_after` on are said only
    once the test lets them.
    """

    pieces: Sequence[str] = ("Hello", " there.")
    pause: float = 0.0
    hold_after: int | None = None


class ModelServer:
    """Runs in a thread with a loop of its own, so that tests may block."""

    def __init__(self) -> None:
        self.script = Script()
        self.next_texts: list[str] = []
        self.url = ""
        self.bodies: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.asked = threading.Event()
        self.client_left = threading.Event()
        self._released = asyncio.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def start(self) -> None:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._serve(), self._loop).result(30)

    def close(self) -> None:
        self.release()
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)
        self._loop.close()

    def forget(self) -> None:
        """Begin afresh: nothing was asked, and the script is the plain one."""
        self.bodies.clear()
        self.keys.clear()
        self.next_texts.clear()
        self.says(*Script.pieces)

    def says(self, *pieces: str, pause: float = 0.0, hold_after: int | None = None) -> None:
        """What to say from the next request on."""
        self.script = Script(pieces, pause, hold_after)
        self.asked.clear()
        self.client_left.clear()
        self._loop.call_soon_threadsafe(self._released.clear)

    def says_in_turn(self, *texts: str) -> None:
        """What to say to the next requests, a text each; to those after them, what `says` was told."""
        self.next_texts[:] = texts

    def release(self) -> None:
        """Let what is held back be said."""
        self._loop.call_soon_threadsafe(self._released.set)

    async def _serve(self) -> None:
        app = web.Application()
        app.router.add_post("/v1/chat/completions", self._answer)
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/v1"

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.keys.append(request.headers.get("Authorization", ""))
        self.bodies.append(json.loads(await request.read()))
        self.asked.set()
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        try:
            await self._say(response)
        except (asyncio.CancelledError, ConnectionError):
            self.client_left.set()
            raise
        return response

    async def _say(self, response: web.StreamResponse) -> None:
        script = Script((self.next_texts.pop(0),)) if self.next_texts else self.script
        for place, piece in enumerate(script.pieces):
            if place == script.hold_after:
                await self._released.wait()
            await response.write(_frame({"choices": [{"index": 0, "delta": {"content": piece}}]}))
            await asyncio.sleep(script.pause)
        if script.hold_after == len(script.pieces):
            await self._released.wait()
        usage = {"prompt_tokens": 3, "completion_tokens": len(script.pieces), "total_tokens": 3 + len(script.pieces)}
        await response.write(_frame({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "usage": usage}))
        await response.write(b"data: [DONE]\n\n")


def _frame(data: object) -> bytes:
    return f"data: {json.dumps(data)}\n\n".encode()
