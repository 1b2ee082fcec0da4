"""The shapes of logs: messages with what people think of them, annotations, how long things are kept."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from loomwork.apps.api import Environment
from loomwork.conversations.api import Annotation, Feedback, LoggedFeedback, LoggedMessage, Rating
from loomwork.interface.http.api.shapes import MessageShape, RequestShape, Shape


class FeedbackShape(Shape):
    """What somebody thinks of a message."""

    source: Literal["end_user", "member"]
    author: str = Field(description="The end user's name, or the id of the member or key.")
    rating: Rating
    content: str
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, feedback: Feedback) -> "FeedbackShape":
        return cls.model_validate(feedback)


class LoggedMessageShape(MessageShape):
    """A message as logs show it."""

    app_id: str
    end_user: str
    source: str = Field(description="The face that asked.", examples=["dify"])
    version: int | None = Field(description="What answered; null for the draft.")
    environment: Environment | None
    elapsed_ms: float | None
    feedback: list[FeedbackShape]

    @classmethod
    def logged(cls, logged: LoggedMessage) -> "LoggedMessageShape":
        return cls(
            **MessageShape.of(logged.message).model_dump(),
            app_id=logged.app_id,
            end_user=logged.end_user,
            source=logged.source,
            version=logged.version,
            environment=logged.environment,
            elapsed_ms=logged.elapsed_ms,
            feedback=[FeedbackShape.of(feedback) for feedback in logged.feedback],
        )


class LoggedFeedbackShape(FeedbackShape):
    """What somebody thinks of a message, and the message."""

    message_id: str
    conversation_id: str
    query: str
    answer: str

    @classmethod
    def logged(cls, logged: LoggedFeedback) -> "LoggedFeedbackShape":
        return cls(
            **FeedbackShape.of(logged.feedback).model_dump(),
            message_id=logged.feedback.message_id,
            conversation_id=logged.conversation_id,
            query=logged.query,
            answer=logged.answer,
        )


class FeedbackBody(RequestShape):
    rating: Rating | None = Field(description="null takes back what you said before.", examples=["like"])
    content: str = Field(default="", max_length=10_000, examples=["Just what I needed."])


class AnnotationBody(RequestShape):
    question: str = Field(min_length=1, max_length=10_000, examples=["When do you open?"])
    answer: str = Field(min_length=1, max_length=100_000, examples=["At nine, but on Sundays."])


class AnnotationShape(Shape):
    """What is to be answered to a question."""

    volatile = frozenset({"hits"})

    id: str
    app_id: str
    question: str
    answer: str
    hits: int = Field(description="How often it was answered.")
    created_by: str
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, annotation: Annotation) -> "AnnotationShape":
        return cls.model_validate(annotation)


class RetentionShape(Shape):
    days: int | None = Field(description="For how many days runs and conversations are kept; null where none says.")


class RetentionBody(RequestShape):
    days: int | None = Field(ge=1, le=36_500, description="null takes the rule away.", examples=[90])
