"""Whole answers, kept for a while, for requests that are exactly equal."""

import hashlib
import json
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from loomwork.kernel.clock import Clock
from loomwork.kernel.scope import Scope
from loomwork.model_gateway.api import ChatEvent, ChatRequest, Finished
from loomwork.model_gateway.application.candidates import Candidate

MOST_ENTRIES = 2048
MOST_BYTES = 64 * 1024 * 1024
LARGEST_ENTRY = 1024 * 1024
"""Bytes, counted as one for each character of the answer and a hundred for each piece of it."""
OF_A_PIECE = 100
WHOLE = frozenset({"stop", "tool_calls"})
"""Reasons to end that leave an answer whole."""


@dataclass(frozen=True, slots=True)
class _Kept:
    events: tuple[ChatEvent, ...]
    ends: float
    size: int


class ResponseCache:
    """The least recently used goes first. Workspaces never see each other's answers."""

    def __init__(self, clock: Clock, *, entries: int = MOST_ENTRIES, size: int = MOST_BYTES) -> None:
        self._clock = clock
        self._entries = entries
        self._most = size
        self._size = 0
        self._kept: OrderedDict[str, _Kept] = OrderedDict()

    def get(self, key: str) -> Sequence[ChatEvent] | None:
        """The events of the answer as they came, or None."""
        kept = self._kept.get(key)
        if kept is None:
            return None
        if self._clock.monotonic() >= kept.ends:
            self._forget(key)
            return None
        self._kept.move_to_end(key)
        return kept.events

    def put(self, key: str, events: Sequence[ChatEvent], seconds: float) -> None:
        """Keep an answer, unless it is not whole or too large."""
        end = events[-1] if events else None
        if not isinstance(end, Finished) or end.finish_reason not in WHOLE:
            return
        size = sum(map(size_of, events))
        if size > min(LARGEST_ENTRY, self._most):
            return
        self._forget(key)
        self._kept[key] = _Kept(tuple(events), self._clock.monotonic() + seconds, size)
        self._size += size
        while self._size > self._most or len(self._kept) > self._entries:
            self._forget(next(iter(self._kept)))

    def _forget(self, key: str) -> None:
        kept = self._kept.pop(key, None)
        self._size -= kept.size if kept else 0


def size_of(event: ChatEvent) -> int:
    """What one piece counts for."""
    return OF_A_PIECE + len(getattr(event, "text", "") or getattr(event, "arguments", ""))


def cache_key(scope: Scope, request: ChatRequest, candidates: Sequence[Candidate]) -> str:
    """The same for requests that any of the candidates would be asked in the same words, with the same params."""
    whom = sorted(
        {(one.name, one.target.model, one.target.connection.endpoint or "", _shape(one)) for one in candidates}
    )
    what = (
        scope.workspace_id,
        request.model,
        [asdict(message) for message in request.messages],
        request.params,
        request.json_schema,
        [asdict(tool) for tool in request.tools],
        asdict(request.tool_choice),
        request.parallel_tool_calls,
        list(request.fallbacks),
        whom,
    )
    return hashlib.sha256(_text(what).encode("utf-8", "surrogatepass")).hexdigest()


def _shape(candidate: Candidate) -> str:
    return _text((candidate.card.defaults, candidate.target.profile.model_dump()))


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=_plain)


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else repr(value)
