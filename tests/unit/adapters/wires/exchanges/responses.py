"""Streams of OpenAI's responses dialect."""

import json
from typing import Any


def sse(*events: dict[str, Any]) -> bytes:
    numbered = ({**one, "sequence_number": place} for place, one in enumerate(events))
    return "".join(
        f"event: {one['type']}\ndata: {json.dumps(one, ensure_ascii=False)}\n\n" for one in numbered
    ).encode()


def event(kind: str, index: int | None = None, **more: Any) -> dict[str, Any]:
    placed = {} if index is None else {"output_index": index, "item_id": f"item_{index}"}
    return {"type": f"response.{kind}", **placed, **more}


def response(status: str, *output: dict[str, Any], **more: Any) -> dict[str, Any]:
    values = {"id": "resp_1", "object": "response", "status": status, "error": None, "incomplete_details": None}
    return {**values, "output": list(output), "usage": None, **more}


def usage(read: int, written: int, *, cached: int = 0, thought: int = 0) -> dict[str, Any]:
    return {
        "input_tokens": read,
        "input_tokens_details": {"cached_tokens": cached},
        "output_tokens": written,
        "output_tokens_details": {"reasoning_tokens": thought},
        "total_tokens": read + written,
    }


def message(text: str, **more: Any) -> dict[str, Any]:
    content = [{"type": "output_text", "text": text, "annotations": []}]
    return {"id": "msg_1", "type": "message", "status": "completed", "role": "assistant", "content": content, **more}


def called(call_id: str, arguments: str = "") -> dict[str, Any]:
    return {
        "id": f"fc_{call_id}",
        "type": "function_call",
        "call_id": call_id,
        "name": "weather",
        "arguments": arguments,
    }


def thought(*texts: str, packed: str | None = None) -> dict[str, Any]:
    summary = [{"type": "summary_text", "text": text} for text in texts]
    return {"id": "rs_1", "type": "reasoning", "summary": summary, "encrypted_content": packed}


def ended(*output: dict[str, Any], status: str = "completed", **more: Any) -> dict[str, Any]:
    return event(status, response=response(status, *output, **more))


CREATED = event("created", response=response("in_progress"))
PART = {"type": "output_text", "text": "", "annotations": []}

TEXT = sse(
    CREATED,
    event("in_progress", response=response("in_progress")),
    event("output_item.added", 0, item=message("")),
    event("content_part.added", 0, content_index=0, part=PART),
    event("output_text.delta", 0, content_index=0, delta="Hi"),
    event("output_text.delta", 0, content_index=0, delta=" thére"),
    event("output_text.done", 0, content_index=0, text="Hi thére"),
    event("content_part.done", 0, content_index=0, part={**PART, "text": "Hi thére"}),
    event("output_item.done", 0, item=message("Hi thére")),
    ended(message("Hi thére"), usage=usage(37, 11, cached=8, thought=2)),
)
"""origin: documented. OpenAI API reference, responses, "Streaming"."""

TOOLS = sse(
    CREATED,
    event("output_item.added", 0, item=thought(packed="gAAAA-begun")),
    event("output_item.done", 0, item=thought(packed="gAAAA-whole")),
    event("output_item.added", 1, item=called("call_paris")),
    event("function_call_arguments.delta", 1, delta='{"city":'),
    event("function_call_arguments.delta", 1, delta='"Paris"}'),
    event("function_call_arguments.done", 1, arguments='{"city":"Paris"}'),
    event("output_item.done", 1, item=called("call_paris", '{"city":"Paris"}')),
    event("output_item.added", 2, item=called("call_rome")),
    event("function_call_arguments.delta", 2, delta='{"city":"Rome"}'),
    event("output_item.done", 2, item=called("call_rome", '{"city":"Rome"}')),
    ended(
        thought(packed="gAAAA-whole"),
        called("call_paris", '{"city":"Paris"}'),
        called("call_rome", '{"city":"Rome"}'),
        usage=usage(60, 40),
    ),
)
"""origin: documented. OpenAI guides "Function calling", streaming, and "Reasoning models", encrypted reasoning."""

REASONING = sse(
    CREATED,
    event("output_item.added", 0, item=thought()),
    event("reasoning_summary_part.added", 0, summary_index=0, part={"type": "summary_text", "text": ""}),
    event("reasoning_summary_text.delta", 0, summary_index=0, delta="Hm"),
    event("reasoning_summary_text.delta", 0, summary_index=0, delta=", yes."),
    event("reasoning_summary_part.added", 0, summary_index=1, part={"type": "summary_text", "text": ""}),
    event("reasoning_summary_text.delta", 0, summary_index=1, delta="Or no."),
    event("output_item.done", 0, item=thought("Hm, yes.", "Or no.")),
    event("output_item.added", 1, item=message("")),
    event("output_text.delta", 1, content_index=0, delta="So"),
    event("output_text.delta", 1, content_index=0, delta=" be it"),
    event("output_item.done", 1, item=message("So be it")),
    ended(thought("Hm, yes.", "Or no."), message("So be it"), usage=usage(5, 30, thought=20)),
)
"""origin: documented. OpenAI API reference, responses, streaming events of reasoning summaries."""

REFUSAL = sse(
    CREATED,
    event("output_item.added", 0, item=message("")),
    event("refusal.delta", 0, content_index=0, delta="I will "),
    event("refusal.delta", 0, content_index=0, delta="not."),
    ended(message("", content=[{"type": "refusal", "refusal": "I will not."}]), usage=usage(5, 4)),
)
"""origin: documented. OpenAI API reference, responses, `response.refusal.delta`."""

FAILED = sse(
    CREATED,
    event("output_text.delta", 0, content_index=0, delta="Hi"),
    ended(status="failed", error={"code": "server_error", "message": "The model failed to generate a response."}),
)
"""origin: documented. OpenAI API reference, responses, `response.failed`."""

ERROR = sse(CREATED, {"type": "error", "code": "server_error", "message": "Something went wrong", "param": None})
"""origin: documented. OpenAI API reference, responses, `error`."""
