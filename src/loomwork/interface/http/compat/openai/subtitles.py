"""Transcriptions as subtitles: SubRip (.srt) and WebVTT (https://www.w3.org/TR/webvtt1/)."""

from collections.abc import Iterator, Sequence

from loomwork.model_gateway.api import Segment, Transcription


def srt(heard: Transcription) -> str:
    """As SubRip; where the model gave no times, one subtitle from beginning to end."""
    blocks = [
        f"{number}\n{_time(segment.start, ',')} --> {_time(segment.end, ',')}\n{_line(segment)}\n"
        for number, segment in enumerate(_segments(heard), start=1)
    ]
    return "\n".join(blocks)


def vtt(heard: Transcription) -> str:
    """As WebVTT, the same way."""
    blocks = [f"{_time(part.start, '.')} --> {_time(part.end, '.')}\n{_line(part)}\n" for part in _segments(heard)]
    return "WEBVTT\n\n" + "\n".join(blocks)


def _segments(heard: Transcription) -> Sequence[Segment]:
    return heard.segments or [Segment(0.0, heard.duration or 0.0, heard.text)]


def _line(segment: Segment) -> str:
    """The text on lines that neither end the subtitle nor look like the times of another."""
    return "\n".join(_lines(segment.text)).replace("-->", "->")


def _lines(text: str) -> Iterator[str]:
    return (line.strip() for line in text.splitlines() if line.strip())


def _time(seconds: float, point: str) -> str:
    milliseconds = max(0, round(seconds * 1000))
    minutes, rest = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{rest // 1000:02}{point}{rest % 1000:03}"
