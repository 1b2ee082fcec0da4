"""What the models that are not models make of texts: vectors, scores, sounds and pictures."""

import hashlib
import io
import math
import re
import struct
import wave
import zlib

from loomwork.model_gateway.domain.moderation import Verdict

DIMENSIONS = 64
MOST_DIMENSIONS = 8192
FORBIDDEN = "forbidden"
RATE = 8000
"""Samples of a second."""
TONE = 440
SECONDS = 0.25
AUDIO_PIECE = 1024
MOST_PIXELS = 1024
"""In width, and in height."""


def words(text: str) -> list[str]:
    """In small letters."""
    return re.findall(r"\w+", text.casefold())


def vector(text: str, length: int) -> list[float]:
    """Of length 1 in space: the sum of what the hash of each of its words says, or of the text where it has none."""
    summed = [0.0] * length
    for word in words(text) or [text]:
        digest = hashlib.shake_256(word.encode("utf-8", "surrogatepass")).digest(2 * length)
        for place, (value,) in enumerate(struct.iter_unpack("<h", digest)):
            summed[place] += value + 0.5
    size = math.sqrt(sum(value * value for value in summed))
    return [value / size for value in summed]


def shared(query: str, document: str) -> float:
    """Which share of the query's words the document holds."""
    wanted = set(words(query))
    return len(wanted & set(words(document))) / len(wanted) if wanted else 0.0


def verdict(text: str) -> Verdict:
    flagged = FORBIDDEN in words(text)
    return Verdict(flagged, {FORBIDDEN: flagged}, {FORBIDDEN: 1.0 if flagged else 0.0})


def wav(text: str) -> bytes:
    """A quarter of a second of a tone, as 16-bit PCM in one channel, with the text as the file's comment."""
    samples = (int(8000 * math.sin(2 * math.pi * TONE * place / RATE)) for place in range(int(RATE * SECONDS)))
    sound = io.BytesIO()
    with wave.open(sound, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))
    whole = sound.getvalue() + _comment(text.encode("utf-8", "replace"))
    # The length of a RIFF file stands in its head, and counts what follows it.
    return whole[:4] + struct.pack("<I", len(whole) - 8) + whole[8:]


def heard(audio: bytes) -> tuple[str, float]:
    """The text and the length in seconds; of a file that is no WAV, a second for each 16000 bytes."""
    seconds = _seconds(audio)
    _, found, rest = audio.rpartition(b"ICMT")
    if found and len(rest) >= 4:
        (length,) = struct.unpack_from("<I", rest)
        return rest[4 : 4 + length].decode("utf-8", "replace"), seconds
    return f"Sound of {seconds:g} seconds.", seconds


def png(prompt: str, size: str | None) -> bytes:
    """All of one colour, 64 by 64 pixels where the size is not given in numbers (RFC 2083)."""
    width, height = _pixels(size)
    colour = hashlib.sha256(prompt.encode("utf-8", "surrogatepass")).digest()[:3]
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress((b"\0" + colour * width) * height)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", rows) + _chunk(b"IEND", b"")


def _comment(text: bytes) -> bytes:
    padded = text + b"\0" * (len(text) % 2)
    info = b"INFO" + b"ICMT" + struct.pack("<I", len(text)) + padded
    return b"LIST" + struct.pack("<I", len(info)) + info


def _seconds(audio: bytes) -> float:
    try:
        with wave.open(io.BytesIO(audio), "rb") as file:
            return file.getnframes() / (file.getframerate() or RATE)
    except (wave.Error, EOFError, struct.error):
        return len(audio) / 16000


def _pixels(size: str | None) -> tuple[int, int]:
    given = re.fullmatch(r"(\d{1,5})x(\d{1,5})", size or "")
    width, height = (int(one) for one in given.groups()) if given else (64, 64)
    return max(1, min(width, MOST_PIXELS)), max(1, min(height, MOST_PIXELS))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
