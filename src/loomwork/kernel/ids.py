"""Ids are UUIDv7: unique without coordination, and sorted by the time they were made."""

from typing import NewType

from uuid_utils import uuid7

WorkspaceId = NewType("WorkspaceId", str)
AppId = NewType("AppId", str)
RunId = NewType("RunId", str)
ConversationId = NewType("ConversationId", str)
MessageId = NewType("MessageId", str)
KeyId = NewType("KeyId", str)


def new_id() -> str:
    """A fresh UUIDv7 in its canonical text form (36 characters)."""
    return str(uuid7())
