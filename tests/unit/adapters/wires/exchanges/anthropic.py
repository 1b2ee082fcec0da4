"""Streams of Anthropic's Messages API."""

import json
from typing import Any


def sse(*events: dict[str, Any]) -> bytes:
    return "".join(f"event: {one['type']}\ndata: {json.dumps(one, ensure_ascii=False)}\n\n" for one in events).encode()


def start(**usage: int) -> dict[str, Any]:
    message: dict[str, Any] = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "content": [],
        "stop_reason": None,
    }
    return {"type": "message_start", "message": {**message, "usage": {"input_tokens": 0, "output_tokens": 1, **usage}}}


def begun(index: int, **block: Any) -> dict[str, Any]:
    return {"type": "content_block_start", "index": index, "content_block": block}


def piece(index: int, kind: str, **delta: Any) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": index, "delta": {"type": kind, **delta}}


def stopped(index: int) -> dict[str, Any]:
    return {"type": "content_block_stop", "index": index}


def ended(reason: str | None, **usage: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    delta = {"type": "message_delta", "delta": {"stop_reason": reason, "stop_sequence": None}, "usage": usage}
    return delta, {"type": "message_stop"}


PING = {"type": "ping"}

BASIC = sse(
    start(input_tokens=11),
    begun(0, type="text", text=""),
    PING,
    piece(0, "text_delta", text="Hello"),
    piece(0, "text_delta", text=" there"),
    piece(0, "text_delta", text="!"),
    stopped(0),
    *ended("end_turn", output_tokens=6),
)
"""origin: sdk. anthropic-sdk-python, tests/lib/streaming/fixtures/basic_response.txt"""

TOOL_USE = sse(
    start(input_tokens=377, cache_creation_input_tokens=0, cache_read_input_tokens=0),
    begun(0, type="text", text=""),
    PING,
    piece(0, "text_delta", text="I"),
    piece(0, "text_delta", text="'ll check the current weather in Paris for you."),
    stopped(0),
    begun(1, type="tool_use", id="toolu_01NRLabsLyVHZPKxbKvkfSMn", name="get_weather", input={}),
    piece(1, "input_json_delta", partial_json=""),
    piece(1, "input_json_delta", partial_json='{"locati'),
    piece(1, "input_json_delta", partial_json='on": "P'),
    piece(1, "input_json_delta", partial_json="ar"),
    piece(1, "input_json_delta", partial_json='is"}'),
    stopped(1),
    *ended("tool_use", output_tokens=65),
)
"""origin: sdk. anthropic-sdk-python, tests/lib/streaming/fixtures/tool_use_response.txt"""

REFUSAL = sse(
    start(input_tokens=20),
    begun(0, type="text", text=""),
    stopped(0),
    *ended("refusal", output_tokens=120, output_tokens_details={"thinking_tokens": 67}),
)
"""origin: sdk. anthropic-sdk-python, tests/lib/streaming/fixtures/refusal_response.txt"""

THINKING = sse(
    start(input_tokens=4, cache_read_input_tokens=30, cache_creation_input_tokens=6),
    begun(0, type="thinking", thinking="", signature=""),
    piece(0, "thinking_delta", thinking="27 * 400 "),
    piece(0, "thinking_delta", thinking="= 10800"),
    piece(0, "signature_delta", signature="EqQBCgIYAhIM"),
    stopped(0),
    begun(1, type="redacted_thinking", data="EmwKAhgBEgy3va3p"),
    stopped(1),
    begun(2, type="text", text=""),
    piece(2, "text_delta", text="27 × 453 = 12231"),
    stopped(2),
    begun(3, type="tool_use", id="toolu_a", name="note", input={}),
    piece(3, "input_json_delta", partial_json='{"n": 12231}'),
    stopped(3),
    *ended("tool_use", output_tokens=50, output_tokens_details={"thinking_tokens": 40}),
)
"""origin: documented. Claude API, "Streaming messages" (thinking_delta, signature_delta) and "Extended thinking"
(redacted_thinking), joined into one answer."""

OVERLOADED = sse(
    start(input_tokens=3), {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
)
"""origin: documented. Claude API, "Streaming messages", "Error events"."""
