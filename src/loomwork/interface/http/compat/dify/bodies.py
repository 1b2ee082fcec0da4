"""What Dify's clients send. Keys that we have no use for are passed over, as Dify does."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

ResponseMode = Annotated[
    Literal["streaming", "blocking"], BeforeValidator(lambda mode: "blocking" if mode is None else mode)
]


class UserBody(BaseModel):
    """`user` is the client's own name for the person it works for."""

    model_config = ConfigDict(coerce_numbers_to_str=True)

    user: str = Field(min_length=1, max_length=255)


class RunBody(UserBody):
    inputs: dict[str, Any]
    response_mode: ResponseMode = "blocking"
    files: list[dict[str, Any]] | None = None
    workflow_id: str | None = None


class ChatBody(RunBody):
    query: str
    conversation_id: str | None = None


class CompletionBody(RunBody):
    """`query` is what older clients send beside the inputs."""

    query: str = ""
