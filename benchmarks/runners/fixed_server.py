"""A model server that always says the same: 20 pieces, spread over one second, or all of them after that second.

Started as a process; it prints its port.
"""

import asyncio
import contextlib
import json
from typing import Any

PIECES = 20
SECONDS = 1.0
"""How long an answer takes, as those of models do: so many calls are then under way, and few begin at once."""

_USAGE = {"prompt_tokens": 5, "completion_tokens": PIECES, "total_tokens": PIECES + 5}


def _whole() -> bytes:
    message = {"role": "assistant", "content": "word " * PIECES}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    body = json.dumps(_object("chat.completion", [choice], usage=_USAGE)).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


def _object(kind: str, choices: list[Any], **more: Any) -> dict[str, Any]:
    return {"id": "chatcmpl-1", "object": kind, "created": 1, "model": "fixed", "choices": choices, **more}


def _chunk(delta: dict[str, str], finish_reason: str | None = None, **more: Any) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    return _framed(json.dumps(_object("chat.completion.chunk", [choice], **more)).encode())


def _framed(data: bytes) -> bytes:
    event = b"data: " + data + b"\n\n"
    return b"%x\r\n%s\r\n" % (len(event), event)


WHOLE = _whole()
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
PIECE = _chunk({"role": "assistant", "content": "word "})
END = _chunk({}, "stop", usage=_USAGE) + _framed(b"[DONE]") + b"0\r\n\r\n"


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer requests of one connection until it is closed."""
    with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            size = int(head.partition(b"content-length:")[2].split(b"\r\n")[0])
            asked = json.loads(await reader.readexactly(size))
            if asked.get("stream"):
                await _stream(writer)
            else:
                await asyncio.sleep(SECONDS)
                writer.write(WHOLE)
            await writer.drain()
    writer.close()


async def _stream(writer: asyncio.StreamWriter) -> None:
    """Each piece at its own moment: timers are late by up to a millisecond each, which must not add up, as an answer
    that is put together of pieces is compared with one that comes after a single timer.
    """
    loop = asyncio.get_running_loop()
    began = loop.time()
    writer.write(HEAD)
    for number in range(1, PIECES + 1):
        writer.write(PIECE)
        await asyncio.sleep(began + number * SECONDS / PIECES - loop.time())
    writer.write(END)


async def main() -> None:
    server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=1000)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
