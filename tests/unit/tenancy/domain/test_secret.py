"""Secrets, and what is kept of them."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loomwork.tenancy.domain.secret import digest, draw_secret, may_be_secret

BYTES = st.binary(min_size=32, max_size=32)


@given(BYTES)
def test_a_secret_is_43_letters_and_digits(drawn: bytes) -> None:
    assert may_be_secret(draw_secret(lambda _: drawn))


@given(BYTES, BYTES)
def test_no_bit_of_chance_is_lost(first: bytes, second: bytes) -> None:
    same = draw_secret(lambda _: first) == draw_secret(lambda _: second)
    assert same is (first == second)


def test_256_bits_are_drawn() -> None:
    asked: list[int] = []

    def draw(count: int) -> bytes:
        asked.append(count)
        return bytes(count)

    draw_secret(draw)
    assert asked == [32]


@pytest.mark.parametrize("text", ["", "a" * 42, "a" * 44, "a" * 42 + "-", "a" * 42 + "é", "a" * 42 + "\u0663"])
def test_what_has_another_form_is_no_secret(text: str) -> None:
    assert not may_be_secret(text)


def test_what_is_stored_is_the_sha256_in_hexadecimal() -> None:
    assert digest("abc") == hashlib.sha256(b"abc").hexdigest()
    assert len(digest("\ud800")) == 64
