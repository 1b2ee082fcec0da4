"""Streams of the chat completions dialect, of OpenAI and of those who speak it in their own ways."""

import json
from collections.abc import Mapping
from typing import Any


def sse(*chunks: Mapping[str, Any] | str) -> bytes:
    texts = [one if isinstance(one, str) else json.dumps(one, ensure_ascii=False) for one in chunks]
    return "".join(f"data: {text}\n\n" for text in texts).encode()


def chunk(reason: str | None = None, **delta: Any) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
    return {"id": "chatcmpl-123", "object": "chat.completion.chunk", "created": 1694268190, "choices": [choice]}


def called(index: int | None = 0, call_id: str | None = None, **function: Any) -> dict[str, Any]:
    numbered = {} if index is None else {"index": index}
    given = {} if call_id is None else {"id": call_id, "type": "function"}
    return chunk(tool_calls=[{**numbered, **given, "function": function}])


def used(**usage: Any) -> dict[str, Any]:
    return {"id": "chatcmpl-123", "object": "chat.completion.chunk", "choices": [], "usage": usage}


TEXT = sse(
    chunk(role="assistant", content=""),
    chunk(content="Hello"),
    chunk(content=" wörld"),
    chunk("stop"),
    used(
        prompt_tokens=19,
        completion_tokens=10,
        total_tokens=29,
        prompt_tokens_details={"cached_tokens": 4, "audio_tokens": 0},
        completion_tokens_details={"reasoning_tokens": 3, "accepted_prediction_tokens": 0},
    ),
    "[DONE]",
)
"""origin: documented. OpenAI API reference, "Streaming" of chat completions; usage as in its chat completion object."""

TOOL = sse(
    called(0, "call_paris0", arguments="", name="weather"),
    called(0, arguments='{"'),
    called(0, arguments="city"),
    called(0, arguments='":"'),
    called(0, arguments="Paris"),
    called(0, arguments='"}'),
    chunk("tool_calls"),
    "[DONE]",
)
"""origin: documented. OpenAI guide "Function calling", streaming."""

TOOLS = sse(
    chunk(role="assistant", content=None),
    called(0, "call_paris1", name="weather", arguments=""),
    called(0, arguments='{"ci'),
    called(0, arguments='ty": "Paris"}'),
    called(1, "call_rome1", name="weather", arguments=""),
    called(1, arguments='{"city": "Ro'),
    called(1, arguments='me"}'),
    chunk("tool_calls"),
    used(prompt_tokens=40, completion_tokens=20, total_tokens=60),
    "[DONE]",
)
"""origin: documented. OpenAI guide "Function calling", parallel function calling, streamed as its section on streaming
has it."""

REFUSAL = sse(
    chunk(role="assistant", content=None, refusal=None),
    chunk(refusal="I will "),
    chunk(refusal="not do this."),
    chunk("stop"),
    "[DONE]",
)
"""origin: documented. OpenAI API reference, `delta.refusal` of the chat completion chunk object."""

REASONING = sse(
    chunk(role="assistant", content=None, reasoning_content=""),
    chunk(content=None, reasoning_content="Let me "),
    chunk(content=None, reasoning_content="see."),
    chunk(content="9.11", reasoning_content=None),
    chunk(content=" is less", reasoning_content=None),
    {**chunk("stop", content=""), "usage": {"prompt_tokens": 17, "completion_tokens": 8, "prompt_cache_hit_tokens": 2}},
    "[DONE]",
)
"""origin: documented. DeepSeek API guide "Reasoning model", streaming; usage as in its API reference."""

WHOLE_CALLS = sse(
    chunk(
        tool_calls=[
            {
                "index": 0,
                "id": "a",
                "type": "function",
                "function": {"name": "weather", "arguments": '{"city": "Rome"}'},
            },
            {
                "index": 0,
                "id": "b",
                "type": "function",
                "function": {"name": "weather", "arguments": '{"city": "Oslo"}'},
            },
        ]
    ),
    chunk("stop"),
    "[DONE]",
)
"""Nobody's: calls whole in one chunk, all under one number, with a reason that does not mention them."""
