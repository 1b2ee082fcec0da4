"""The lines of an answer of Ollama's own API, put together."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from loomwork.adapters.wires.called_tools import CalledTools
from loomwork.adapters.wires.json_values import as_object, count, inner, objects, text
from loomwork.adapters.wires.ollama_request import WIRE
from loomwork.adapters.wires.openai_failure import failure, sound
from loomwork.adapters.wires.sse import BrokenStream
from loomwork.model_gateway.domain.chat import ChatEvent, Finished, FinishReason, ReasoningDelta, TextDelta
from loomwork.model_gateway.domain.errors import ModelUnavailable
from loomwork.model_gateway.domain.usage import Usage
from loomwork.model_gateway.ports import Call, Target

REASONS: Mapping[str, FinishReason] = {"stop": "stop", "length": "length", "load": "stop", "": "stop"}
MOST_THOUGHT = 16 * 1024 * 1024
"""Characters of reasoning that are kept, to be carried back with tool calls."""


class Answer:
    """One streamed answer. `ended` once a line says that it is done."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._tools = CalledTools()
        self._reason = ""
        self._usage = Usage()
        self._thought: list[str] = []
        self._thought_size = 0
        self.ended = False

    def take(self, line: bytes) -> Iterator[ChatEvent]:
        """The events that one line is worth. Raises as `ChatWire.chat` does for an error that comes in its place."""
        if self.ended:
            return
        said = as_object(line)
        if said.get("error"):
            raise failure(self._call, said)
        yield from self._said(inner(said, "message"))
        if said.get("done") is True:
            self._end(said)

    def take_whole(self, body: bytes) -> Iterator[ChatEvent]:
        """The events that an answer in one piece is worth."""
        yield from self.take(body)
        if not self.ended:
            raise BrokenStream("it sent JSON that is no answer")
        yield from self.finished()

    def finished(self) -> Iterator[ChatEvent]:
        """The end of an answer that was complete. Raises `ModelUnavailable` for one that was cut off."""
        if not self.ended:
            problem = f"{self._call.name} broke off before its answer was complete."
            raise ModelUnavailable(problem, cause="outage", model=self._call.name)
        calls, reason = self._tools.whole(), REASONS.get(self._reason, "other")
        carried = {"wire": WIRE, "provider": self._call.provider, "thinking": "".join(self._thought)}
        yield Finished(
            "tool_calls" if calls and reason == "stop" else reason,
            self._usage,
            calls,
            carried=carried if calls and self._thought else None,
        )

    def _said(self, message: Mapping[str, Any]) -> Iterator[ChatEvent]:
        if thought := text(message.get("thinking")):
            self._keep(thought)
            yield ReasoningDelta(thought)
        if words := text(message.get("content")):
            yield TextDelta(words)
        for called in objects(message.get("tool_calls")):
            # Every call comes whole; what number it has, not all versions say.
            yield from self._tools.take({"id": called.get("id"), "function": called.get("function")})

    def _keep(self, thought: str) -> None:
        self._thought_size += len(thought)
        if self._thought_size > MOST_THOUGHT:
            raise BrokenStream(f"it sent more than {MOST_THOUGHT} characters of reasoning")
        self._thought.append(thought)

    def _end(self, said: Mapping[str, Any]) -> None:
        self.ended = True
        self._reason = text(said.get("done_reason"))
        self._usage = Usage(count(said.get("prompt_eval_count")), count(said.get("eval_count")))


def vectors(target: Target, body: bytes) -> tuple[Sequence[Any], Usage]:
    """The vectors, unchecked, and what they used."""
    answer = sound(target, body)
    found = answer.get("embeddings")
    return found if isinstance(found, list) else [], Usage(count(answer.get("prompt_eval_count")))
