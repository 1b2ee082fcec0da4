"""The chunks of a chat completions answer, put together."""

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from loomwork.adapters.wires.openai_failure import failure
from loomwork.adapters.wires.sse import BrokenStream
from loomwork.model_gateway.domain.chat import ChatEvent, Finished, ReasoningDelta, TextDelta
from loomwork.model_gateway.domain.errors import ModelUnavailable
from loomwork.model_gateway.domain.usage import Usage
from loomwork.model_gateway.ports import Call

DONE = "[DONE]"


class Answer:
    """One streamed answer. `ended` once `[DONE]` has come; what comes after it is not looked at."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._finish_reason: str | None = None
        self._usage = Usage()
        self._said_something = False
        self.ended = False

    def take(self, data: str) -> Iterator[ChatEvent]:
        """The events that one chunk is worth. Raises as `Wire.chat` does for an error that comes in its place."""
        if self.ended or not data:
            return
        if data.strip() == DONE:
            self.ended = True
            return
        chunk = _object(data)
        if chunk.get("error"):
            raise failure(self._call, chunk)
        self._usage = _usage(chunk.get("usage")) or self._usage
        for choice in _objects(chunk.get("choices"))[:1]:
            yield from self._choice(choice, choice.get("delta"))

    def finished(self) -> Finished:
        """The end of an answer that was complete. Raises `ModelUnavailable` for one that was cut off."""
        if self._finish_reason is None and not (self.ended and self._said_something):
            raise ModelUnavailable(
                f"{self._call.name} broke off before its answer was complete.", model=self._call.name
            )
        return Finished(self._finish_reason or "stop", self._usage)

    def _choice(self, choice: Mapping[str, Any], said: Any) -> Iterator[ChatEvent]:
        if isinstance(said, Mapping):
            # Vendors differ in what they call it; none sends both with different text.
            reasoning = _text(said.get("reasoning_content")) or _text(said.get("reasoning"))
            if reasoning:
                yield ReasoningDelta(reasoning)
            if text := _text(said.get("content")) or _text(said.get("refusal")):
                self._said_something = True
                yield TextDelta(text)
        reason = choice.get("finish_reason")
        if isinstance(reason, str) and reason:
            self._finish_reason = reason

    def take_whole(self, body: Mapping[str, Any]) -> Iterator[ChatEvent]:
        """The events that an answer in one piece is worth."""
        if body.get("error"):
            raise failure(self._call, body)
        self._usage = _usage(body.get("usage")) or self._usage
        for choice in _objects(body.get("choices"))[:1]:
            yield from self._choice(choice, choice.get("message"))
        self.ended = True
        yield self.finished()


def whole_answer(call: Call, body: bytes) -> Iterator[ChatEvent]:
    """An answer from a server that does not stream."""
    return Answer(call).take_whole(_object(body))


def _object(data: str | bytes) -> Mapping[str, Any]:
    try:
        chunk = orjson.loads(data)
    except orjson.JSONDecodeError:
        raise BrokenStream("it sent something that is not JSON") from None
    if not isinstance(chunk, dict):
        raise BrokenStream("it sent JSON that is not an object")
    return chunk


def _objects(value: Any) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _text(value: Any) -> str:
    """Text, or a list of parts of which some are text."""
    if isinstance(value, str):
        return value
    return "".join(part["text"] for part in _objects(value) if isinstance(part.get("text"), str))


def _usage(value: Any) -> Usage | None:
    if not isinstance(value, Mapping):
        return None
    return Usage(_count(value.get("prompt_tokens")), _count(value.get("completion_tokens")))


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
