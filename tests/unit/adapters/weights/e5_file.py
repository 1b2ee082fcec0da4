"""A very small file in the layout `E5S1`, and its tokenizer."""

import base64
import json
import struct

WIDTH, INNER, VOCABULARY, POSITIONS = 32, 64, 6, 4
PIECES = (b"<s>", b"<pad>", b"</s>", b"<unk>", b"<mask>")
RULES = b"\x00\x01rules"
TOKENIZER = json.dumps(
    {"normalizer": {"normalizers": [{"type": "Precompiled", "precompiled_charsmap": base64.b64encode(RULES).decode()}]}}
).encode()


def tensors() -> dict[str, tuple[int, bytes]]:
    """By name: 1 for 4-bit blocks or 0 for float32, and the data."""
    found = {
        "emb.word": (1, _blocks(WIDTH * VOCABULARY, 1)),
        "emb.pos": (0, _reals(WIDTH * POSITIONS)),
        "emb.type": (0, _reals(WIDTH * 2)),
        "emb.ln.w": (0, _reals(WIDTH)),
        "emb.ln.b": (0, _reals(WIDTH)),
    }
    for number, (name, rows, columns) in enumerate(
        (("q", 32, 32), ("k", 32, 32), ("v", 32, 32), ("ao", 32, 32), ("fi", 64, 32), ("fo", 32, 64))
    ):
        found[f"l0.{name}.w"] = (1, _blocks(rows * columns, number + 2))
        found[f"l0.{name}.b"] = (0, _reals(rows))
    for name in ("aln", "oln"):
        found |= {f"l0.{name}.w": (0, _reals(WIDTH)), f"l0.{name}.b": (0, _reals(WIDTH))}
    return found


def e5_file() -> bytes:
    head = b"E5S1" + struct.pack("<I7ifi", 1, WIDTH, 1, 2, INNER, VOCABULARY, POSITIONS, 2, 1e-12, 32)
    head += struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, sum(map(len, PIECES)))
    offsets = [sum(map(len, PIECES[:count])) for count in range(len(PIECES) + 1)]
    head += struct.pack("<6I5f", *offsets, *(-1.0 * number for number in range(5))) + b"".join(PIECES)
    head += struct.pack("<iI", 1, 9) + b"\0" * 9
    return head + _directory(len(head))


def _directory(start: int) -> bytes:
    all_ = tensors()
    length = 4 + sum(2 + len(name) + 21 for name in all_)
    directory, data = struct.pack("<i", len(all_)), b""
    for name, (kind, content) in all_.items():
        directory += struct.pack("<H", len(name)) + name.encode()
        directory += struct.pack("<BIQQ", kind, 0, start + length + len(data), len(content))
        data += content
    return directory + data


def _blocks(weights: int, seed: int) -> bytes:
    return bytes((seed * 7 + place) % 256 for place in range(weights // 32 * 18))


def _reals(count: int) -> bytes:
    return struct.pack(f"<{count}f", *(place / 8 for place in range(count)))
