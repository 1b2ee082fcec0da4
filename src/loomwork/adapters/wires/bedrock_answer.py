"""The events of an answer of Amazon Bedrock's ConverseStream, put together."""

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from loomwork.adapters.wires.answer_tool import AnswerTool
from loomwork.adapters.wires.aws_event_stream import Message
from loomwork.adapters.wires.bedrock_failure import failure
from loomwork.adapters.wires.bedrock_request import WIRE
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
    "guardrail_intervened": "content_filter",
    "content_filtered": "content_filter",
}
BROKEN = frozenset({"malformed_model_output", "malformed_tool_use"})


class Answer:
    """One streamed answer. `ended` once `metadata` has come, which follows the reason for the stop."""

    def __init__(self, call: Call, tool: AnswerTool | None = None) -> None:
        self._call = call
        self._blocks = BlockAnswer(call, WIRE, tool)
        self._reason: str | None = None
        self._usage = Usage()
        self.ended = False

    def take(self, message: Message) -> Iterator[ChatEvent]:
        """The events that a message is worth. Raises as `ChatWire.chat` does for an exception in its place."""
        if self.ended:
            return
        self._check(message)
        event = as_object(message.payload or b"{}")
        match message.headers.get(":event-type"):
            case "contentBlockStart":
                yield from self._begun(_index(event), inner(event, "start", "toolUse"))
            case "contentBlockDelta":
                yield from self._piece(_index(event), inner(event, "delta"))
            case "messageStop":
                self._reason = text(event.get("stopReason")) or "end_turn"
            case "metadata":
                self._usage = _usage(inner(event, "usage"))
                self.ended = self._reason is not None

    def take_whole(self, body: bytes) -> Iterator[ChatEvent]:
        """The events that an answer in one piece (that of Converse) is worth."""
        whole = as_object(body)
        for index, block in enumerate(objects(inner(whole, "output", "message").get("content"))):
            used = inner(block, "toolUse")
            yield from self._begun(index, used)
            pieces = {**block, "toolUse": {"input": orjson.dumps(used.get("input") or {}).decode()}} if used else block
            reasoning = inner(block, "reasoningContent")
            thought = {**inner(reasoning, "reasoningText"), **reasoning}
            yield from self._piece(index, {**pieces, "reasoningContent": thought} if reasoning else pieces)
        self._reason = text(whole.get("stopReason")) or None
        self._usage = _usage(inner(whole, "usage"))
        yield from self.finished()

    def finished(self) -> Iterator[ChatEvent]:
        """The end of an answer that was complete. Raises `ModelUnavailable` for one that was cut off or unreadable."""
        if self._reason is None:
            raise ModelUnavailable(
                f"{self._call.name} broke off before its answer was complete.", cause="outage", model=self._call.name
            )
        if self._reason in BROKEN and not self._blocks.began:
            raise ModelUnavailable(
                f"{self._call.name} wrote an answer that cannot be read.", cause="bad_answer", model=self._call.name
            )
        yield from self._blocks.end(REASONS.get(self._reason, "other"), self._usage)

    def _check(self, message: Message) -> None:
        kind = message.headers.get(":message-type")
        if kind == "exception":
            raise failure(self._call, message.payload, kind=message.headers.get(":exception-type"))
        if kind == "error":
            said = {"message": message.headers.get(":error-message", "")}
            raise failure(self._call, said, kind=message.headers.get(":error-code"))

    def _begun(self, index: int, used: Mapping[str, Any]) -> Iterator[ChatEvent]:
        if used:
            yield from self._blocks.tool(index, text(used.get("toolUseId")), text(used.get("name")))

    def _piece(self, index: int, delta: Mapping[str, Any]) -> Iterator[ChatEvent]:
        yield from self._blocks.text(index, text(delta.get("text")))
        yield from self._blocks.arguments(index, text(inner(delta, "toolUse").get("input")))
        reasoning = inner(delta, "reasoningContent")
        if said := text(reasoning.get("text")):
            yield from self._blocks.thought(index, said)
        if signature := text(reasoning.get("signature")):
            self._blocks.sign(index, signature)
        if redacted := text(reasoning.get("redactedContent")):
            self._blocks.redacted(index, redacted)


def _usage(usage: Mapping[str, Any]) -> Usage:
    """`inputTokens` are those beside the cache."""
    read, written = count(usage.get("cacheReadInputTokens")), count(usage.get("cacheWriteInputTokens"))
    fresh = count(usage.get("inputTokens"))
    return Usage(
        prompt_tokens=None if fresh is None else added(fresh, read, written),
        completion_tokens=count(usage.get("outputTokens")),
        cached_tokens=read,
        cache_write_tokens=written,
    )


def _index(event: Mapping[str, Any]) -> int:
    return count(event.get("contentBlockIndex")) or 0
