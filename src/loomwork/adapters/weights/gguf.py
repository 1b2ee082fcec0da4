"""Writes a GGUF file, version 3: little endian, as the format's own specification (ggml, `docs/gguf.md`) has it."""

import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

ALIGNMENT = 32
"""Bytes at whose multiples the data of every tensor begins."""
F32, Q4_0 = 0, 2


@dataclass(frozen=True, slots=True)
class Tensor:
    """`shape` has the innermost dimension first, and `data` is laid out as the type says."""

    name: str
    shape: tuple[int, ...]
    type: int
    data: bytes | memoryview


def text(value: str | bytes) -> bytes:
    raw = value.encode() if isinstance(value, str) else value
    return struct.pack("<Q", len(raw)) + raw


def number(value: int) -> bytes:
    return struct.pack("<II", 4, value)


def real(value: float) -> bytes:
    return struct.pack("<If", 6, value)


def flag(value: bool) -> bytes:
    return struct.pack("<I?", 7, value)


def word(value: str) -> bytes:
    return struct.pack("<I", 8) + text(value)


def octets(values: bytes) -> bytes:
    return struct.pack("<IIQ", 9, 0, len(values)) + values


def integers(values: Sequence[int]) -> bytes:
    return struct.pack(f"<IIQ{len(values)}i", 9, 5, len(values), *values)


def reals(values: Sequence[float]) -> bytes:
    return struct.pack(f"<IIQ{len(values)}f", 9, 6, len(values), *values)


def words(values: Sequence[bytes]) -> bytes:
    return struct.pack("<IIQ", 9, 8, len(values)) + b"".join(text(value) for value in values)


def gguf(metadata: Iterable[tuple[str, bytes]], tensors: Sequence[Tensor]) -> Iterator[bytes]:
    """The file in pieces. A value of the metadata is what the functions above make."""
    entries = [text(key) + value for key, value in metadata]
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(entries)) + b"".join(entries) + _index(tensors)
    yield _padded(head)
    for tensor in tensors:
        yield _padded(tensor.data)


def _index(tensors: Sequence[Tensor]) -> bytes:
    index, offset = bytearray(), 0
    for tensor in tensors:
        index += text(tensor.name) + struct.pack(f"<I{len(tensor.shape)}Q", len(tensor.shape), *tensor.shape)
        index += struct.pack("<IQ", tensor.type, offset)
        offset += len(tensor.data) + -len(tensor.data) % ALIGNMENT
    return bytes(index)


def _padded(data: bytes | memoryview) -> bytes:
    return bytes(data) + b"\0" * (-len(data) % ALIGNMENT)
