"""Speech to text, as OpenAI's API has it."""

from collections.abc import Mapping
from math import isfinite
from typing import Any

from loomwork.adapters.wires.json_values import count, inner, objects, text
from loomwork.adapters.wires.multipart import FormBody, SentFile, form_body
from loomwork.adapters.wires.openai_failure import sound
from loomwork.adapters.wires.sendable import sendable
from loomwork.adapters.wires.sse import BrokenStream
from loomwork.model_gateway.domain.audio import Segment, Transcription, TranscriptionRequest
from loomwork.model_gateway.domain.usage import Usage
from loomwork.model_gateway.ports import Target


async def transcription_body(target: Target, request: TranscriptionRequest) -> FormBody:
    """Times of segments are asked for where the profile does not name `timestamps` as unsupported."""
    refused = target.profile.unsupported
    timed = request.timestamps and "timestamps" not in refused
    fields = [
        ("model", target.model),
        ("response_format", "verbose_json" if timed else "json"),
        *([("timestamp_granularities[]", "segment")] if timed and not request.translate else []),
        *([("language", request.language)] if request.language and not request.translate else []),
        *([("prompt", request.prompt)] if request.prompt else []),
        *([("temperature", f"{request.temperature:g}")] if request.temperature is not None else []),
    ]
    file = SentFile("file", request.audio, request.file_name, request.media_type)
    with sendable(target):
        return await form_body([one for one in fields if one[0] not in refused], [file])


def read_transcription(target: Target, request: TranscriptionRequest, body: bytes) -> Transcription:
    """Raises `BrokenStream` where no text was sent; an empty one is silence."""
    answer = sound(target, body)
    if not isinstance(answer.get("text"), str):
        raise BrokenStream("it sent no text")
    duration = _seconds(answer.get("duration"))
    segments = [found for one in objects(answer.get("segments")) if (found := _segment(one)) is not None]
    return Transcription(
        text=answer["text"],
        usage=_usage(inner(answer, "usage"), duration),
        language=text(answer.get("language")) or request.language,
        duration=duration,
        segments=segments if request.timestamps else (),
    )


def _segment(found: Mapping[str, Any]) -> Segment | None:
    start, end = _seconds(found.get("start")), _seconds(found.get("end"))
    return None if start is None or end is None else Segment(start, end, text(found.get("text")))


def _usage(said: Mapping[str, Any], duration: float | None) -> Usage:
    """Some models count seconds, others tokens."""
    seconds = _seconds(said.get("seconds"))
    return Usage(
        prompt_tokens=count(said.get("input_tokens")),
        completion_tokens=count(said.get("output_tokens")),
        seconds=duration if seconds is None else seconds,
    )


def _seconds(value: Any) -> float | None:
    """Some servers write numbers as text."""
    try:
        seconds = float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else None
    except ValueError:
        return None
    return seconds if seconds is not None and isfinite(seconds) and seconds >= 0 else None
