"""What TaskingAI's clients send. They send null for all that they leave open."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from loomwork.interface.http.compat.openai.bodies import CalledFunction, CalledTool, FunctionBody, MessageBody, Part
from loomwork.interface.http.encoding import to_json

ModelId = Annotated[str, Field(min_length=1, max_length=255)]


class FunctionCallBody(BaseModel):
    id: Annotated[str, Field(min_length=1, max_length=500)]
    name: Annotated[str, Field(max_length=200)]
    arguments: dict[str, Any]

    def theirs(self) -> CalledTool:
        function = CalledFunction(name=self.name, arguments=to_json(self.arguments).decode())
        return CalledTool(id=self.id, function=function)


class ChatMessageBody(BaseModel):
    """`id` is that of the function call whose result a message of role function brings."""

    role: Literal["system", "user", "assistant", "function"]
    content: str | list[Part] | None = None
    function_calls: list[FunctionCallBody] | None = None
    id: str | None = None

    def theirs(self) -> MessageBody:
        """The same, as OpenAI's clients say it."""
        calls = [call.theirs() for call in self.function_calls or ()]
        return MessageBody(
            role="tool" if self.role == "function" else self.role,
            content=self.content if self.content is not None or calls else "",
            tool_calls=calls or None,
            tool_call_id=self.id,
        )


class ConfigsBody(BaseModel):
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    stop: str | list[str] | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    seed: int | None = None
    response_format: Literal["text", "json_object"] | None = None


class ChatCompletionBody(BaseModel):
    model_id: ModelId
    messages: list[ChatMessageBody] = Field(min_length=1, max_length=5000)
    configs: ConfigsBody | None = None
    functions: list[FunctionBody] | None = Field(default=None, max_length=1000)
    function_call: str | None = None
    stream: bool | None = None


class TextEmbeddingBody(BaseModel):
    model_id: ModelId
    input: str | list[str]
    input_type: Literal["document", "query"] | None = None


class RerankBody(BaseModel):
    model_id: ModelId
    query: Annotated[str, Field(min_length=1, max_length=32_768)]
    documents: list[str] = Field(min_length=1, max_length=1000)
    top_n: Annotated[int, Field(ge=1)] | None = None
