"""An answer that comes as numbered blocks (text, thoughts, tool calls), each in pieces, put together."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from loomwork.adapters.wires.answer_tool import AnswerTool
from loomwork.adapters.wires.json_values import text
from loomwork.adapters.wires.sse import BrokenStream
from loomwork.adapters.wires.tool_calls import new_id
from loomwork.model_gateway.domain.chat import (
    ChatEvent,
    Finished,
    FinishReason,
    Message,
    ReasoningDelta,
    TextDelta,
    ToolCall,
    ToolCallDelta,
)
from loomwork.model_gateway.domain.usage import Usage
from loomwork.model_gateway.ports import Call

MOST_BLOCKS = 4096
MOST_KEPT = 16 * 1024 * 1024
"""Characters of one answer that are kept while it comes: tool calls, thoughts, and text that is held back."""


@dataclass(slots=True)
class Block:
    """`text` is kept of thoughts and arguments only; of an answer's text, its `length`. `place` counts tool calls;
    `given`: the provider gave the call its id.
    """

    kind: Literal["text", "thought", "redacted", "tool", "answer"]
    text: list[str] = field(default_factory=list)
    length: int = 0
    signature: str = ""
    id: str = ""
    name: str = ""
    place: int = 0
    given: bool = False

    @property
    def whole(self) -> str:
        return "".join(self.text)


class BlockAnswer:
    """`wire` and the call's provider say whose thoughts are carried. With `tool`, what comes through it is the text of
    the answer, and any other text is held back until it is clear that nothing comes through it.
    """

    def __init__(self, call: Call, wire: str, tool: AnswerTool | None = None) -> None:
        self._call, self._wire, self._tool = call, wire, tool
        self._blocks: dict[int, Block] = {}
        self._held: list[str] = []
        self._kept = 0
        self._answered = False

    @property
    def began(self) -> bool:
        """Whether anything has been said."""
        return bool(self._blocks)

    def text(self, index: int, piece: str) -> Iterator[ChatEvent]:
        if not piece:
            return
        self._block(index, "text").length += len(piece)
        if self._tool is None:
            yield TextDelta(piece)
        else:
            self._keep(piece)
            self._held.append(piece)

    def begin_text(self, index: int) -> None:
        """Have a block of text, be it an empty one, that can be signed."""
        self._block(index, "text")

    def thought(self, index: int, piece: str) -> Iterator[ChatEvent]:
        block = self._block(index, "thought")
        if piece:
            self._keep(piece)
            block.text.append(piece)
            yield ReasoningDelta(piece)

    def thought_of(self, index: int) -> str:
        """What has been thought in a block so far."""
        block = self._blocks.get(index)
        return block.whole if block is not None else ""

    def sign(self, index: int, piece: str) -> None:
        """More of the signature of a block that has begun; of a thought that is only signed, where none has."""
        self._keep(piece)
        block = self._blocks.get(index) or self._block(index, "thought")
        block.signature += piece

    def redacted(self, index: int, data: str) -> None:
        """A thought that only its provider can read."""
        self._keep(data)
        self._block(index, "redacted").text.append(data)

    def tool(self, index: int, call_id: str, name: str) -> Iterator[ChatEvent]:
        """A tool call begins."""
        self._keep(call_id + name)
        if self._tool is not None and name == self._tool.name:
            self._block(index, "answer")
            return
        place = sum(block.kind == "tool" for block in self._blocks.values())
        block = self._block(index, "tool")
        block.id, block.name, block.place, block.given = call_id or new_id(), name, place, bool(call_id)
        yield ToolCallDelta(place, block.id, name)

    def arguments(self, index: int, piece: str) -> Iterator[ChatEvent]:
        """More of the arguments of a call that has begun."""
        block = self._blocks.get(index)
        if not piece or block is None or block.kind not in ("tool", "answer"):
            return
        self._keep(piece)
        block.text.append(piece)
        if block.kind == "tool":
            yield ToolCallDelta(block.place, arguments=piece)
        elif self._tool is not None and not self._tool.wrapped and self._first_answer() is block:
            yield TextDelta(piece)

    def end(self, reason: FinishReason, usage: Usage) -> Iterator[ChatEvent]:
        """What is left to say, and the end."""
        answer = self._first_answer()
        if answer is not None and self._tool is not None and self._tool.wrapped:
            yield TextDelta(self._tool.unwrapped(answer.whole))
        elif answer is None and self._held:
            yield TextDelta("".join(self._held))
        calls = self._calls()
        if reason == "tool_calls" and not calls:
            reason = "stop"
        yield Finished(reason, usage, calls, carried=self._carried())

    def _calls(self) -> tuple[ToolCall, ...]:
        tools = [block for block in self._blocks.values() if block.kind == "tool"]
        return tuple(ToolCall(block.id, block.name, block.whole or "{}") for block in tools)

    def _first_answer(self) -> Block | None:
        return next((block for block in self._blocks.values() if block.kind == "answer"), None)

    def _carried(self) -> Mapping[str, Any] | None:
        """The order of the blocks with all thoughts in them, since they are only taken back as and where they were."""
        if not any(_is_wanted_back(block) for block in self._blocks.values()):
            return None
        blocks = [_carried(block) for _, block in sorted(self._blocks.items()) if block.kind != "answer"]
        return {**_origin(self._call, self._wire), "blocks": blocks}

    def _block(self, index: int, kind: Literal["text", "thought", "redacted", "tool", "answer"]) -> Block:
        block = self._blocks.get(index)
        if block is None:
            if len(self._blocks) >= MOST_BLOCKS:
                raise BrokenStream(f"it sent an answer of more than {MOST_BLOCKS} parts")
            block = self._blocks[index] = Block(kind)
        if block.kind != kind:
            raise BrokenStream("it sent two parts of its answer as one")
        return block

    def _keep(self, piece: str) -> None:
        self._kept += len(piece)
        if self._kept > MOST_KEPT:
            raise BrokenStream(f"it sent an answer of more than {MOST_KEPT} characters")


def _is_wanted_back(block: Block) -> bool:
    return bool(block.signature) or block.kind == "redacted"


def _carried(block: Block) -> dict[str, Any]:
    said: dict[str, Any] = {"kind": block.kind}
    match block.kind:
        case "thought" | "redacted":
            said["text"] = block.whole
        case "tool":
            said |= {"id": block.id, "given": block.given}
        case _:
            said["length"] = block.length
    return {**said, "signature": block.signature} if block.signature else said


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of an earlier answer that goes back to the one who gave it."""

    kind: Literal["text", "thought", "redacted", "tool"]
    text: str = ""
    signature: str = ""
    call: ToolCall | None = None
    given: bool = False


def parts_of(message: Message, call: Call, wire: str) -> list[Part]:
    """An earlier answer in the order it was given in. Where it was changed since, or another model gave it, it goes
    without its thoughts: they are refused wherever they are not in their very place.
    """
    blocks = _blocks_carried(message, call, wire)
    lengths = [block.get("length") for block in blocks if block.get("kind") == "text"]
    ids = [block.get("id") for block in blocks if block.get("kind") == "tool"]
    if ids == [one.id for one in message.tool_calls] and _fits(lengths, message.text):
        return list(_in_order(message, blocks))
    known = {block.get("id"): block for block in blocks if block.get("kind") == "tool"}
    return [Part("text", message.text), *(_called(one, known.get(one.id, {})) for one in message.tool_calls)]


def _origin(call: Call, wire: str) -> dict[str, str]:
    return {"wire": wire, "provider": call.provider, "model": call.model}


def _blocks_carried(message: Message, call: Call, wire: str) -> list[Mapping[str, Any]]:
    carried = message.carried or {}
    if any(carried.get(name) != value for name, value in _origin(call, wire).items()):
        return []
    blocks = carried.get("blocks")
    return [block for block in blocks if isinstance(block, Mapping)] if isinstance(blocks, list | tuple) else []


def _fits(lengths: list[Any], text: str) -> bool:
    return all(isinstance(length, int) and length >= 0 for length in lengths) and sum(lengths) == len(text)


def _in_order(message: Message, blocks: list[Mapping[str, Any]]) -> Iterator[Part]:
    calls, place = iter(message.tool_calls), 0
    for block in blocks:
        match block.get("kind"):
            case "text":
                said = message.text[place : place + block["length"]]
                place += block["length"]
                yield Part("text", said, _signature(block))
            case "tool":
                yield _called(next(calls), block)
            case "thought" | "redacted":
                yield _thought(block)


def _thought(block: Mapping[str, Any]) -> Part:
    kind: Literal["thought", "redacted"] = "redacted" if block.get("kind") == "redacted" else "thought"
    return Part(kind, text(block.get("text")), _signature(block))


def _called(call: ToolCall, block: Mapping[str, Any]) -> Part:
    return Part("tool", signature=_signature(block), call=call, given=block.get("given") is True)


def _signature(block: Mapping[str, Any]) -> str:
    return text(block.get("signature"))
