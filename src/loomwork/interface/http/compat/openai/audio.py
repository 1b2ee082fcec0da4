"""Speech out of text, and text out of speech."""

import base64
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from loomwork.interface.http.compat.openai.bodies import ModelName
from loomwork.interface.http.compat.openai.call import Call, TheCall
from loomwork.interface.http.compat.openai.errors import OpenAIRoute, Unsupported, mid_stream_error
from loomwork.interface.http.compat.openai.forms import Form
from loomwork.interface.http.compat.openai.subtitles import srt, vtt
from loomwork.interface.http.errors import json_response
from loomwork.interface.http.hanging_up import while_connected
from loomwork.interface.http.streams import closing, event_stream, frame, opened
from loomwork.model_gateway.api import (
    AudioDelta,
    AudioFormat,
    SpeechEvent,
    SpeechRequest,
    Spoken,
    Transcription,
    TranscriptionRequest,
    Usage,
)

router = APIRouter(route_class=OpenAIRoute)

Teller = Callable[[Transcription, str], Response]

MEDIA_TYPES: Mapping[AudioFormat, str] = {
    "mp3": "audio/mpeg",
    "opus": "audio/ogg",
    "aac": "audio/aac",
    "flac": "audio/flac",
    "wav": "audio/wav",
    "pcm": "audio/pcm",
}
PATIENCE = 600.0
"""Seconds until the first bytes of speech: nothing can be sent in their place."""


class VoiceBody(BaseModel):
    id: str


class SpeechBody(BaseModel):
    model: ModelName
    input: Annotated[str, Field(min_length=1, max_length=100_000)]
    voice: str | VoiceBody | None = None
    instructions: str | None = None
    response_format: AudioFormat | None = None
    speed: Annotated[float, Field(ge=0.25, le=4.0)] | None = None
    stream_format: Literal["sse", "audio"] | None = None


@router.post("/audio/speech")
async def create_speech(call: TheCall, request: Request, body: SpeechBody) -> Response:
    """Speak a text: bytes as they come, or events that hold them."""
    wanted = SpeechRequest(
        model=call.model(body.model),
        text=body.input,
        voice=body.voice.id if isinstance(body.voice, VoiceBody) else body.voice,
        format=body.response_format or "mp3",
        speed=body.speed,
        instructions=body.instructions,
        spender=call.spender(),
    )
    events = call.models.speak(call.scope, wanted)
    begun = await while_connected(request, opened(events, patience=PATIENCE))
    if body.stream_format == "sse":
        return event_stream(_told(begun, call.path))
    return StreamingResponse(_bytes(begun), media_type=MEDIA_TYPES[wanted.format])


async def _bytes(events: AsyncIterator[SpeechEvent]) -> AsyncIterator[bytes]:
    async with closing(events):
        async for event in events:
            if isinstance(event, AudioDelta):
                yield event.audio


async def _told(events: AsyncIterator[SpeechEvent], path: str) -> AsyncIterator[bytes]:
    try:
        async with closing(events):
            async for event in events:
                yield frame(_speech_event(event))
    except Exception as error:  # noqa: BLE001 - the status is sent; all that can be told is told in the stream
        yield frame(mid_stream_error(path, error))


def _speech_event(event: SpeechEvent) -> dict[str, Any]:
    match event:
        case AudioDelta(audio=audio):
            return {"type": "speech.audio.delta", "audio": base64.b64encode(audio).decode("ascii")}
        case Spoken(usage=usage):
            return {"type": "speech.audio.done", "usage": _token_usage(usage)}


class TranscriptionBody(BaseModel):
    model: ModelName
    language: Annotated[str, Field(max_length=20)] | None = None
    prompt: Annotated[str, Field(max_length=10_000)] | None = None
    response_format: str = "json"
    temperature: Annotated[float, Field(ge=0, le=1)] | None = None
    stream: bool = False
    timestamp_granularities: list[str] = Field(default_factory=list)


@router.post("/audio/transcriptions")
async def create_transcription(call: TheCall, request: Request) -> Response:
    """Write down what is said in a file."""
    return await _transcribe(call, request, translate=False)


@router.post("/audio/translations")
async def create_translation(call: TheCall, request: Request) -> Response:
    """Write down in English what is said in a file."""
    return await _transcribe(call, request, translate=True)


async def _transcribe(call: Call, request: Request, *, translate: bool) -> Response:
    form = await Form.of(request)
    body = form.fields(TranscriptionBody)
    model = call.model(body.model)
    tell = _teller(body)
    file = form.file("file")
    wanted = TranscriptionRequest(
        model=model,
        audio=file.content,
        file_name=file.name,
        media_type=file.media_type,
        language=body.language,
        prompt=body.prompt,
        temperature=body.temperature,
        translate=translate,
        timestamps=body.response_format in ("verbose_json", "srt", "vtt"),
        spender=call.spender(),
    )
    heard = await while_connected(request, call.models.transcribe(call.scope, wanted))
    return tell(heard, "translate" if translate else "transcribe")


def _teller(body: TranscriptionBody) -> Teller:
    if body.stream:
        raise Unsupported("A transcription is not streamed; leave `stream` out.", field="stream")
    if "word" in body.timestamp_granularities:
        raise Unsupported("Words have no times of their own here; ask for segments.", field="timestamp_granularities")
    teller = _TELLERS.get(body.response_format)
    if teller is None:
        raise Unsupported(f"`response_format` must be one of {', '.join(_TELLERS)}.", field="response_format")
    return teller


def _as_json(heard: Transcription, _task: str) -> Response:
    usage = _heard_usage(heard)
    return json_response({"text": heard.text} | ({"usage": usage} if usage else {}))


def _as_verbose_json(heard: Transcription, task: str) -> Response:
    segments = [
        {"id": place, "start": segment.start, "end": segment.end, "text": segment.text}
        for place, segment in enumerate(heard.segments)
    ]
    duration = heard.duration or max((segment.end for segment in heard.segments), default=0.0)
    body = {"task": task, "language": heard.language or "", "duration": duration, "text": heard.text}
    return json_response({**body, "segments": segments, "usage": _heard_usage(heard)})


def _heard_usage(heard: Transcription) -> dict[str, Any] | None:
    if heard.usage.total_tokens is not None:
        return {"type": "tokens", **_token_usage(heard.usage)}
    seconds = heard.usage.seconds if heard.usage.seconds is not None else heard.duration
    return {"type": "duration", "seconds": seconds} if seconds is not None else None


def _token_usage(usage: Usage) -> dict[str, Any]:
    prompt, completion = usage.prompt_tokens or 0, usage.completion_tokens or 0
    return {"input_tokens": prompt, "output_tokens": completion, "total_tokens": prompt + completion}


_TELLERS: Mapping[str, Teller] = {
    "json": _as_json,
    "text": lambda heard, _task: PlainTextResponse(f"{heard.text}\n"),
    "verbose_json": _as_verbose_json,
    "srt": lambda heard, _task: PlainTextResponse(srt(heard)),
    "vtt": lambda heard, _task: PlainTextResponse(vtt(heard), media_type="text/vtt"),
}
