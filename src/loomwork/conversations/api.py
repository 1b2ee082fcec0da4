"""The door of conversations: a conversation holds messages; a message is one turn, asked and answered."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from loomwork.kernel.ids import AppId, ConversationId, MessageId, RunId
from loomwork.kernel.page import Page, PageRequest
from loomwork.kernel.scope import Scope


@dataclass(frozen=True, slots=True)
class Conversation:
    """`end_user` is the caller's own name for the person who talks (Dify's `user`)."""

    id: ConversationId
    app_id: AppId
    end_user: str
    name: str
    inputs: Mapping[str, Any]
    variables: Mapping[str, Any]
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Message:
    """One turn. `answer` is "" until the run has ended."""

    id: MessageId
    conversation_id: ConversationId
    run_id: RunId
    query: str
    answer: str
    status: Literal["running", "succeeded", "partial-succeeded", "failed", "stopped", "paused"]
    created_at: datetime
    parent_id: MessageId | None = None
    inputs: Mapping[str, Any] = field(default_factory=dict)
    usage: Mapping[str, Any] = field(default_factory=dict)


class ConversationStore(Protocol):
    """Where conversations and their messages are kept. Each method raises `NotFound` for an id of another workspace."""

    async def add_conversation(self, scope: Scope, conversation: Conversation) -> None: ...

    async def get_conversation(self, scope: Scope, conversation_id: ConversationId) -> Conversation: ...

    async def delete_conversation(self, scope: Scope, conversation_id: ConversationId) -> None:
        """The conversation with its messages and runs."""
        ...

    async def list_conversations(
        self, scope: Scope, app_id: AppId, page: PageRequest, *, end_user: str | None = None
    ) -> Page[Conversation]:
        """Newest first."""
        ...

    async def merge_variables(self, scope: Scope, conversation_id: ConversationId, written: Mapping[str, Any]) -> None:
        """Set these variables and leave the others as they are, in one step: of turns that end at the same time, none
        undoes what another wrote.
        """
        ...

    async def add_message(self, scope: Scope, message: Message) -> None: ...

    async def finish_message(
        self, scope: Scope, message_id: MessageId, *, answer: str, status: str, usage: Mapping[str, Any]
    ) -> None: ...

    async def list_messages(
        self, scope: Scope, conversation_id: ConversationId, page: PageRequest, *, newest_first: bool = False
    ) -> Page[Message]: ...

    async def count_messages(self, scope: Scope, conversation_id: ConversationId) -> int: ...
