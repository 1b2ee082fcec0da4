"""Text to speech and speech to text."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from loomwork.model_gateway.domain.usage import NOBODY, Spender, Usage

AudioFormat = Literal["mp3", "opus", "aac", "flac", "wav", "pcm"]


@dataclass(frozen=True, slots=True)
class SpeechRequest:
    """`speed` 1.0 is as the voice speaks. `voice` None: the model's first."""

    model: str
    text: str
    voice: str | None = None
    format: AudioFormat = "mp3"
    speed: float | None = None
    instructions: str | None = None
    spender: Spender = NOBODY


@dataclass(frozen=True, slots=True)
class AudioDelta:
    """More bytes of the file."""

    audio: bytes


@dataclass(frozen=True, slots=True)
class Spoken:
    """The last event of speech that came to its end. `media_type` as in `Content-Type`."""

    media_type: str
    usage: Usage
    model: str | None = None


SpeechEvent = AudioDelta | Spoken


@dataclass(frozen=True, slots=True)
class TranscriptionRequest:
    """`audio` is a whole file; `language` is an ISO 639-1 code. With `translate`, the text comes in English."""

    model: str
    audio: bytes
    file_name: str = "audio.mp3"
    media_type: str = "application/octet-stream"
    language: str | None = None
    prompt: str | None = None
    temperature: float | None = None
    translate: bool = False
    timestamps: bool = False
    spender: Spender = NOBODY


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of speech. Seconds from the beginning."""

    start: float
    end: float
    text: str


@dataclass(frozen=True, slots=True)
class Transcription:
    """`segments` where timestamps were asked for and the model gives them. `duration` in seconds."""

    text: str
    usage: Usage
    language: str | None = None
    duration: float | None = None
    segments: Sequence[Segment] = ()
    model: str | None = None
