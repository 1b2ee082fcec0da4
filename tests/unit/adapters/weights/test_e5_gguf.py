import struct

import pytest

from loomwork.adapters.weights.e5_gguf import e5_gguf
from loomwork.adapters.weights.gguf import ALIGNMENT
from tests.unit.adapters.weights.e5_file import PIECES, RULES, TOKENIZER, e5_file, tensors

SIZES = {0: 1, 4: 4, 5: 4, 6: 4, 7: 1}
"""Bytes of GGUF's plain values that are used here."""


class Reader:
    """Reads a GGUF file by its specification."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, layout: str) -> int:
        value = struct.unpack_from(f"<{layout}", self.data, self.at)[0]
        self.at += struct.calcsize(f"<{layout}")
        return int(value)

    def text(self) -> bytes:
        length = self.take("Q")
        self.at += length
        return self.data[self.at - length : self.at]

    def value(self, kind: int) -> bytes | list[bytes]:
        if kind == 8:
            return self.text()
        if kind == 9:
            inner, count = self.take("I"), self.take("Q")
            found = [self.value(inner) for _ in range(count)]
            return [one for one in found if isinstance(one, bytes)]
        self.at += SIZES[kind]
        return self.data[self.at - SIZES[kind] : self.at]

    def tensor(self) -> tuple[str, tuple[tuple[int, ...], int, int]]:
        name = self.text().decode()
        shape = tuple(self.take("Q") for _ in range(self.take("I")))
        return name, (shape, self.take("I"), self.take("Q"))


def test_what_it_holds_is_what_the_package_held() -> None:
    data = b"".join(e5_gguf(e5_file(), TOKENIZER))
    reader = Reader(data)
    assert (reader.take("I"), reader.take("I")) == (int.from_bytes(b"GGUF", "little"), 3)
    count, keys = reader.take("Q"), reader.take("Q")
    metadata = {reader.text().decode(): reader.value(reader.take("I")) for _ in range(keys)}
    held = dict(reader.tensor() for _ in range(count))
    start = reader.at + -reader.at % ALIGNMENT

    assert metadata["general.architecture"] == b"bert"
    assert metadata["tokenizer.ggml.tokens"] == [*PIECES, b"[PAD5]"]
    rules = metadata["tokenizer.ggml.precompiled_charsmap"]
    assert isinstance(rules, list)
    assert b"".join(rules) == RULES
    assert held["blk.0.ffn_up.weight"][:2] == ((32, 64), 2)
    assert held["blk.0.ffn_down.weight"][:2] == ((64, 32), 2)
    assert held["position_embd.weight"][:2] == ((32, 4), 0)
    for name, source in (("token_embd.weight", "emb.word"), ("blk.0.attn_output.bias", "l0.ao.b")):
        content = tensors()[source][1]
        offset = held[name][2]
        assert offset % ALIGNMENT == 0
        assert data[start + offset : start + offset + len(content)] == content


def test_each_way_of_being_cut_off_is_a_sentence() -> None:
    whole = e5_file()
    for length in range(0, len(whole) - sum(len(content) for _, content in tensors().values()), 7):
        with pytest.raises((ValueError, LookupError)):
            b"".join(e5_gguf(whole[:length], TOKENIZER))


@pytest.mark.parametrize("tokenizer", [b"", b"[]", b"{}", b'{"normalizer": {"normalizers": []}}'])
def test_a_tokenizer_without_rules_is_not_taken(tokenizer: bytes) -> None:
    with pytest.raises((ValueError, LookupError, TypeError)):
        b"".join(e5_gguf(e5_file(), tokenizer))
