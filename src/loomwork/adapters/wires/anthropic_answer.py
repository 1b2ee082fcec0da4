"""The events of an answer of Anthropic's Messages API, put together."""

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from loomwork.adapters.wires.answer_tool import AnswerTool
from loomwork.adapters.wires.anthropic_failure import failure
from loomwork.adapters.wires.anthropic_request import WIRE
from loomwork.adapters.wires.block_answer import BlockAnswer
from loomwork.adapters.wires.json_values import added, as_object, count, inner, objects, text
from loomwork.model_gateway.domain.chat import ChatEvent, FinishReason
from loomwork.model_gateway.domain.errors import ModelUnavailable
from loomwork.model_gateway.domain.usage import Usage
from loomwork.model_gateway.ports import Call

REASONS: Mapping[str, FinishReason] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}
COUNTS = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "output_tokens")


class Answer:
    """One streamed answer. `ended` once `message_stop` has come; what comes after it is not looked at."""

    def __init__(self, call: Call, tool: AnswerTool | None = None) -> None:
        self._call = call
        self._blocks = BlockAnswer(call, WIRE, tool)
        self._reason: str | None = None
        self._counts: dict[str, int] = {}
        self._thought: int | None = None
        self.ended = False

    def take(self, data: str) -> Iterator[ChatEvent]:
        """The events that one of theirs is worth. Raises as `ChatWire.chat` does for an error in its place."""
        if self.ended or not data:
            return
        event = as_object(data)
        match event.get("type"):
            case "message_start":
                self._counted(inner(event, "message", "usage"))
            case "content_block_start":
                yield from self._begun(_index(event), inner(event, "content_block"))
            case "content_block_delta":
                yield from self._piece(_index(event), inner(event, "delta"))
            case "message_delta":
                self._reason = text(inner(event, "delta").get("stop_reason")) or self._reason
                self._counted(inner(event, "usage"))
            case "message_stop":
                self.ended = True
            case "error":
                raise failure(self._call, event)

    def take_whole(self, body: bytes) -> Iterator[ChatEvent]:
        """The events that an answer in one piece is worth."""
        message = as_object(body)
        if message.get("type") == "error" or message.get("error"):
            raise failure(self._call, message)
        for index, block in enumerate(objects(message.get("content"))):
            yield from self._begun(index, block)
        self._reason = text(message.get("stop_reason")) or None
        self._counted(inner(message, "usage"))
        self.ended = True
        yield from self.finished()

    def finished(self) -> Iterator[ChatEvent]:
        """The end of an answer that was complete. Raises `ModelUnavailable` for one that was cut off."""
        if self._reason is None and not (self.ended and self._blocks.began):
            raise ModelUnavailable(
                f"{self._call.name} broke off before its answer was complete.", cause="outage", model=self._call.name
            )
        reason = REASONS.get(self._reason, "other") if self._reason else "stop"
        yield from self._blocks.end(reason, self._usage())

    def _begun(self, index: int, block: Mapping[str, Any]) -> Iterator[ChatEvent]:
        match block.get("type"):
            case "text":
                yield from self._blocks.text(index, text(block.get("text")))
            case "thinking":
                yield from self._blocks.thought(index, text(block.get("thinking")))
                self._blocks.sign(index, text(block.get("signature")))
            case "redacted_thinking":
                self._blocks.redacted(index, text(block.get("data")))
            case "tool_use":
                yield from self._blocks.tool(index, text(block.get("id")), text(block.get("name")))
                # In a stream the arguments come in pieces, and stand here empty.
                if given := inner(block, "input"):
                    yield from self._blocks.arguments(index, orjson.dumps(given).decode())

    def _piece(self, index: int, delta: Mapping[str, Any]) -> Iterator[ChatEvent]:
        match delta.get("type"):
            case "text_delta":
                yield from self._blocks.text(index, text(delta.get("text")))
            case "input_json_delta":
                yield from self._blocks.arguments(index, text(delta.get("partial_json")))
            case "thinking_delta":
                yield from self._blocks.thought(index, text(delta.get("thinking")))
            case "signature_delta":
                self._blocks.sign(index, text(delta.get("signature")))

    def _counted(self, usage: Mapping[str, Any]) -> None:
        """Counts are of the whole answer so far: the last one of each holds."""
        for name in COUNTS:
            if (counted := count(usage.get(name))) is not None:
                self._counts[name] = counted
        thought = count(inner(usage, "output_tokens_details").get("thinking_tokens"))
        self._thought = self._thought if thought is None else thought

    def _usage(self) -> Usage:
        fresh, written, read, output = (self._counts.get(name) for name in COUNTS)
        return Usage(
            prompt_tokens=None if fresh is None else added(fresh, written, read),
            completion_tokens=output,
            cached_tokens=read,
            cache_write_tokens=written,
            reasoning_tokens=self._thought,
        )


def _index(event: Mapping[str, Any]) -> int:
    return count(event.get("index")) or 0
