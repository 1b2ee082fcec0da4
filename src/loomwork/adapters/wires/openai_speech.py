"""Text to speech, as OpenAI's API has it: the bytes of a file, as they come."""

from collections.abc import AsyncGenerator
from typing import Any

import orjson

from loomwork.adapters.wires.http import Reply
from loomwork.adapters.wires.openai_failure import sound
from loomwork.adapters.wires.sendable import sendable
from loomwork.adapters.wires.sse import BrokenStream
from loomwork.model_gateway.domain.audio import AudioDelta, SpeechEvent, SpeechRequest, Spoken
from loomwork.model_gateway.domain.usage import Usage
from loomwork.model_gateway.ports import Target

DEFAULT_VOICE = "alloy"
MEDIA_TYPES = {
    "mp3": "audio/mpeg",
    "opus": "audio/ogg",
    "aac": "audio/aac",
    "flac": "audio/flac",
    "wav": "audio/wav",
    "pcm": "audio/pcm",
}
LARGEST_SPEECH = 512 * 1024 * 1024
"""Bytes. An hour of it uncompressed is a third of that."""


def speech_body(target: Target, request: SpeechRequest) -> bytes:
    """The voice is the one that is asked for, else the model's first."""
    voices = target.card.voices if target.card else ()
    body: dict[str, Any] = {
        "model": target.model,
        "input": request.text,
        "voice": request.voice or next(iter(voices), DEFAULT_VOICE),
        "response_format": request.format,
        "speed": request.speed,
        "instructions": request.instructions,
    }
    refused = target.profile.unsupported
    with sendable(target):
        return orjson.dumps({name: value for name, value in body.items() if value is not None and name not in refused})


async def spoken(target: Target, request: SpeechRequest, reply: Reply) -> AsyncGenerator[SpeechEvent, None]:
    """The audio and its end. Raises for an error in its place, for none at all and for one that is torn."""
    if reply.is_json:
        sound(target, await reply.whole())
        raise BrokenStream("it sent JSON in place of audio")
    size = 0
    while piece := await reply.more():
        size += len(piece)
        if size > LARGEST_SPEECH:
            raise BrokenStream(f"it sent more than {LARGEST_SPEECH} bytes of audio")
        yield AudioDelta(piece)
    if not size:
        raise BrokenStream("it sent no audio")
    yield Spoken(_media_type(reply, request), Usage(characters=len(request.text)))


def _media_type(reply: Reply, request: SpeechRequest) -> str:
    said = reply.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return said if said.startswith("audio/") else MEDIA_TYPES[request.format]
