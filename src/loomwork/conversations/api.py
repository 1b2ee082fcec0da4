"""The door of conversations: a conversation holds messages; a message is one turn, asked and answered."""

from collections.abc import Mapping, Sequence
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


Rating = Literal["like", "dislike"]
FeedbackSource = Literal["end_user", "member"]


@dataclass(frozen=True, slots=True)
class Feedback:
    """What somebody thinks of a message; of each person the last word is kept. `author` is an end user's name on the
    face where they talk, or the id of the member or key.
    """

    id: str
    message_id: MessageId
    source: FeedbackSource
    author: str
    rating: Rating
    content: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class MessageFilter:
    """Which messages are looked for; what is None or empty does not matter. `since` is the first moment, `until` the
    first one after the last. `text` is a part of the question or of the answer; `rating`, what somebody gave.
    """

    app_id: AppId | None = None
    conversation_id: ConversationId | None = None
    end_user: str | None = None
    status: str | None = None
    version: int | None = None
    environment: str | None = None
    source: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    text: str = ""
    rating: Rating | None = None


@dataclass(frozen=True, slots=True)
class LoggedMessage:
    """A message as logs show it: with whom it was, what answered, and what people think of it."""

    message: Message
    app_id: AppId
    end_user: str
    source: str
    version: int | None
    environment: str | None
    elapsed_ms: float | None
    feedback: Sequence[Feedback] = ()


@dataclass(frozen=True, slots=True)
class LoggedFeedback:
    """Feedback, and what it is about."""

    feedback: Feedback
    conversation_id: ConversationId
    query: str
    answer: str


class MessageLog(Protocol):
    """Messages of any conversation, and feedback on them. Ids of another workspace are `NotFound`."""

    async def list_messages(self, scope: Scope, wanted: MessageFilter, page: PageRequest) -> Page[LoggedMessage]:
        """Newest first."""
        ...

    async def get_message(self, scope: Scope, message_id: MessageId) -> LoggedMessage: ...

    async def rate(
        self,
        scope: Scope,
        message_id: MessageId,
        source: FeedbackSource,
        author: str,
        rating: Rating,
        content: str = "",
    ) -> Feedback:
        """What somebody thinks of a message now, in the place of what they thought before."""
        ...

    async def take_back(self, scope: Scope, message_id: MessageId, source: FeedbackSource, author: str) -> None:
        """What somebody thought of a message is gone; nothing, where there was nothing."""
        ...

    async def list_feedback(
        self, scope: Scope, app_id: AppId, page: PageRequest, *, rating: Rating | None = None, skip: int = 0
    ) -> Page[LoggedFeedback]:
        """Newest first; `skip` leaves out as many of the first."""
        ...


@dataclass(frozen=True, slots=True)
class Annotation:
    """What is to be answered to a question, as people know better. `hits` counts how often it was."""

    id: str
    app_id: AppId
    question: str
    answer: str
    created_by: str
    created_at: datetime
    updated_at: datetime
    hits: int = 0


class AnnotationStore(Protocol):
    """Annotations of apps. Each method raises `NotFound` for an id that the app of this workspace does not have."""

    async def add(self, scope: Scope, app_id: AppId, question: str, answer: str) -> Annotation: ...

    async def get(self, scope: Scope, app_id: AppId, annotation_id: str) -> Annotation: ...

    async def save(self, scope: Scope, app_id: AppId, annotation_id: str, question: str, answer: str) -> Annotation: ...

    async def remove(self, scope: Scope, app_id: AppId, annotation_id: str) -> None: ...

    async def list_annotations(
        self, scope: Scope, app_id: AppId, page: PageRequest, *, text: str = "", skip: int = 0
    ) -> Page[Annotation]:
        """Newest first; `text` is a part of the question or the answer, `skip` leaves out as many of the first."""
        ...

    async def count_annotations(self, scope: Scope, app_id: AppId, *, text: str = "") -> int: ...


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
