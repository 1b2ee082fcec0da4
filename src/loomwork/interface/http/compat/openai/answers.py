"""From what a model says to chat completions and their chunks."""

from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from loomwork.interface.http.streams import closing
from loomwork.model_gateway.api import (
    ChatEvent,
    Finished,
    ModelUnavailable,
    ReasoningDelta,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    Usage,
)

FINISH_REASONS: Mapping[str, str] = {
    "stop": "stop",
    "length": "length",
    "tool_calls": "tool_calls",
    "content_filter": "content_filter",
}
"""Theirs by ours; any other is a stop."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What every object of an answer repeats. `legacy`: the client knows one `function_call` instead of tool calls."""

    id: str
    created: int
    model: str
    legacy: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer."""

    text: str
    reasoning: str
    finished: Finished


async def whole_answer(events: AsyncIterator[ChatEvent]) -> Answer:
    """Hear an answer to its end. Raises what the events raise, and `ModelUnavailable` where they end without one."""
    async with closing(events):
        return await heard_answer(events)


async def heard_answer(events: AsyncIterator[ChatEvent]) -> Answer:
    """As `whole_answer`, for who closes the events: the answer is there before its call is written down."""
    said: list[str] = []
    thought: list[str] = []
    pieces = CallPieces()
    async for event in events:
        match event:
            case TextDelta(text=text):
                said.append(text)
            case ReasoningDelta(text=text):
                thought.append(text)
            case ToolCallDelta():
                pieces.add(event)
            case Finished():
                return Answer("".join(said), "".join(thought), pieces.into(event))
    raise unfinished()


class CallPieces:
    """Tool calls put together from their pieces, for events whose end does not repeat them."""

    def __init__(self) -> None:
        self._calls: dict[int, ToolCall] = {}

    def add(self, piece: ToolCallDelta) -> None:
        so_far = self._calls.get(piece.index, ToolCall("", "", ""))
        arguments = so_far.arguments + piece.arguments
        self._calls[piece.index] = ToolCall(piece.id or so_far.id, piece.name or so_far.name, arguments)

    def into(self, finished: Finished) -> Finished:
        if finished.tool_calls or not self._calls:
            return finished
        calls = tuple(self._calls[index] for index in sorted(self._calls))
        return Finished(finished.finish_reason, finished.usage, calls, finished.model, finished.carried)


def unfinished() -> ModelUnavailable:
    """The error of a stream that ended and had not come to its end."""
    return ModelUnavailable("The model's answer broke off before its end.", cause="bad_answer")


def completion(facts: Facts, answer: Answer) -> dict[str, Any]:
    """A whole answer as a `chat.completion`."""
    finished = answer.finished
    choice = {
        "index": 0,
        "message": _message(facts, answer),
        "logprobs": None,
        "finish_reason": _finish_reason(facts, finished),
    }
    return {
        "id": facts.id,
        "object": "chat.completion",
        "created": facts.created,
        "model": finished.model or facts.model,
        "choices": [choice],
        "usage": usage_of(finished.usage),
        "service_tier": None,
        "system_fingerprint": None,
    }


def _message(facts: Facts, answer: Answer) -> dict[str, Any]:
    calls = answer.finished.tool_calls
    message: dict[str, Any] = {
        "role": "assistant",
        "content": answer.text if answer.text or not calls else None,
        "refusal": None,
        "annotations": [],
    }
    if answer.reasoning:
        message["reasoning_content"] = answer.reasoning
    if calls and facts.legacy:
        message["function_call"] = {"name": calls[0].name, "arguments": calls[0].arguments}
    elif calls:
        message["tool_calls"] = [_call(call) for call in calls]
    if answer.finished.carried is not None:
        message["carried"] = dict(answer.finished.carried)
    return message


def _call(call: ToolCall) -> dict[str, Any]:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}


def _finish_reason(facts: Facts, finished: Finished) -> str:
    reason = FINISH_REASONS.get(finished.finish_reason, "stop")
    if finished.tool_calls and reason == "stop":
        reason = "tool_calls"
    return "function_call" if facts.legacy and reason == "tool_calls" else reason


def usage_of(usage: Usage) -> dict[str, Any] | None:
    """A usage as clients know it; None where nothing was counted."""
    if usage.total_tokens is None:
        return None
    return {
        "prompt_tokens": usage.prompt_tokens or 0,
        "completion_tokens": usage.completion_tokens or 0,
        "total_tokens": usage.total_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cached_tokens or 0, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": usage.reasoning_tokens or 0,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


class ChunkTeller:
    """Tells an answer event by event as `chat.completion.chunk` objects. With `wants_usage`, the last one has no
    choices and says what was used, and all others say that they do not.
    """

    def __init__(self, facts: Facts, *, wants_usage: bool) -> None:
        self._facts = facts
        self._wants_usage = wants_usage
        self._called: set[int] = set()
        self.ended = False

    def opening(self) -> dict[str, Any]:
        """The first chunk, which says who speaks."""
        return self._chunk({"role": "assistant", "content": "", "refusal": None})

    def tell(self, event: ChatEvent) -> Iterator[dict[str, Any]]:
        """The chunks of one event."""
        match event:
            case TextDelta(text=text):
                if text:
                    yield self._chunk({"content": text})
            case ReasoningDelta(text=text):
                if text:
                    yield self._chunk({"reasoning_content": text})
            case ToolCallDelta():
                yield from self._tool_call(event)
            case Finished():
                yield from self._end(event)

    def _tool_call(self, piece: ToolCallDelta) -> Iterator[dict[str, Any]]:
        first = piece.index not in self._called
        self._called.add(piece.index)
        function: dict[str, Any] = {"arguments": piece.arguments}
        if first or piece.name is not None:
            function = {"name": piece.name or "", **function}
        if self._facts.legacy:
            if piece.index == 0:
                yield self._chunk({"function_call": function})
            return
        named = {"id": piece.id, "type": "function"} if first or piece.id is not None else {}
        yield self._chunk({"tool_calls": [{"index": piece.index, **named, "function": function}]})

    def _end(self, finished: Finished) -> Iterator[dict[str, Any]]:
        for index, call in enumerate(finished.tool_calls):
            if index not in self._called:
                yield from self._tool_call(ToolCallDelta(index, call.id, call.name, call.arguments))
        self.ended = True
        calls = finished.tool_calls or tuple(ToolCall("", "", "") for _ in self._called)
        reason = _finish_reason(self._facts, Finished(finished.finish_reason, finished.usage, calls))
        carried = {"carried": dict(finished.carried)} if finished.carried is not None else {}
        model = finished.model
        yield self._chunk(carried, finish_reason=reason, model=model)
        if self._wants_usage:
            yield self._object([], model) | {"usage": usage_of(finished.usage)}

    def _chunk(
        self, delta: Mapping[str, Any], *, finish_reason: str | None = None, model: str | None = None
    ) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        return self._object([choice], model) | ({"usage": None} if self._wants_usage else {})

    def _object(self, choices: list[dict[str, Any]], model: str | None) -> dict[str, Any]:
        facts = self._facts
        return {
            "id": facts.id,
            "object": "chat.completion.chunk",
            "created": facts.created,
            "model": model or facts.model,
            "service_tier": None,
            "system_fingerprint": None,
            "choices": choices,
        }
