"""What is heard of answers that come piece by piece: what they use, whether they are whole, what is kept of them."""

import json
from collections.abc import Sequence
from dataclasses import replace

from loomwork.kernel.scope import Scope
from loomwork.model_gateway.api import (
    AudioDelta,
    ChatEvent,
    ChatRequest,
    Cost,
    Finished,
    ModelFailure,
    ModelUnavailable,
    Route,
    SpeechEvent,
    SpeechRequest,
    Spoken,
    TextDelta,
    ToolCallDelta,
    Usage,
)
from loomwork.model_gateway.application.candidates import Candidate
from loomwork.model_gateway.application.response_cache import LARGEST_ENTRY, ResponseCache, cache_key, size_of
from loomwork.model_gateway.domain.counting import output_tokens, prompt_tokens, tokens_in


class ChatEar:
    """Implements `Ear` for chat. Pieces are kept only where the answer is to be cached, or to be JSON."""

    def __init__(self, scope: Scope, request: ChatRequest, cache: ResponseCache) -> None:
        self._scope = scope
        self._request = request
        self._cache = cache
        self._key: str | None = None
        self._seconds = 0.0
        self._keeps = request.json_schema is not None
        self._kept: list[ChatEvent] = []
        self._size = 0
        self._bytes = 0

    def known(self, candidates: Sequence[Candidate], route: Route | None) -> Sequence[ChatEvent] | None:
        """See `Ear.known`."""
        seconds = self._request.cache_seconds
        if seconds is None and route is not None:
            seconds = route.cache_seconds
        if not seconds or seconds <= 0:
            return None
        self._seconds, self._keeps = seconds, True
        self._key = cache_key(self._scope, self._request, candidates)
        return self._cache.get(self._key)

    def foreseen(self, candidate: Candidate) -> Usage:
        """See `Ear.foreseen`."""
        return Usage(prompt_tokens(self._request), output_tokens(self._request.params, [candidate.card]))

    def hear(self, event: ChatEvent) -> Usage | None:
        """See `Ear.hear`."""
        if self._keeps:
            self._keep(event)
        if isinstance(event, Finished):
            return self._filled(event.usage)
        text = event.arguments if isinstance(event, ToolCallDelta) else event.text
        # Most pieces are ASCII, and this is done for each.
        self._bytes += len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
        return None

    def so_far(self) -> Usage:
        """See `Ear.so_far`."""
        return Usage(prompt_tokens(self._request), tokens_in(self._bytes))

    def named(self, event: ChatEvent, model: str) -> ChatEvent:
        """See `Ear.named`. The answer is whole by now, so it is kept for those who ask the same."""
        named = replace(event, model=event.model or model) if isinstance(event, Finished) else event
        if self._key is not None and self._keeps:
            self._cache.put(self._key, [*self._kept[:-1], named], self._seconds)
        return named

    def priced(self, event: ChatEvent, cost: Cost) -> ChatEvent:
        """See `Ear.priced`."""
        return replace(event, cost=cost) if isinstance(event, Finished) else event

    def fault(self) -> ModelFailure | None:
        """An answer that was to be JSON and is none. Whoever asked says so; here it counts against the place."""
        last = self._kept[-1] if self._kept else None
        if self._request.json_schema is None or not isinstance(last, Finished) or last.finish_reason != "stop":
            return None
        text = "".join(event.text for event in self._kept if isinstance(event, TextDelta))
        if last.tool_calls or _holds_json(text):
            return None
        self._keeps = False
        return ModelUnavailable("The answer is not the JSON that was asked for.", cause="bad_answer")

    def _keep(self, event: ChatEvent) -> None:
        self._size += size_of(event)
        if self._size > LARGEST_ENTRY:
            self._keeps = False
            self._kept.clear()
        else:
            self._kept.append(event)

    def _filled(self, usage: Usage) -> Usage:
        """What the provider did not say is counted here."""
        if usage.prompt_tokens is not None and usage.completion_tokens is not None:
            return usage
        asked = prompt_tokens(self._request) if usage.prompt_tokens is None else usage.prompt_tokens
        said = tokens_in(self._bytes) if usage.completion_tokens is None else usage.completion_tokens
        return replace(usage, prompt_tokens=asked, completion_tokens=said)


class SpeechEar:
    """Implements `Ear` for speech, which is counted in the characters spoken."""

    def __init__(self, request: SpeechRequest) -> None:
        self._characters = len(request.text)

    def known(self, candidates: Sequence[Candidate], route: Route | None) -> Sequence[SpeechEvent] | None:
        """Speech is not kept."""
        return None

    def foreseen(self, candidate: Candidate) -> Usage:
        """See `Ear.foreseen`."""
        return Usage(characters=self._characters)

    def hear(self, event: SpeechEvent) -> Usage | None:
        """See `Ear.hear`."""
        if isinstance(event, AudioDelta):
            return None
        usage = event.usage
        return usage if usage.characters is not None else replace(usage, characters=self._characters)

    def so_far(self) -> Usage:
        """Providers charge for what they were given to speak."""
        return Usage(characters=self._characters)

    def named(self, event: SpeechEvent, model: str) -> SpeechEvent:
        """See `Ear.named`."""
        return replace(event, model=event.model or model) if isinstance(event, Spoken) else event

    def priced(self, event: SpeechEvent, cost: Cost) -> SpeechEvent:
        """See `Ear.priced`. Nobody asks what speech cost."""
        return event

    def fault(self) -> ModelFailure | None:
        """None that can be heard."""
        return None


def _holds_json(text: str) -> bool:
    """Whether there is a JSON object or list in it, be it after some words or in a code fence."""
    starts = [place for place in (text.find("{"), text.find("[")) if place >= 0]
    try:
        json.JSONDecoder().raw_decode(text, min(starts))
    except (ValueError, RecursionError):
        return False
    return True
