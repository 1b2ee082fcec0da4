"""A secret: 256 random bits as 43 letters and digits, which a double click selects whole. Only its hash is stored."""

import hashlib
import string
from collections.abc import Callable

RANDOM_BYTES = 32
LENGTH = 43
"""62 ** 43 is the first power of 62 above 2 ** 256."""

_DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase

Draw = Callable[[int], bytes]
"""Gives so many random bytes: `secrets.token_bytes` outside of tests."""


def draw_secret(draw: Draw) -> str:
    number = int.from_bytes(draw(RANDOM_BYTES), "big")
    digits = []
    for _ in range(LENGTH):
        number, digit = divmod(number, len(_DIGITS))
        digits.append(_DIGITS[digit])
    return "".join(digits)


def may_be_secret(text: str) -> bool:
    """Whether this has the form of a secret, so that it is worth looking for."""
    return len(text) == LENGTH and text.isascii() and text.isalnum()


def digest(secret: str) -> str:
    """What is stored in the secret's place: SHA-256 in hexadecimal. It carries 256 random bits, so no salt and no slow
    hash make it harder to guess.
    """
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
