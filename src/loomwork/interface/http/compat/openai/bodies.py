"""What OpenAI's clients send to chat completions. A field that is null counts as absent; one that we have no use for is
passed over, but for those that ask for something which the answer would lack.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

ModelName = Annotated[str, Field(min_length=1, max_length=500)]
FunctionName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]


class ImageUrl(BaseModel):
    url: str


class Part(BaseModel):
    """A part of a message's content; which fields it has follows from `type`."""

    type: str
    text: str | None = None
    refusal: str | None = None
    image_url: ImageUrl | str | None = None


class CalledFunction(BaseModel):
    name: Annotated[str, Field(max_length=200)]
    arguments: str = ""


class CalledTool(BaseModel):
    id: Annotated[str, Field(min_length=1, max_length=500)]
    type: Literal["function"] = "function"
    function: CalledFunction


class MessageBody(BaseModel):
    """A message of any role. `carried` is what an earlier answer of ours said is to come back unread."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[Part] | None = None
    name: str | None = None
    refusal: str | None = None
    tool_calls: list[CalledTool] | None = None
    tool_call_id: str | None = None
    function_call: CalledFunction | None = None
    reasoning_content: str | None = None
    carried: dict[str, Any] | None = None


class FunctionBody(BaseModel):
    name: FunctionName
    description: str | None = None
    parameters: dict[str, Any] | None = None


class ToolBody(BaseModel):
    type: str
    function: FunctionBody | None = None


class NamedFunction(BaseModel):
    name: str


class ToolChoiceBody(BaseModel):
    type: str
    function: NamedFunction | None = None


class JsonSchemaBody(BaseModel):
    model_config = ConfigDict(populate_by_name=True)

    name: str = "answer"
    schema_: dict[str, Any] | None = Field(default=None, alias="schema")


class ResponseFormat(BaseModel):
    type: Literal["text", "json_object", "json_schema"]
    json_schema: JsonSchemaBody | None = None


class StreamOptions(BaseModel):
    include_usage: bool | None = None


class ChatBody(BaseModel):
    """`inputs` are for apps: what their form asks for. `metadata` stands in for them, for clients that send nothing
    else.
    """

    model_config = ConfigDict(extra="allow")

    model: ModelName
    messages: list[MessageBody] = Field(min_length=1, max_length=5000)
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    tools: list[ToolBody] | None = Field(default=None, max_length=1000)
    tool_choice: Literal["none", "auto", "required"] | ToolChoiceBody | None = None
    parallel_tool_calls: bool | None = None
    functions: list[FunctionBody] | None = Field(default=None, max_length=1000)
    function_call: Literal["none", "auto"] | NamedFunction | None = None
    response_format: ResponseFormat | None = None
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    max_completion_tokens: Annotated[int, Field(ge=1)] | None = None
    temperature: float | None = None
    top_p: float | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    seed: int | None = None
    stop: str | list[str] | None = None
    reasoning_effort: str | None = None
    verbosity: str | None = None
    top_k: int | None = None
    min_p: float | None = None
    logit_bias: dict[str, float] | None = None
    n: int | None = None
    logprobs: bool | None = None
    top_logprobs: int | None = None
    modalities: list[str] | None = None
    audio: Any = None
    prediction: Any = None
    web_search_options: Any = None
    moderation: Any = None
    user: Annotated[str, Field(max_length=255)] | None = None
    safety_identifier: Annotated[str, Field(max_length=255)] | None = None
    metadata: dict[str, Any] | None = None
    inputs: dict[str, Any] | None = None

    @property
    def end_user(self) -> str | None:
        """The client's own name for the person it works for."""
        return self.user or self.safety_identifier

    @property
    def wants_usage(self) -> bool:
        """Whether a stream is to end with what was used."""
        return self.stream_options is not None and bool(self.stream_options.include_usage)
