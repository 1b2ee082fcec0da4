"""The events of an answer in OpenAI's responses dialect, put together."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from loomwork.adapters.wires.block_answer import BlockAnswer
from loomwork.adapters.wires.json_values import as_object, count, inner, objects, text
from loomwork.adapters.wires.openai_failure import failure
from loomwork.adapters.wires.openai_responses_request import WIRE
from loomwork.adapters.wires.sse import BrokenStream
from loomwork.model_gateway.domain.chat import ChatEvent, Finished, FinishReason
from loomwork.model_gateway.domain.errors import ModelUnavailable
from loomwork.model_gateway.domain.usage import Usage
from loomwork.model_gateway.ports import Call

REASONS: Mapping[str, FinishReason] = {"max_output_tokens": "length", "content_filter": "content_filter"}
MOST_CARRIED = 16 * 1024 * 1024
"""Characters of encrypted thoughts."""


class Answer:
    """One streamed answer. `ended` once the response is complete, or as complete as it gets.

    An item is told of as it comes in pieces; one that comes whole only, at its end or that of the response, is told of
    then.
    """

    def __init__(self, call: Call) -> None:
        self._call = call
        self._blocks = BlockAnswer(call, WIRE)
        self._sizes: dict[int, int] = {}
        self._carried: dict[int, dict[str, Any]] = {}
        self._carried_size = 0
        self._refused = False
        self._reason: FinishReason = "other"
        self._usage = Usage()
        self.ended = False

    def take(self, data: str) -> Iterator[ChatEvent]:
        """The events that one of theirs is worth. Raises as `ChatWire.chat` does for an error in its place."""
        if self.ended or not data or data.strip() == "[DONE]":
            return
        event = as_object(data)
        index, delta = count(event.get("output_index")) or 0, text(event.get("delta"))
        match event.get("type"):
            case "response.output_text.delta":
                yield from self._text(index, delta)
            case "response.refusal.delta":
                self._refused = True
                yield from self._text(index, delta)
            case "response.reasoning_summary_text.delta" | "response.reasoning_text.delta":
                yield from self._thought(index, delta)
            case "response.reasoning_summary_part.added" if count(event.get("summary_index")):
                yield from self._thought(index, "\n\n")
            case "response.output_item.added":
                yield from self._begun(index, inner(event, "item"))
            case "response.function_call_arguments.delta":
                yield from self._arguments(index, delta)
            case "response.output_item.done":
                yield from self._done(index, inner(event, "item"))
            case "response.completed" | "response.incomplete" | "response.failed":
                yield from self._end(inner(event, "response"))
            case "error":
                raise failure(self._call, event)
            case None if event.get("error"):
                raise failure(self._call, event)

    def take_whole(self, body: bytes) -> Iterator[ChatEvent]:
        """The events that an answer in one piece is worth."""
        response = as_object(body)
        if "output" not in response and not response.get("error"):
            raise BrokenStream("it sent JSON that is no response")
        yield from self._end(response)
        yield from self.finished()

    def finished(self) -> Iterator[ChatEvent]:
        """The end of an answer that was complete. Raises `ModelUnavailable` for one that was cut off."""
        if not self.ended:
            problem = f"{self._call.name} broke off before its answer was complete."
            raise ModelUnavailable(problem, cause="outage", model=self._call.name)
        for event in self._blocks.end(self._reason, self._usage):
            yield self._whole(event) if isinstance(event, Finished) else event

    def _whole(self, end: Finished) -> Finished:
        reason = end.finish_reason
        if reason == "stop":
            reason = "content_filter" if self._refused else "tool_calls" if end.tool_calls else "stop"
        items = [item for _, item in sorted(self._carried.items())]
        if not any(item["type"] == "reasoning" for item in items):
            return replace(end, finish_reason=reason, carried=None)
        carried = {"wire": WIRE, "provider": self._call.provider, "items": items}
        return replace(end, finish_reason=reason, carried=carried)

    def _text(self, index: int, piece: str) -> Iterator[ChatEvent]:
        self._count(index, piece)
        self._carried.setdefault(index, {"type": "message", "length": 0})["length"] = self._sizes[index]
        yield from self._blocks.text(index, piece)

    def _thought(self, index: int, piece: str) -> Iterator[ChatEvent]:
        self._count(index, piece)
        yield from self._blocks.thought(index, piece)

    def _arguments(self, index: int, piece: str) -> Iterator[ChatEvent]:
        self._count(index, piece)
        yield from self._blocks.arguments(index, piece)

    def _begun(self, index: int, item: Mapping[str, Any]) -> Iterator[ChatEvent]:
        """A function call begins; all else is told of when something is said."""
        if item.get("type") != "function_call" or index in self._sizes:
            return
        self._count(index, "")
        if not (name := text(item.get("name"))):
            raise BrokenStream("it asked for a tool without naming it")
        for event in self._blocks.tool(index, text(item.get("call_id")), name):
            self._carried[index] = {"type": "function_call", "call_id": getattr(event, "id", None)}
            yield event

    def _done(self, index: int, item: Mapping[str, Any]) -> Iterator[ChatEvent]:
        match item.get("type"):
            case "function_call":
                yield from self._begun(index, item)
                if not self._sizes.get(index):
                    yield from self._arguments(index, text(item.get("arguments")))
            case "message":
                yield from self._message(index, item)
            case "reasoning":
                if index not in self._sizes:
                    yield from self._thought(index, _thoughts(item))
                self._carry(index, item)

    def _message(self, index: int, item: Mapping[str, Any]) -> Iterator[ChatEvent]:
        parts = objects(item.get("content"))
        if index not in self._sizes:
            self._refused = self._refused or any(part.get("type") == "refusal" for part in parts)
            said = "".join(text(part.get("text")) or text(part.get("refusal")) for part in parts)
            yield from self._text(index, said) if said else ()
        if index in self._carried and (phase := text(item.get("phase"))):
            self._carried[index]["phase"] = phase

    def _carry(self, index: int, item: Mapping[str, Any]) -> None:
        """A thought that is not stored over there can only be handed in again as it was encrypted."""
        packed = text(item.get("encrypted_content"))
        if not packed or index in self._carried:
            return
        self._carried_size += len(packed)
        if self._carried_size > MOST_CARRIED:
            raise BrokenStream(f"it sent more than {MOST_CARRIED} characters of encrypted thoughts")
        summary = [{"type": "summary_text", "text": text(one.get("text"))} for one in objects(item.get("summary"))]
        kept = {"type": "reasoning", "id": text(item.get("id")), "summary": summary, "encrypted_content": packed}
        self._carried[index] = {name: value for name, value in kept.items() if value != ""}

    def _end(self, response: Mapping[str, Any]) -> Iterator[ChatEvent]:
        if response.get("error"):
            raise failure(self._call, {"error": response["error"]})
        if response.get("status") == "failed":
            raise failure(self._call, {})
        for index, item in enumerate(objects(response.get("output"))):
            yield from self._done(index, item)
        self.ended = True
        self._usage = _usage(inner(response, "usage"))
        if response.get("status") == "incomplete":
            self._reason = REASONS.get(text(inner(response, "incomplete_details").get("reason")), "other")
        else:
            self._reason = "stop"

    def _count(self, index: int, piece: str) -> None:
        self._sizes[index] = self._sizes.get(index, 0) + len(piece)


def _thoughts(item: Mapping[str, Any]) -> str:
    parts = objects(item.get("summary")) or objects(item.get("content"))
    return "\n\n".join(filter(None, (text(part.get("text")) for part in parts)))


def _usage(usage: Mapping[str, Any]) -> Usage:
    return Usage(
        prompt_tokens=count(usage.get("input_tokens")),
        completion_tokens=count(usage.get("output_tokens")),
        cached_tokens=count(inner(usage, "input_tokens_details").get("cached_tokens")),
        cache_write_tokens=count(inner(usage, "input_tokens_details").get("cache_write_tokens")),
        reasoning_tokens=count(inner(usage, "output_tokens_details").get("reasoning_tokens")),
    )
