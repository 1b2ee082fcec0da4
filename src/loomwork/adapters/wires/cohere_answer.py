"""The events of an answer of Cohere's second chat API, put together; vectors and rankings out of its other answers."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from loomwork.adapters.wires.block_answer import BlockAnswer
from loomwork.adapters.wires.cohere_failure import failure
from loomwork.adapters.wires.cohere_request import WIRE
from loomwork.adapters.wires.json_values import as_object, count, inner, objects, text
from loomwork.model_gateway.domain.chat import ChatEvent, Finished, FinishReason
from loomwork.model_gateway.domain.errors import ModelUnavailable
from loomwork.model_gateway.domain.usage import Usage
from loomwork.model_gateway.ports import Call

REASONS: Mapping[str, FinishReason] = {
    "COMPLETE": "stop",
    "STOP_SEQUENCE": "stop",
    "MAX_TOKENS": "length",
    "TOOL_CALL": "tool_calls",
    "ERROR_TOXIC": "content_filter",
}
PLAN = -1
"""The block in which the plan is kept; those of the provider count from 0."""


class Answer:
    """One streamed answer. `ended` once `message-end` has come; what comes after it is not looked at.

    What the model plans to do with its tools comes as reasoning, and is carried back with its calls as the API wants.
    """

    def __init__(self, call: Call) -> None:
        self._call = call
        self._blocks = BlockAnswer(call, WIRE)
        self._reason: str | None = None
        self._usage = Usage()
        self.ended = False

    def take(self, data: str) -> Iterator[ChatEvent]:
        """The events that one of theirs is worth. Raises as `ChatWire.chat` does for an error in its place."""
        if self.ended or not data or data.strip() == "[DONE]":
            return
        event = as_object(data)
        said = inner(event, "delta", "message")
        match event.get("type"):
            case "content-start" | "content-delta":
                yield from self._content(_index(event), inner(said, "content"))
            case "tool-plan-delta":
                yield from self._blocks.thought(PLAN, text(said.get("tool_plan")))
            case "tool-call-start" | "tool-call-delta":
                yield from self._call_piece(_index(event), inner(said, "tool_calls"))
            case "message-end":
                self._end(inner(event, "delta"))
            case _ if event.get("message") and "type" not in event:
                raise failure(self._call, event)

    def take_whole(self, body: bytes) -> Iterator[ChatEvent]:
        """The events that an answer in one piece is worth."""
        whole = as_object(body)
        said = inner(whole, "message")
        if not said:
            raise failure(self._call, whole)
        yield from self._blocks.thought(PLAN, text(said.get("tool_plan")))
        for index, content in enumerate(objects(said.get("content"))):
            yield from self._content(index, content)
        for index, called in enumerate(objects(said.get("tool_calls"))):
            yield from self._call_piece(index, called)
        self._end(whole)
        yield from self.finished()

    def finished(self) -> Iterator[ChatEvent]:
        """The end of an answer that was complete. Raises `ModelUnavailable` for one that was cut off."""
        if self._reason is None:
            raise ModelUnavailable(
                f"{self._call.name} broke off before its answer was complete.", cause="outage", model=self._call.name
            )
        for event in self._blocks.end(REASONS.get(self._reason, "other"), self._usage):
            yield self._with_plan(event) if isinstance(event, Finished) else event

    def _content(self, index: int, content: Mapping[str, Any]) -> Iterator[ChatEvent]:
        # Blocks of content and tool calls are counted apart: even and odd numbers keep them so.
        yield from self._blocks.thought(2 * index, thought) if (thought := text(content.get("thinking"))) else ()
        yield from self._blocks.text(2 * index, text(content.get("text")))

    def _call_piece(self, index: int, called: Mapping[str, Any]) -> Iterator[ChatEvent]:
        place, function = 2 * index + 1, inner(called, "function")
        if name := text(function.get("name")):
            yield from self._blocks.tool(place, text(called.get("id")), name)
        yield from self._blocks.arguments(place, text(function.get("arguments")))

    def _end(self, delta: Mapping[str, Any]) -> None:
        self.ended = True
        self._reason = text(delta.get("finish_reason")) or "COMPLETE"
        self._usage = _usage(inner(delta, "usage"))
        if self._reason in ("ERROR", "TIMEOUT"):
            raise failure(self._call, {"message": text(delta.get("error")) or f"it ended with {self._reason}."})

    def _with_plan(self, end: Finished) -> Finished:
        plan = self._blocks.thought_of(PLAN)
        if not plan or not end.tool_calls:
            return end
        carried = {"wire": WIRE, "provider": self._call.provider, "tool_plan": plan}
        return Finished(end.finish_reason, end.usage, end.tool_calls, carried=carried)


def _usage(usage: Mapping[str, Any]) -> Usage:
    """`tokens` is what the model read and wrote, the vendor's own words around the request included; `billed_units`
    is what is paid for, and holds where the former is missing.
    """
    tokens, billed = inner(usage, "tokens"), inner(usage, "billed_units")
    counts = tokens if count(tokens.get("input_tokens")) is not None else billed
    return Usage(
        prompt_tokens=count(counts.get("input_tokens")),
        completion_tokens=count(counts.get("output_tokens")),
        cached_tokens=count(usage.get("cached_tokens")),
    )


def vectors(body: bytes) -> tuple[Sequence[Any], Usage]:
    """The vectors, unchecked, and what they used. Older models answer with a list in place of one by type."""
    answer = as_object(body)
    said = answer.get("embeddings")
    found = said if isinstance(said, list) else inner(answer, "embeddings").get("float")
    used = count(inner(answer, "meta", "billed_units").get("input_tokens"))
    return found if isinstance(found, list) else [], Usage(prompt_tokens=used)


def ranked(body: bytes) -> tuple[Sequence[Mapping[str, Any]], Usage]:
    """The results, unchecked, and what they used."""
    answer = as_object(body)
    used = count(inner(answer, "meta", "billed_units").get("search_units"))
    return objects(answer.get("results")), Usage(searches=used)


def _index(event: Mapping[str, Any]) -> int:
    return count(event.get("index")) or 0
