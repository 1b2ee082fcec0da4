"""Tool calls that come in pieces, put together whatever a vendor leaves out or says twice."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from loomwork.adapters.wires.json_values import count, inner, text
from loomwork.adapters.wires.sse import BrokenStream
from loomwork.adapters.wires.tool_calls import new_id
from loomwork.model_gateway.domain.chat import ToolCall, ToolCallDelta

MOST_CALLS = 256
MOST_KEPT = 16 * 1024 * 1024
"""Characters of the arguments of one answer."""


@dataclass(slots=True)
class _Open:
    """A call that is coming. Until its name is known (`place` None), nothing is told of it."""

    index: int | None
    given_id: str
    id: str
    name: str = ""
    place: int | None = None
    arguments: list[str] = field(default_factory=list)


class CalledTools:
    """Vendors number the pieces of their calls, or repeat the id, or do neither; some number every call 0. A piece with
    another id than that of its number begins another call if it names a function.
    """

    def __init__(self) -> None:
        self._calls: list[_Open] = []
        self._named: list[_Open] = []
        self._kept = 0

    def __bool__(self) -> bool:
        return bool(self._named)

    def take(self, piece: Mapping[str, Any]) -> Iterator[ToolCallDelta]:
        """`piece` is an entry of `tool_calls`, in a stream or whole. Raises `BrokenStream` for more than is kept."""
        function = inner(piece, "function")
        name, arguments = text(function.get("name")), _arguments(function.get("arguments"))
        call = self._call_of(count(piece.get("index")), text(piece.get("id")), name)
        self._keep(arguments)
        if arguments:
            call.arguments.append(arguments)
        if call.place is not None:
            if arguments:
                yield ToolCallDelta(call.place, arguments=arguments)
        elif name:
            call.name, call.place = name, len(self._named)
            self._named.append(call)
            yield ToolCallDelta(call.place, call.id, name, "".join(call.arguments))

    def whole(self) -> tuple[ToolCall, ...]:
        """The calls in order. Raises `BrokenStream` where arguments came for nobody knows what."""
        if any(call.place is None and call.arguments for call in self._calls):
            raise BrokenStream("it asked for a tool without naming it")
        return tuple(ToolCall(call.id, call.name, "".join(call.arguments) or "{}") for call in self._named)

    def _call_of(self, index: int | None, call_id: str, name: str) -> _Open:
        open_call = self._known(index, call_id, name)
        if open_call is not None:
            return open_call
        if len(self._calls) >= MOST_CALLS:
            raise BrokenStream(f"it asked for more than {MOST_CALLS} tools at once")
        taken = any(call.id == call_id for call in self._calls)
        begun = _Open(index, call_id, call_id if call_id and not taken else new_id())
        self._calls.append(begun)
        return begun

    def _known(self, index: int | None, call_id: str, name: str) -> _Open | None:
        """The call that a piece belongs to, or None where it begins one."""
        if index is None and call_id:
            return next((call for call in reversed(self._calls) if call.given_id == call_id), None)
        if index is None:
            last = self._calls[-1] if self._calls else None
            return last if last is not None and (not name or not last.name) else None
        numbered = next((call for call in reversed(self._calls) if call.index == index), None)
        if numbered is None or not (name and numbered.name and call_id and numbered.given_id):
            return numbered
        return next((call for call in self._calls if (call.index, call.given_id) == (index, call_id)), None)

    def _keep(self, arguments: str) -> None:
        self._kept += len(arguments)
        if self._kept > MOST_KEPT:
            raise BrokenStream(f"it sent more than {MOST_KEPT} characters of arguments")


def _arguments(value: Any) -> str:
    """JSON text, or the object itself, as some write it."""
    if isinstance(value, Mapping | list):
        return orjson.dumps(value).decode()
    return text(value)
