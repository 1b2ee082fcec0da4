"""The chunks of an answer of the Gemini API, put together; and vectors out of its answers."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson

from loomwork.adapters.wires.block_answer import BlockAnswer
from loomwork.adapters.wires.gemini_failure import blocked, failure
from loomwork.adapters.wires.gemini_request import WIRE
from loomwork.adapters.wires.json_values import added, as_object, count, inner, objects, text
from loomwork.model_gateway.domain.chat import ChatEvent, FinishReason
from loomwork.model_gateway.domain.errors import ModelUnavailable
from loomwork.model_gateway.domain.usage import Usage
from loomwork.model_gateway.ports import Call

REASONS: Mapping[str, FinishReason] = {
    "STOP": "stop",
    "MAX_TOKENS": "length",
    "SAFETY": "content_filter",
    "RECITATION": "content_filter",
    "BLOCKLIST": "content_filter",
    "PROHIBITED_CONTENT": "content_filter",
    "SPII": "content_filter",
    "IMAGE_SAFETY": "content_filter",
    "IMAGE_PROHIBITED_CONTENT": "content_filter",
    "IMAGE_RECITATION": "content_filter",
}
BROKEN = frozenset({"MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "MALFORMED_RESPONSE"})
"""Reasons that say that the model wrote what the provider itself could not read."""
COUNTS = (
    "promptTokenCount",
    "toolUsePromptTokenCount",
    "candidatesTokenCount",
    "thoughtsTokenCount",
    "cachedContentTokenCount",
)


class Answer:
    """One streamed answer. It has no mark for its end: `ended` once it has said both why it stops and what it used."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._blocks = BlockAnswer(call, WIRE)
        self._next = 0
        self._open: tuple[str, int] | None = None
        self._called = False
        self._reason: str | None = None
        self._counts: dict[str, int] = {}
        self.ended = False

    def take(self, data: str) -> Iterator[ChatEvent]:
        """The events that one chunk is worth. Raises as `ChatWire.chat` does for an error in its place."""
        if self.ended or not data:
            return
        yield from self._chunk(as_object(data))
        self.ended = self._reason is not None and bool(self._counts)

    def take_whole(self, body: bytes) -> Iterator[ChatEvent]:
        """The events that an answer in one piece is worth."""
        yield from self._chunk(as_object(body))
        yield from self.finished()

    def finished(self) -> Iterator[ChatEvent]:
        """The end of an answer that was complete. Raises `ModelUnavailable` for one that was cut off or unreadable."""
        if self._reason is None:
            raise ModelUnavailable(
                f"{self._call.name} broke off before its answer was complete.", cause="outage", model=self._call.name
            )
        if self._reason in BROKEN and not self._blocks.began:
            raise ModelUnavailable(
                f"{self._call.name} wrote a tool call that cannot be read.", cause="bad_answer", model=self._call.name
            )
        reason = REASONS.get(self._reason, "other")
        yield from self._blocks.end("tool_calls" if reason == "stop" and self._called else reason, self._usage())

    def _chunk(self, chunk: Mapping[str, Any]) -> Iterator[ChatEvent]:
        if chunk.get("error"):
            raise failure(self._call, chunk)
        self._counted(inner(chunk, "usageMetadata"))
        candidates = objects(chunk.get("candidates"))
        if not candidates and (why := text(inner(chunk, "promptFeedback").get("blockReason"))):
            raise blocked(self._call, why)
        for candidate in candidates[:1]:
            for part in objects(inner(candidate, "content").get("parts")):
                yield from self._part(part)
            self._reason = text(candidate.get("finishReason")) or self._reason

    def _part(self, part: Mapping[str, Any]) -> Iterator[ChatEvent]:
        signature = text(part.get("thoughtSignature"))
        if called := inner(part, "functionCall"):
            index = self._begin("tool")
            yield from self._function(index, called)
        elif part.get("thought") is True:
            index = self._continued("thought")
            yield from self._blocks.thought(index, text(part.get("text")))
        elif signature or part.get("text"):
            # A signed part goes back as the part that it was, an empty one too.
            index = self._begin("text") if signature else self._continued("text")
            self._blocks.begin_text(index)
            yield from self._blocks.text(index, text(part.get("text")))
        else:
            return
        if signature:
            self._blocks.sign(index, signature)
            self._open = None

    def _function(self, index: int, called: Mapping[str, Any]) -> Iterator[ChatEvent]:
        self._called = True
        yield from self._blocks.tool(index, text(called.get("id")), text(called.get("name")))
        if arguments := inner(called, "args"):
            yield from self._blocks.arguments(index, orjson.dumps(arguments).decode())

    def _begin(self, kind: str) -> int:
        index, self._next = self._next, self._next + 1
        self._open = (kind, index)
        return index

    def _continued(self, kind: str) -> int:
        """The block that is still open, if it is of this kind, else a new one."""
        return self._open[1] if self._open is not None and self._open[0] == kind else self._begin(kind)

    def _counted(self, usage: Mapping[str, Any]) -> None:
        """Counts are of the whole answer so far: the last one of each holds."""
        for name in COUNTS:
            if (counted := count(usage.get(name))) is not None:
                self._counts[name] = counted

    def _usage(self) -> Usage:
        prompt, of_tools, said, thought, cached = (self._counts.get(name) for name in COUNTS)
        return Usage(
            prompt_tokens=added(prompt, of_tools),
            completion_tokens=added(said, thought),
            cached_tokens=cached,
            reasoning_tokens=thought,
        )


def vectors(body: bytes) -> tuple[Sequence[Any], Usage]:
    """The vectors of an answer to `batchEmbedContents`, unchecked, and what they used where that is said."""
    answer = as_object(body)
    used = count(inner(answer, "usageMetadata").get("promptTokenCount"))
    return [one.get("values") for one in objects(answer.get("embeddings"))], Usage(prompt_tokens=used)
