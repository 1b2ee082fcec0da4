"""The chunks of a chat completions answer, put together."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from loomwork.adapters.wires.called_tools import CalledTools
from loomwork.adapters.wires.failures import failed
from loomwork.adapters.wires.json_values import as_object, count, first_object, inner, objects, text
from loomwork.adapters.wires.openai_failure import failure, is_error
from loomwork.adapters.wires.openai_request import WIRE
from loomwork.adapters.wires.sse import BrokenStream
from loomwork.model_gateway.domain.chat import ChatEvent, Finished, FinishReason, ReasoningDelta, TextDelta
from loomwork.model_gateway.domain.errors import ModelUnavailable
from loomwork.model_gateway.domain.usage import Usage
from loomwork.model_gateway.ports import Call

DONE = "[DONE]"
MOST_THOUGHT = 16 * 1024 * 1024
"""Characters of reasoning that are kept, to be carried back with tool calls."""
REASONS: Mapping[str, FinishReason] = {
    "stop": "stop",
    "stop_sequence": "stop",
    "end_turn": "stop",
    "eos": "stop",
    "eos_token": "stop",
    "length": "length",
    "max_tokens": "length",
    "model_length": "length",
    "tool_calls": "tool_calls",
    "tool_use": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "content_filter",
    "sensitive": "content_filter",
    "safety": "content_filter",
}
GAVE_UP = frozenset({"error", "abort", "network_error", "insufficient_system_resource"})
"""Reasons of vendors who could not go on (Mistral and OpenRouter, vLLM, Zhipu, DeepSeek): the answer is not whole."""


class Answer:
    """One streamed answer. `ended` once `[DONE]` has come; what comes after it is not looked at."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._reason: str | None = None
        self._usage = Usage()
        self._tools = CalledTools()
        self._said_something = False
        self._refused = False
        self._thought: list[str] = []
        self._thought_size = 0
        self.ended = False

    def take(self, data: str) -> Iterable[ChatEvent]:
        """The events that one chunk is worth. Raises as `ChatWire.chat` does for an error that comes in its place."""
        if self.ended or not data:
            return ()
        if data.strip() == DONE:
            self.ended = True
            return ()
        return self._chunk(as_object(data), "delta")

    def take_whole(self, body: bytes) -> Iterator[ChatEvent]:
        """The events that an answer in one piece is worth."""
        yield from self._chunk(as_object(body), "message")
        self.ended = True
        yield from self.finished()

    def finished(self) -> Iterator[ChatEvent]:
        """The end of an answer that was complete. Raises `ModelUnavailable` for one that was cut off."""
        if self._reason is None and not (self.ended and (self._said_something or self._tools)):
            raise ModelUnavailable(
                f"{self._call.name} broke off before its answer was complete.", cause="outage", model=self._call.name
            )
        calls = self._tools.whole()
        yield Finished(self._ending(), self._usage, calls, carried=self._carried() if calls else None)

    def _chunk(self, chunk: Mapping[str, Any], said: str) -> Iterator[ChatEvent]:
        if _is_error(chunk):
            raise failure(self._call, chunk)
        self._count(chunk)
        if "x_groq" in chunk:
            self._count(inner(chunk, "x_groq"))
        choice = first_object(chunk.get("choices"))
        if choice.get("error"):
            raise failure(self._call, choice)
        self._count(choice)
        yield from self._said(inner(choice, said))
        if reason := text(choice.get("finish_reason")):
            self._stopped(reason)

    def _stopped(self, reason: str) -> None:
        if reason in GAVE_UP:
            raise failed(self._call, "outage", f"it gave up in the middle of its answer ({reason}).")
        self._reason = reason

    def _said(self, delta: Mapping[str, Any]) -> Iterator[ChatEvent]:
        if thought := _thought(delta):
            self._think(delta, thought)
            yield ReasoningDelta(thought)
        if words := _words(delta.get("content")):
            self._said_something = True
            yield TextDelta(words)
        if refusal := text(delta.get("refusal")):
            self._said_something = self._refused = True
            yield TextDelta(refusal)
        if delta.get("tool_calls"):
            for piece in objects(delta["tool_calls"]):
                yield from self._tools.take(piece)
        elif delta.get("function_call"):
            # As OpenAI had it before tools.
            yield from self._tools.take({"index": 0, "function": inner(delta, "function_call")})

    def _think(self, delta: Mapping[str, Any], thought: str) -> None:
        if not text(delta.get("reasoning_content")):
            return
        self._thought_size += len(thought)
        if self._thought_size > MOST_THOUGHT:
            raise BrokenStream(f"it sent more than {MOST_THOUGHT} characters of reasoning")
        self._thought.append(thought)

    def _count(self, counted: Mapping[str, Any]) -> None:
        if used := counted.get("usage"):
            self._usage = usage_of(used) or self._usage

    def _ending(self) -> FinishReason:
        if self._refused:
            return "content_filter"
        reason = REASONS.get((self._reason or "stop").lower(), "other")
        # Vendors stop, some with and some without a word about the tools that they ask for.
        if reason in ("stop", "tool_calls"):
            return "tool_calls" if self._tools else "stop"
        return reason

    def _carried(self) -> Mapping[str, Any] | None:
        if not self._thought:
            return None
        return {"wire": WIRE, "provider": self._call.provider, "reasoning_content": "".join(self._thought)}


def usage_of(value: Any) -> Usage | None:
    """What was used, or None where nothing is said of it."""
    if not isinstance(value, Mapping):
        return None
    asked, answered = inner(value, "prompt_tokens_details"), inner(value, "completion_tokens_details")
    hit = count(value.get("prompt_cache_hit_tokens"))
    cached = count(asked.get("cached_tokens"))
    return Usage(
        prompt_tokens=count(value.get("prompt_tokens")),
        completion_tokens=count(value.get("completion_tokens")),
        cached_tokens=hit if cached is None else cached,
        cache_write_tokens=count(asked.get("cache_write_tokens")),
        reasoning_tokens=count(answered.get("reasoning_tokens")),
    )


def _is_error(chunk: Mapping[str, Any]) -> bool:
    """Most put it under `error`; some send it flat."""
    if is_error(chunk):
        return True
    return "choices" not in chunk and (chunk.get("object") == "error" or isinstance(chunk.get("message"), str))


def _thought(delta: Mapping[str, Any]) -> str:
    """Vendors differ in what they call it; none sends two with different text."""
    for name in ("reasoning_content", "reasoning", "reasoning_text"):
        if name in delta and (thought := text(delta[name])):
            return thought
    content = delta.get("content")
    if not isinstance(content, list):
        return ""
    return "".join(_words(one.get("thinking")) for one in objects(content) if one.get("type") == "thinking")


def _words(value: Any) -> str:
    """Text, or a list of parts of which some are text."""
    if not isinstance(value, list):
        return text(value)
    return "".join(text(part.get("text")) for part in objects(value))
