"""The answer of a model that chooses a tool by JSON, read as it comes."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import orjson

from loomwork.adapters.wires import params
from loomwork.adapters.wires.json_values import text
from loomwork.adapters.wires.tool_calls import new_id
from loomwork.model_gateway.domain.chat import ChatEvent, Finished, TextDelta, ToolCall, ToolCallDelta
from loomwork.model_gateway.domain.errors import ModelUnavailable
from loomwork.model_gateway.ports import Call

NO_TOOL = "none"
"""In place of a tool's name: the model answers by itself. A tool of this name is told apart by its arguments."""
BEGINNING = re.compile(
    r'(?:```(?:json)?\s*+|\}\s*+)?[\[,]?\s*+\{\s*+"tool"\s*+:\s*+("(?:[^"\\]|\\.)*+")\s*+,\s*+"(arguments|reply)"\s*+:\s*+'
)
"""Where a call or a reply begins; before it may stand the end of the one before."""
MOST_HELD = 256 * 1024
"""Characters of what cannot be understood yet."""
MOST_CALLS = 256
ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


class RoutedAnswer:
    """`parsed_reply`: the reply is JSON of a schema of its own, and is handed on as it is written."""

    def __init__(self, call: Call, *, parsed_reply: bool) -> None:
        self._call = call
        self._parsed_reply = parsed_reply
        self._held = ""
        self._value: _JsonText | _StringText | None = None
        self._replying = False
        self._plain = False
        self._calls: list[tuple[str, str, list[str]]] = []
        self._reply = _UntilStop([one for one in params.stops(call) if one])
        self._said = False

    def take(self, piece: str) -> Iterator[ChatEvent]:
        """The events that a piece of the answer is worth."""
        self._held += piece
        if self._plain:
            yield from self._replied(self._drained())
            return
        while self._held:
            before = (len(self._held), self._value is None)
            yield from self._begun() if self._value is None else self._continued(self._value)
            if (len(self._held), self._value is None) == before:
                break
        if len(self._held) > MOST_HELD:
            raise self._senseless()

    def finished(self, end: Finished) -> Iterator[ChatEvent]:
        """The end of the answer, and whatever of it was not understood before."""
        if not self._said and not self._calls:
            yield from self._as_a_whole()
        if rest := self._reply.rest():
            yield TextDelta(rest)
        calls = tuple(ToolCall(id_, name, "".join(arguments) or "{}") for id_, name, arguments in self._calls)
        if not calls and self._call.tool_choice.mode in ("required", "named") and end.finish_reason == "stop":
            raise self._senseless()
        reason = "tool_calls" if calls and end.finish_reason == "stop" else end.finish_reason
        yield replace(end, finish_reason=reason, tool_calls=calls)

    def _begun(self) -> Iterator[ChatEvent]:
        """Look for the beginning of a call or of the reply."""
        if not self._calls and not self._said and self._held.strip()[:1] not in ("", "{", "[", "`"):
            # No grammar held it to JSON, and it speaks freely.
            self._plain = self._said = True
            yield from self._replied(self._drained())
            return
        self._held = self._held.lstrip()
        found = BEGINNING.match(self._held)
        if found is None or found.end() == len(self._held) or (name := _text_of(found[1])) is None:
            return
        self._held = self._held[found.end() :]
        self._replying = found[2] == "reply"
        if self._replying:
            self._said = True
            is_text = self._held.startswith('"') and not self._parsed_reply
            self._value = _StringText() if is_text else _JsonText()
            return
        self._value = _JsonText()
        yield self._called(name)

    def _continued(self, value: "_JsonText | _StringText") -> Iterator[ChatEvent]:
        said, self._held = value.take(self._held)
        if said and self._replying:
            yield from self._replied(said)
        elif said:
            self._calls[-1][2].append(said)
            yield ToolCallDelta(len(self._calls) - 1, arguments=said)
        if value.ended:
            self._value = None

    def _as_a_whole(self) -> Iterator[ChatEvent]:
        """What came in another order, or with other things around it, where no grammar held it."""
        written = self._held.strip().removeprefix("```json").removeprefix("```").removesuffix("```")
        try:
            answer = orjson.loads(written)
        except orjson.JSONDecodeError:
            yield from self._replied(self._drained())
            return
        for one in answer if isinstance(answer, list) else [answer]:
            yield from self._read(one)

    def _read(self, one: Any) -> Iterator[ChatEvent]:
        if isinstance(one, Mapping) and isinstance(one.get("arguments"), Mapping) and text(one.get("tool")):
            yield self._called(one["tool"], orjson.dumps(one["arguments"]).decode())
        elif isinstance(one, Mapping) and isinstance(one.get("reply"), str):
            yield from self._replied(one["reply"])
        else:
            yield from self._replied(orjson.dumps(one).decode())

    def _replied(self, said: str) -> Iterator[ChatEvent]:
        self._said = True
        if fit := self._reply.take(said):
            yield TextDelta(fit)

    def _called(self, name: str, arguments: str = "") -> ToolCallDelta:
        if len(self._calls) >= MOST_CALLS:
            raise self._senseless()
        call_id = new_id()
        self._calls.append((call_id, name, [arguments] if arguments else []))
        return ToolCallDelta(len(self._calls) - 1, call_id, name, arguments)

    def _drained(self) -> str:
        held, self._held = self._held, ""
        return held

    def _senseless(self) -> ModelUnavailable:
        message = f"{self._call.name} was to choose a tool, and its answer names none."
        return ModelUnavailable(message, cause="bad_answer", model=self._call.name)


def _text_of(written: str) -> str | None:
    try:
        value = orjson.loads(written)
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, str) else None


class _JsonText:
    """A value of JSON, handed on as it is written, until it ends."""

    def __init__(self) -> None:
        self._depth = 0
        self._in_text = self._escaped = self._begun = False
        self.ended = False

    def take(self, said: str) -> tuple[str, str]:
        """What belongs to the value, and what follows it."""
        for place, character in enumerate(said):
            if self._ends_before(character):
                self.ended = True
                return said[:place], said[place:]
            self._pass(character)
            if self.ended:
                return said[: place + 1], said[place + 1 :]
        return said, ""

    def _ends_before(self, character: str) -> bool:
        """A number or a word has no end of its own."""
        return self._begun and self._depth == 0 and not self._in_text and character in ",}] \t\r\n"

    def _pass(self, character: str) -> None:
        self._begun = True
        if self._in_text:
            closes = character == '"' and not self._escaped
            self._escaped = character == "\\" and not self._escaped
            self._in_text = not closes
            self.ended = closes and self._depth == 0
        elif character == '"':
            self._in_text = True
        elif character in "{[":
            self._depth += 1
        elif character in "}]":
            self._depth -= 1
            self.ended = self._depth == 0


class _StringText:
    """A text of JSON, read as it comes: what is escaped in it waits until it is there whole."""

    def __init__(self) -> None:
        self._opened = False
        self.ended = False

    def take(self, said: str) -> tuple[str, str]:
        """The text that is in what came, and what cannot be read yet or follows it."""
        if not self._opened:
            self._opened, said = True, said[1:]
        read: list[str] = []
        place = 0
        while place < len(said):
            character = said[place]
            if character == '"':
                self.ended = True
                return "".join(read), said[place + 1 :]
            if character != "\\":
                read.append(character)
                place += 1
                continue
            escape = _escape(said[place : place + 12])
            if escape is None:
                break
            read.append(escape[0])
            place += escape[1]
        return "".join(read), said[place:]


def _escape(said: str) -> tuple[str, int] | None:
    """The character that an escape stands for and how long it is written; None where more of it has to come."""
    if len(said) < 2:
        return None
    if said[1] != "u":
        return ESCAPES.get(said[1], said[1]), 2
    if len(said) < 6:
        return None
    unit = _unit(said[2:6])
    if not 0xD800 <= unit < 0xDC00:
        return ("\ufffd" if 0xDC00 <= unit < 0xE000 else chr(unit)), 6
    if len(said) < 12 and said[6:8] in ("", "\\", "\\u"):
        return None
    low = _unit(said[8:12]) if said[6:8] == "\\u" else 0
    if 0xDC00 <= low < 0xE000:
        return chr(0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00)), 12
    return "\ufffd", 6


def _unit(digits: str) -> int:
    return int(digits, 16) if re.fullmatch("[0-9a-fA-F]{4}", digits) else 0xFFFD


class _UntilStop:
    """Text up to the first of the stop words. The end of what came waits, where it may be the beginning of one."""

    def __init__(self, stops: list[str]) -> None:
        self._stops = stops
        self._held = ""
        self._stopped = False

    def take(self, said: str) -> str:
        """What may be said of it by now."""
        if not self._stops:
            return said
        if self._stopped:
            return ""
        self._held += said
        found = [place for stop in self._stops if (place := self._held.find(stop)) >= 0]
        if found:
            self._stopped, fit, self._held = True, self._held[: min(found)], ""
            return fit
        waits = max(len(stop) for stop in self._stops) - 1
        cut = max(0, len(self._held) - waits)
        fit, self._held = self._held[:cut], self._held[cut:]
        return fit

    def rest(self) -> str:
        """What waited, at the end."""
        rest, self._held = self._held, ""
        return rest
