"""The events of a streamed answer: bytes through a parser, what it makes of them through an answer's own reading."""

from collections.abc import AsyncGenerator, Iterable
from typing import Protocol, TypeVar

from loomwork.adapters.wires.http import Reply
from loomwork.model_gateway.domain.chat import ChatEvent

LARGEST_ANSWER = 16 * 1024 * 1024
"""Bytes of an answer that comes in one piece."""

Item_co = TypeVar("Item_co", covariant=True)
Item_contra = TypeVar("Item_contra", contravariant=True)
Item = TypeVar("Item")


class Parser(Protocol[Item_co]):
    """Feed it bytes as they come; it gives back what they complete. Raises `BrokenStream`."""

    def feed(self, received: bytes) -> Iterable[Item_co]: ...


class Answer(Protocol[Item_contra]):
    """One answer, read item by item; `ended` once nothing more is to come that counts."""

    ended: bool

    def take(self, item: Item_contra, /) -> Iterable[ChatEvent]: ...

    def take_whole(self, body: bytes, /) -> Iterable[ChatEvent]: ...

    def finished(self) -> Iterable[ChatEvent]: ...


async def events_of(reply: Reply, parser: Parser[Item], answer: Answer[Item]) -> AsyncGenerator[ChatEvent, None]:
    """All events of the reply, its end included; one that does not stream, though it was asked to, in one piece."""
    if reply.is_json:
        for event in answer.take_whole(await reply.whole(LARGEST_ANSWER)):
            yield event
        return
    while not answer.ended and (received := await reply.piece()):
        for item in parser.feed(received):
            for event in answer.take(item):
                yield event
    for event in answer.finished():
        yield event
    await reply.drain()
