"""Ids are UUIDv7: unique without coordination, and sorted by the time they were made."""

import hashlib
from typing import NewType
from uuid import UUID

from uuid_utils import uuid7

WorkspaceId = NewType("WorkspaceId", str)
AppId = NewType("AppId", str)
RunId = NewType("RunId", str)
ConversationId = NewType("ConversationId", str)
MessageId = NewType("MessageId", str)
KeyId = NewType("KeyId", str)

_TIME_BITS = 48
_VERSION_AND_VARIANT = (0x7 << 76) | (0x2 << 62)
_RANDOM = ((1 << 80) - 1) & ~((0xF << 76) | (0x3 << 62))


def new_id() -> str:
    """A fresh UUIDv7 in its canonical text form (36 characters)."""
    return str(uuid7())


def derived_id(parent: str, key: str) -> str:
    """The id of something that is made once for a key: the same for the same two words, wherever and whenever it is
    asked for. A UUIDv7 (RFC 9562, 5.7) with the time of `parent`, an id, and bits of a hash instead of random ones.
    Raises `ValueError` for a parent that is no id.
    """
    time = UUID(parent).int >> (128 - _TIME_BITS)
    hashed = int.from_bytes(hashlib.sha256(f"{parent}/{key}".encode()).digest())
    return str(UUID(int=time << 80 | _VERSION_AND_VARIANT | hashed & _RANDOM))
