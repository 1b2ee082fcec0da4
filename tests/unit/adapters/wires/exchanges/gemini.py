"""Streams of the Gemini API."""

import json
from typing import Any


def sse(*chunks: dict[str, Any]) -> bytes:
    return "".join(f"data: {json.dumps(one, ensure_ascii=False)}\r\n\r\n" for one in chunks).encode()


def chunk(*parts: dict[str, Any], reason: str | None = None, **usage: int) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"parts": list(parts), "role": "model"}, "index": 0}
    if reason is not None:
        candidate["finishReason"] = reason
    return {"candidates": [candidate], "usageMetadata": {"promptTokenCount": 8, **usage}, "modelVersion": "gemini"}


TEXT = sse(
    chunk({"text": "AI learns "}, totalTokenCount=8),
    chunk({"text": "from data 🦊."}, reason="STOP", candidatesTokenCount=6, totalTokenCount=14),
)
"""origin: documented. Gemini API reference, "Generating content", method models.streamGenerateContent."""

THOUGHTS = sse(
    chunk({"text": "**Weighing** it", "thought": True}),
    chunk({"text": "Paris", "thoughtSignature": "c2lnLXRleHQ="}),
    chunk(
        {"functionCall": {"id": "f1", "name": "weather", "args": {"city": "Paris"}}, "thoughtSignature": "c2lnLWE="},
        {"functionCall": {"id": "f2", "name": "weather", "args": {"city": "Rome"}}},
        reason="STOP",
        candidatesTokenCount=20,
        thoughtsTokenCount=30,
        cachedContentTokenCount=5,
    ),
)
"""origin: documented. Gemini API, "Thought signatures" (parallel calls: only the first is signed) and "Thinking"."""

BLOCKED = sse({"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {"promptTokenCount": 4}})
"""origin: documented. Gemini API reference, PromptFeedback.BlockReason."""

INVALID_KEY = {
    "error": {
        "code": 400,
        "message": "API key not valid. Please pass a valid API key.",
        "status": "INVALID_ARGUMENT",
        "details": [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}],
    }
}
"""origin: documented. Gemini API, "Troubleshooting"; google.rpc.ErrorInfo."""

EXHAUSTED = {
    "error": {
        "code": 429,
        "message": "You exceeded your current quota.",
        "status": "RESOURCE_EXHAUSTED",
        "details": [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34.5s"}],
    }
}
"""origin: documented. Gemini API, "Rate limits"; google.rpc.RetryInfo."""
