"""Calls as tests ask them, and the events that a parser makes of bytes, without a socket."""

from collections.abc import Callable, Iterable
from typing import Any, Protocol

from loomwork.adapters.wires.sse import BrokenStream, SseParser
from loomwork.model_gateway.domain.chat import ChatEvent, Finished, Message, ReasoningDelta, TextDelta, Tool, ToolCall
from loomwork.model_gateway.domain.connection import Connection
from loomwork.model_gateway.domain.errors import ModelUnavailable
from loomwork.model_gateway.domain.provider import ModelCard, Profile
from loomwork.model_gateway.ports import Call

KEY = "sk-very-secret-key-0123456789"
PIXEL = "data:image/png;base64,iVBORw0KGgo="
WEATHER = Tool("weather", "The weather of a city.", {"type": "object", "properties": {"city": {"type": "string"}}})
SCHEMA = {"type": "object", "properties": {"kind": {"enum": ["a", "b"]}}, "required": ["kind"]}
ASKED_TOOLS = (
    Message("system", "Be brief."),
    Message("user", "Paris and Rome?"),
    Message(
        "assistant",
        "Looking.",
        tool_calls=(ToolCall("c1", "weather", '{"city": "Paris"}'), ToolCall("c2", "weather", "")),
    ),
    Message("tool", "rain", tool_call_id="c1"),
    Message("tool", '{"sun": true}', tool_call_id="c2"),
    Message("user", "Well?"),
)
"""A conversation with two calls at once and their results."""


class Answer(Protocol):
    ended: bool

    def take(self, data: Any) -> Iterable[ChatEvent]: ...

    def finished(self) -> Iterable[ChatEvent]: ...


class Parser(Protocol):
    def feed(self, received: bytes) -> Iterable[Any]: ...


def a_call(*messages: Message, profile: Profile | None = None, card: ModelCard | None = None, **more: Any) -> Call:
    return Call(
        provider="acme",
        model="small",
        messages=messages or (Message("system", "Be brief."), Message("user", "Hello?")),
        connection=more.pop("connection", Connection("https://api.acme.test", KEY)),
        profile=profile or Profile(structured_output="json_schema", vision=True),
        card=card,
        **more,
    )


def events_in(stream: bytes, answer: Answer, parser: Parser | None = None) -> list[ChatEvent]:
    """All that a stream is worth, its end included."""
    parser = parser or SseParser()
    events = [event for data in parser.feed(stream) for event in answer.take(data)]
    return [*events, *answer.finished()]


def text_of(events: Iterable[ChatEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def thoughts_of(events: Iterable[ChatEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, ReasoningDelta))


def end_of(events: list[ChatEvent]) -> Finished:
    end = events[-1]
    assert isinstance(end, Finished)
    return end


def holds_when_cut_anywhere(
    stream: bytes, answer: Callable[[], Answer], parser: Callable[[], Parser] = SseParser
) -> None:
    """A stream cut at any byte is a beginning of the whole one's events, and a whole answer only once it was one."""
    whole = events_in(stream, answer(), parser())
    complete = 0
    for place in range(len(stream)):
        received: list[ChatEvent] = []
        taken, feed = answer(), parser()
        try:
            for data in feed.feed(stream[:place]):
                received += taken.take(data)
            received += taken.finished()
            complete += 1
        except (ModelUnavailable, BrokenStream):
            assert received == whole[: len(received)]
            assert Finished not in map(type, received)
        else:
            assert text_of(received) == text_of(whole)
    assert 0 <= complete < len(stream) / 2


def holds_in_any_pieces(stream: bytes, answer: Callable[[], Answer], parser: Callable[[], Parser] = SseParser) -> None:
    """Read byte by byte, the events are the same."""
    taken, feed = answer(), parser()
    events: list[ChatEvent] = []
    for place in range(len(stream)):
        for data in feed.feed(stream[place : place + 1]):
            events += taken.take(data)
    assert [*events, *taken.finished()] == events_in(stream, answer(), parser())
