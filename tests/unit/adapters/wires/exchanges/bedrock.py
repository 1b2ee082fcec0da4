"""Streams of Amazon Bedrock's ConverseStream, in their binary framing."""

import json
import struct
from typing import Any
from zlib import crc32


def header(name: str, value: str) -> bytes:
    encoded = value.encode()
    return bytes([len(name)]) + name.encode() + b"\x07" + struct.pack(">H", len(encoded)) + encoded


def framed(headers: bytes, payload: bytes) -> bytes:
    prelude = struct.pack(">II", 16 + len(headers) + len(payload), len(headers))
    message = prelude + struct.pack(">I", crc32(prelude)) + headers + payload
    return message + struct.pack(">I", crc32(message))


def event(name: str, **payload: Any) -> bytes:
    headers = header(":event-type", name) + header(":content-type", "application/json")
    body = json.dumps({**payload, "p": "abcdefgh"}, ensure_ascii=False).encode()
    return framed(headers + header(":message-type", "event"), body)


def exception(name: str, message: str) -> bytes:
    headers = header(":exception-type", name) + header(":content-type", "application/json")
    return framed(headers + header(":message-type", "exception"), json.dumps({"message": message}).encode())


def piece(index: int, **delta: Any) -> bytes:
    return event("contentBlockDelta", contentBlockIndex=index, delta=delta)


def stopped(index: int) -> bytes:
    return event("contentBlockStop", contentBlockIndex=index)


def tool(index: int, call_id: str, name: str) -> bytes:
    start = {"toolUse": {"toolUseId": call_id, "name": name}}
    return event("contentBlockStart", contentBlockIndex=index, start=start)


def ended(reason: str, **usage: int) -> bytes:
    stop = event("messageStop", stopReason=reason)
    return stop + event("metadata", usage=usage, metrics={"latencyMs": 1275})


START = event("messageStart", role="assistant")

TEXT = b"".join(
    [
        START,
        piece(0, text="Hi "),
        piece(0, text="世界!"),
        stopped(0),
        ended("end_turn", inputTokens=47, outputTokens=20),
    ]
)
"""origin: documented. Amazon Bedrock user guide, "Using the Converse API", ConverseStream response example; framing as
in "Event stream encoding"."""

TOOLS = b"".join(
    [
        START,
        piece(0, reasoningContent={"text": "Two "}),
        piece(0, reasoningContent={"text": "cities."}),
        piece(0, reasoningContent={"signature": "c2lnbmVk"}),
        stopped(0),
        piece(1, text="Looking."),
        stopped(1),
        tool(2, "tooluse_a", "weather"),
        piece(2, toolUse={"input": '{"city": '}),
        piece(2, toolUse={"input": '"Paris"}'}),
        stopped(2),
        tool(3, "tooluse_b", "weather"),
        piece(3, toolUse={"input": '{"city": "Rome"}'}),
        stopped(3),
        ended("tool_use", inputTokens=10, outputTokens=30, cacheReadInputTokens=100, cacheWriteInputTokens=7),
    ]
)
"""origin: documented. Amazon Bedrock API reference, ContentBlockDelta, ReasoningContentBlockDelta, ToolUseBlockDelta,
TokenUsage, joined into one answer."""

THROTTLED = START + exception("throttlingException", "Too many tokens, please wait before trying again.")
"""origin: documented. Amazon Bedrock API reference, ConverseStream, throttlingException."""
