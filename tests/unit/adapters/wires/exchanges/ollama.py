"""Streams of Ollama's own API."""

import json
from typing import Any


def ndjson(*lines: dict[str, Any]) -> bytes:
    return "".join(f"{json.dumps(one, ensure_ascii=False)}\n" for one in lines).encode()


def said(content: str = "", **message: Any) -> dict[str, Any]:
    message = {"role": "assistant", "content": content, **message}
    return {"model": "llama3.2", "created_at": "2026-01-02T03:04:05.678901Z", "message": message, "done": False}


def ended(reason: str = "stop", **counts: int) -> dict[str, Any]:
    durations = {"total_duration": 4883583458, "load_duration": 1334875, "eval_duration": 4535599000}
    return {**said(), "done": True, "done_reason": reason, **durations, **counts}


TEXT = ndjson(said("The"), said(" ské"), said("y"), ended(prompt_eval_count=26, eval_count=282))
"""origin: documented. Ollama, docs/api.md, "Chat request (Streaming)"."""

TOOLS = ndjson(
    said(tool_calls=[{"id": "call_1", "function": {"name": "weather", "arguments": {"city": "Tokyo"}}}]),
    said(tool_calls=[{"id": "call_2", "function": {"name": "weather", "arguments": {"city": "Oslo"}}}]),
    ended(prompt_eval_count=169, eval_count=15),
)
"""origin: documented. Ollama, docs/api.md, "Chat request (Streaming with tools)"; ids as newer versions have them."""

UNNUMBERED = ndjson(
    said(
        tool_calls=[
            {"function": {"name": "weather", "arguments": {"city": "Tokyo"}}},
            {"function": {"name": "weather", "arguments": {}}},
        ]
    ),
    ended(),
)
"""origin: documented. As TOOLS, from a version that gives its calls no ids."""

THINKING = ndjson(
    said(thinking="Let me "),
    said(thinking="see."),
    said("Three"),
    said(" of them"),
    ended(prompt_eval_count=12, eval_count=40),
)
"""origin: documented. Ollama, docs/capabilities/thinking, streaming."""

BROKEN = ndjson(said("The"), {"error": "an error was encountered while running the model"})
"""origin: documented. Ollama, docs/api/errors, "Errors that occur while streaming"."""
