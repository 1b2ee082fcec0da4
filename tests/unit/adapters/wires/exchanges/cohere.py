"""Streams of Cohere's second chat API."""

import json
from typing import Any


def sse(*events: dict[str, Any]) -> bytes:
    return "".join(f"event: {one['type']}\ndata: {json.dumps(one, ensure_ascii=False)}\n\n" for one in events).encode()


def said(kind: str, index: int | None = None, **message: Any) -> dict[str, Any]:
    placed = {} if index is None else {"index": index}
    return {"type": kind, **placed, "delta": {"message": message}}


def ended(reason: str, **tokens: int) -> dict[str, Any]:
    billed = {"input_tokens": 1, "output_tokens": 1}
    return {
        "type": "message-end",
        "delta": {"finish_reason": reason, "usage": {"billed_units": billed, "tokens": tokens}},
    }


START = {"type": "message-start", "id": "c14c80c3", "delta": {"message": {"role": "assistant", "content": []}}}

TEXT = sse(
    START,
    said("content-start", 0, content={"type": "text", "text": ""}),
    said("content-delta", 0, content={"text": "A large "}),
    said("content-delta", 0, content={"text": "language modèle"}),
    {"type": "content-end", "index": 0},
    ended("COMPLETE", input_tokens=71, output_tokens=9),
)
"""origin: documented. Cohere documentation, "A guide to streaming responses", basic chat stream events."""

TOOLS = sse(
    START,
    said("tool-plan-delta", tool_plan="I will look "),
    said("tool-plan-delta", tool_plan="both up."),
    said(
        "tool-call-start",
        0,
        tool_calls={"id": "get_weather_1", "type": "function", "function": {"name": "get_weather", "arguments": ""}},
    ),
    said("tool-call-delta", 0, tool_calls={"function": {"arguments": '{"location": '}}),
    said("tool-call-delta", 0, tool_calls={"function": {"arguments": '"Madrid"}'}}),
    {"type": "tool-call-end", "index": 0},
    said(
        "tool-call-start",
        1,
        tool_calls={"id": "get_weather_2", "type": "function", "function": {"name": "get_weather", "arguments": ""}},
    ),
    said("tool-call-delta", 1, tool_calls={"function": {"arguments": '{"location": "Brasilia"}'}}),
    {"type": "tool-call-end", "index": 1},
    ended("TOOL_CALL", input_tokens=907, output_tokens=44),
)
"""origin: documented. Cohere documentation, "Streaming for tool use", tool calling step."""

THINKING = sse(
    START,
    said("content-start", 0, content={"type": "thinking", "thinking": ""}),
    said("content-delta", 0, content={"thinking": "Let me see."}),
    {"type": "content-end", "index": 0},
    said("content-start", 1, content={"type": "text", "text": ""}),
    said("content-delta", 1, content={"text": "Yes."}),
    {"type": "content-end", "index": 1},
    ended("COMPLETE", input_tokens=5, output_tokens=12),
)
"""origin: documented. Cohere documentation, "Reasoning"; content types as in the SDK's ChatThinkingContent."""
