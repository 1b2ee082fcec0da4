"""Envelope encryption (NIST SP 800-38D for AES-GCM, RFC 5869 for HKDF).

What is sealed is bound to where it lies: whoever opens it names the place again, and what was moved to another place
does not open. Nonces are 96 random bits; a data key seals far fewer than the 2^32 things that they are good for.
"""

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field

KEY_BYTES = 32
NONCE_BYTES = 12
VERSION = b"\x01"
"""The first byte of everything sealed, so that another way of sealing can follow."""

Place = Sequence[str | None]


class CannotOpen(Exception):
    """The key is another, or what was sealed is cut short, changed, or not where it was put. Says nothing of what it
    held.
    """


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A data key as it is stored. `by` names the key-encryption key that opens it."""

    by: str
    sealed: bytes = field(repr=False)


class Keyring:
    """Key-encryption keys: the first one wraps, all of them open. Shows none of them."""

    def __init__(self, secrets_: Sequence[bytes]) -> None:
        """Each secret is random and long; what it is written as does not matter. Raises `ValueError` without one."""
        if not secrets_:
            raise ValueError("a keyring needs a key")
        keys = [(_derived(secret, b"name").hex()[:16], _derived(secret, b"wrapping")) for secret in secrets_]
        self.current = keys[0][0]
        """The name of the key that wraps. It gives nothing away."""
        self._keys = dict(reversed(keys))

    def __repr__(self) -> str:
        return f"Keyring({self.current}, {len(self._keys)} keys)"

    @property
    def has_older(self) -> bool:
        """Whether it holds keys that open and do not wrap."""
        return len(self._keys) > 1

    def wrap(self, data_key: bytes, place: Place) -> WrappedKey:
        return WrappedKey(self.current, seal(self._keys[self.current], data_key, place))

    def unwrap(self, wrapped: WrappedKey, place: Place) -> bytes:
        """The data key. Raises `CannotOpen`."""
        key = self._keys.get(wrapped.by)
        if key is None:
            raise CannotOpen(f"it was sealed with the secret key {wrapped.by}, which is not here")
        return unseal(key, wrapped.sealed, place)


def new_data_key() -> bytes:
    return secrets.token_bytes(KEY_BYTES)


def seal(key: bytes, content: bytes, place: Place) -> bytes:
    """The content, readable and movable by nobody without the key."""
    # Here, because most processes never seal anything, and the library takes its time to import.
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = os.urandom(NONCE_BYTES)
    return VERSION + nonce + AESGCM(key).encrypt(nonce, content, _bytes(place))


def unseal(key: bytes, sealed: bytes, place: Place) -> bytes:
    """What was sealed with this key for this place. Raises `CannotOpen`."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    start = len(VERSION) + NONCE_BYTES
    if not sealed.startswith(VERSION) or len(sealed) < start:
        raise CannotOpen("it is not something that was sealed here")
    try:
        return AESGCM(key).decrypt(sealed[len(VERSION) : start], sealed[start:], _bytes(place))
    except (InvalidTag, ValueError):
        raise CannotOpen("it was changed, cut short, moved, or sealed with another key") from None


def _bytes(place: Place) -> bytes:
    """One text for one place: JSON, in which nothing runs into its neighbour and null is not "null"."""
    return json.dumps(["loomwork", *place]).encode()


def _derived(secret: bytes, purpose: bytes) -> bytes:
    """HKDF-SHA256 (RFC 5869) with an empty salt, one block."""
    extracted = hmac.digest(bytes(KEY_BYTES), secret, hashlib.sha256)
    return hmac.digest(extracted, b"loomwork secret key: " + purpose + b"\x01", hashlib.sha256)
