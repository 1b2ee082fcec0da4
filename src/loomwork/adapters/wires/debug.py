"""Models that are not models: for trying out an app, and for tests of what goes wrong.

Each is named for what it does. To chat: `echo` gives back the last user message, or a plausible JSON value where a
schema is asked for; `slow` does so a piece at a time, with a pause before each; `half` breaks off in the middle of it;
`reasoning` thinks first; `tools` asks for every tool that it is offered, and answers from their results; `json-broken`
writes JSON that ends too early; `fail` is never there; `rate-limited` is always asked too often. The others are
`embedding`, `rerank`, `moderation`, `speech`, `transcription` and `image`. All of them say the same every time.
"""

import asyncio
from collections.abc import AsyncGenerator

from loomwork.adapters.wires import debug_values as values
from loomwork.adapters.wires.debug_answers import broken_json, echoed, pieces_of, prompt_size, result_of, tool_calls
from loomwork.model_gateway.domain.audio import (
    AudioDelta,
    Segment,
    SpeechEvent,
    SpeechRequest,
    Spoken,
    Transcription,
    TranscriptionRequest,
)
from loomwork.model_gateway.domain.chat import ChatEvent, Finished, ReasoningDelta, TextDelta, ToolCall, ToolCallDelta
from loomwork.model_gateway.domain.embedding import EmbeddingRequest, Embeddings
from loomwork.model_gateway.domain.errors import ModelUnavailable
from loomwork.model_gateway.domain.image import ImageRequest, Images, MadeImage
from loomwork.model_gateway.domain.moderation import Moderation, ModerationRequest
from loomwork.model_gateway.domain.rerank import Ranked, Ranking, RerankRequest
from loomwork.model_gateway.domain.usage import Usage
from loomwork.model_gateway.ports import Call, Target

PAUSE = 0.05
"""Seconds between the pieces of `slow`."""
RETRY_AFTER = 1.0
"""Seconds for which `rate-limited` asks to be left alone."""
THOUGHT = "The question asks to be said again, so that is the answer."


class DebugWire:
    """Implements every protocol of a wire without leaving the process. A piece of text counts as a token."""

    async def chat(self, call: Call) -> AsyncGenerator[ChatEvent, None]:
        """See `ChatWire.chat`."""
        _refuse(call)
        if call.model == "tools" and (wanted := tool_calls(call)):
            for event in _calling(call, wanted):
                yield event
            return
        thought = pieces_of(THOUGHT) if call.model == "reasoning" else []
        for piece in thought:
            yield ReasoningDelta(piece)
        pieces = pieces_of(_answer(call))
        for piece in pieces[: (len(pieces) + 1) // 2] if call.model == "half" else pieces:
            if call.model == "slow":
                await asyncio.sleep(PAUSE)
            yield TextDelta(piece)
        if call.model == "half":
            problem = f"{call.name} broke off before its answer was complete."
            raise ModelUnavailable(problem, cause="outage", model=call.name)
        used = len(pieces) + len(thought)
        yield Finished("stop", Usage(prompt_size(call), used, reasoning_tokens=len(thought) or None))

    async def embed(self, target: Target, request: EmbeddingRequest) -> Embeddings:
        """See `EmbeddingWire.embed`. Texts that share words lie nearer to each other."""
        _refuse(target)
        length = request.dimensions or (target.card.dimensions if target.card else None) or values.DIMENSIONS
        vectors = [values.vector(text, min(length, values.MOST_DIMENSIONS)) for text in request.texts]
        return Embeddings(vectors, Usage(prompt_tokens=sum(len(pieces_of(text)) for text in request.texts)))

    async def rerank(self, target: Target, request: RerankRequest) -> Ranking:
        """See `RerankWire.rerank`. A document scores the share of the query's words that it holds."""
        _refuse(target)
        scores = [values.shared(request.query, document) for document in request.documents]
        best = sorted((Ranked(index, score) for index, score in enumerate(scores)), key=lambda one: -one.score)
        return Ranking(best[: request.top_n], Usage(searches=1))

    async def moderate(self, target: Target, request: ModerationRequest) -> Moderation:
        """See `ModerationWire.moderate`. Flags texts with the word "forbidden" in them."""
        _refuse(target)
        return Moderation([values.verdict(text) for text in request.texts], Usage())

    async def speak(self, target: Target, request: SpeechRequest) -> AsyncGenerator[SpeechEvent, None]:
        """See `SpeechWire.speak`. A tone, as a WAV file whatever was asked for; its comment is the text."""
        _refuse(target)
        audio = values.wav(request.text)
        for start in range(0, len(audio), values.AUDIO_PIECE):
            yield AudioDelta(audio[start : start + values.AUDIO_PIECE])
        yield Spoken("audio/wav", Usage(characters=len(request.text)))

    async def transcribe(self, target: Target, request: TranscriptionRequest) -> Transcription:
        """See `TranscriptionWire.transcribe`. Hears what `speech` wrote into its file; else how long the file is."""
        _refuse(target)
        text, seconds = values.heard(request.audio)
        segments = [Segment(0.0, seconds, text)] if request.timestamps else []
        return Transcription(text, Usage(seconds=seconds), request.language or "en", seconds, segments)

    async def make_images(self, target: Target, request: ImageRequest) -> Images:
        """See `ImageWire.make_images`. One colour, that of the prompt."""
        _refuse(target)
        image = MadeImage(values.png(request.prompt, request.size), prompt=request.prompt)
        return Images([image] * request.count, Usage(images=request.count))

    async def close(self) -> None:
        """Nothing is held."""


def _refuse(target: Call | Target) -> None:
    if target.model == "fail":
        raise ModelUnavailable(f"{target.name} always fails.", cause="outage", model=target.name)
    if target.model == "rate-limited":
        problem = f"{target.name} is always asked too often."
        raise ModelUnavailable(problem, cause="rate", status=429, retry_after=RETRY_AFTER, model=target.name)


def _answer(call: Call) -> str:
    match call.model:
        case "json-broken":
            return broken_json(call)
        case "tools":
            return result_of(call)
        case _:
            return echoed(call)


def _calling(call: Call, wanted: tuple[ToolCall, ...]) -> list[ChatEvent]:
    """Each call in three pieces."""
    events: list[ChatEvent] = []
    for index, one in enumerate(wanted):
        middle = len(one.arguments) // 2
        events.append(ToolCallDelta(index, one.id, one.name))
        events += [ToolCallDelta(index, arguments=part) for part in (one.arguments[:middle], one.arguments[middle:])]
    used = sum(len(pieces_of(one.arguments)) for one in wanted)
    return [*events, Finished("tool_calls", Usage(prompt_size(call), used), wanted)]
