"""From the body of a chat completion to a request to a model."""

from collections.abc import Mapping, Sequence
from typing import Any

from loomwork.interface.http.compat.openai.bodies import (
    ChatBody,
    FunctionBody,
    ImageUrl,
    MessageBody,
    NamedFunction,
    Part,
    ToolBody,
    ToolChoiceBody,
)
from loomwork.interface.http.compat.openai.errors import Unsupported
from loomwork.kernel.errors import InvalidInput
from loomwork.model_gateway.api import AUTO, ChatRequest, Message, Spender, Tool, ToolCall, ToolChoice

PARAMS = (
    "temperature",
    "top_p",
    "presence_penalty",
    "frequency_penalty",
    "seed",
    "stop",
    "reasoning_effort",
    "verbosity",
    "top_k",
    "min_p",
    "logit_bias",
)
"""Fields that go to the model as they are, where its dialect knows them."""

ANY_OBJECT: Mapping[str, Any] = {"type": "object"}


def chat_request(body: ChatBody, model: str, spender: Spender) -> ChatRequest:
    """Raises `InvalidInput`, with the field, for what cannot be asked, and `Unsupported` for what is not done here."""
    check_supported(body)
    tools = _tools(body)
    return ChatRequest(
        model=model,
        messages=messages_of(body.messages),
        params=_params(body),
        json_schema=_schema(body),
        tools=tools,
        tool_choice=_tool_choice(body, tools),
        # A legacy answer has room for one call only.
        parallel_tool_calls=body.parallel_tool_calls is not False and not body.functions,
        spender=spender,
        whole=not body.stream,
    )


def check_supported(body: ChatBody) -> None:
    """Raises `Unsupported` for a wish that the answer would silently leave out."""
    if body.n is not None and body.n != 1:
        raise Unsupported("Only `n` = 1 is answered: one choice a request. Ask several times for several.", field="n")
    if body.logprobs or body.top_logprobs:
        field = "logprobs" if body.logprobs else "top_logprobs"
        raise Unsupported("Log probabilities are not given; leave `logprobs` and `top_logprobs` out.", field=field)
    if body.audio is not None or any(kind != "text" for kind in body.modalities or ()):
        raise Unsupported("Chat answers in text only; /audio/speech makes speech of it.", field="modalities")
    for field in ("prediction", "web_search_options", "moderation"):
        if getattr(body, field) is not None:
            raise Unsupported(f"`{field}` is not supported; leave it out.", field=field)


def _params(body: ChatBody) -> dict[str, Any]:
    params = {name: value for name in PARAMS if (value := getattr(body, name)) is not None}
    most = body.max_completion_tokens or body.max_tokens
    return params | ({"max_tokens": most} if most is not None else {})


def _schema(body: ChatBody) -> Mapping[str, Any] | None:
    wanted = body.response_format
    if wanted is None or wanted.type == "text":
        return None
    if wanted.type == "json_object":
        return ANY_OBJECT
    if wanted.json_schema is None or wanted.json_schema.schema_ is None:
        field = "response_format.json_schema.schema"
        raise InvalidInput("A `response_format` of type `json_schema` needs a schema.", field=field)
    return wanted.json_schema.schema_


def _tools(body: ChatBody) -> tuple[Tool, ...]:
    if body.tools and body.functions:
        raise InvalidInput("Send `tools` or the older `functions`, not both.", field="functions")
    named = [_function_of(tool, place) for place, tool in enumerate(body.tools or ())] or (body.functions or [])
    if len({function.name for function in named}) < len(named):
        raise InvalidInput("Two tools have the same name.", field="tools")
    return tuple(_tool(function) for function in named)


def _function_of(tool: ToolBody, place: int) -> FunctionBody:
    if tool.type != "function":
        raise Unsupported(
            f"Only tools of type `function` are supported, not `{tool.type[:80]}`.", field=f"tools.{place}.type"
        )
    if tool.function is None:
        raise InvalidInput("A tool of type `function` needs a `function`.", field=f"tools.{place}.function")
    return tool.function


def _tool(function: FunctionBody) -> Tool:
    if not function.parameters:
        return Tool(function.name, function.description or "")
    return Tool(function.name, function.description or "", function.parameters)


def _tool_choice(body: ChatBody, tools: Sequence[Tool]) -> ToolChoice:
    field = "function_call" if body.functions else "tool_choice"
    choice = _choice(body)
    if choice.mode in ("required", "named") and not tools:
        raise InvalidInput(f"`{field}` asks for a tool, and there are no tools.", field=field)
    if choice.mode == "named" and choice.name not in {tool.name for tool in tools}:
        raise InvalidInput(f"`{field}` names a tool that is not among the tools.", field=field)
    return choice


def _choice(body: ChatBody) -> ToolChoice:
    match body.function_call if body.functions else body.tool_choice:
        case None:
            return AUTO
        case NamedFunction(name=name) | ToolChoiceBody(type="function", function=NamedFunction(name=name)):
            return ToolChoice("named", name)
        case ToolChoiceBody(type=kind):
            raise Unsupported(f"A `tool_choice` of type `{kind[:80]}` is not supported.", field="tool_choice.type")
        case mode:
            return ToolChoice(mode)


def messages_of(bodies: Sequence[MessageBody]) -> tuple[Message, ...]:
    """The messages as models are asked them. Raises `InvalidInput`, naming the message."""
    reader = _MessageReader()
    return tuple(reader.read(body, f"messages.{place}") for place, body in enumerate(bodies))


class _MessageReader:
    """Reads messages in order: a result belongs to a call that was made before it."""

    def __init__(self) -> None:
        self._called: set[str] = set()
        self._functions = 0

    def read(self, body: MessageBody, where: str) -> Message:
        match body.role:
            case "system" | "developer":
                return Message("system", text_of(body, where))
            case "user":
                return Message("user", text_of(body, where), images_of(body, where))
            case "assistant":
                return self._answer(body, where)
            case "tool":
                return self._result(body, where)
            case "function":
                return self._function_result(body, where)

    def _answer(self, body: MessageBody, where: str) -> Message:
        calls = [ToolCall(call.id, call.function.name, call.function.arguments) for call in body.tool_calls or ()]
        if body.function_call is not None:
            self._functions += 1
            calls.append(ToolCall(f"function_{self._functions}", body.function_call.name, body.function_call.arguments))
        if body.content is None and not calls and body.refusal is None:
            raise InvalidInput("An assistant's message needs `content` or `tool_calls`.", field=f"{where}.content")
        self._called.update(call.id for call in calls)
        text = text_of(body, where) if body.content is not None else body.refusal or ""
        return Message("assistant", text, tool_calls=tuple(calls), carried=body.carried)

    def _result(self, body: MessageBody, where: str) -> Message:
        if body.tool_call_id not in self._called:
            raise InvalidInput(
                "A message of role `tool` must answer one of the `tool_calls` of a message before it.",
                field=f"{where}.tool_call_id",
            )
        return Message("tool", text_of(body, where), tool_call_id=body.tool_call_id)

    def _function_result(self, body: MessageBody, where: str) -> Message:
        if not self._functions:
            raise InvalidInput("A message of role `function` must follow a `function_call`.", field=where)
        return Message("tool", text_of(body, where), tool_call_id=f"function_{self._functions}")


def text_of(body: MessageBody, where: str) -> str:
    """The text of a message's content. Raises `InvalidInput` where there is none, or a part is of no use there."""
    if body.content is None:
        raise InvalidInput("This message needs `content`.", field=f"{where}.content")
    if isinstance(body.content, str):
        return body.content
    texts = [_text(part, body.role, f"{where}.content.{place}") for place, part in enumerate(body.content)]
    return "\n".join(text for text in texts if text is not None)


def _text(part: Part, role: str, where: str) -> str | None:
    match part.type:
        case "text" if part.text is not None:
            return part.text
        case "refusal" if role == "assistant":
            return part.refusal or ""
        case "image_url" if role == "user":
            return None
        case "text" | "image_url" | "refusal":
            raise InvalidInput(f"A part of type `{part.type}` does not fit here, or is empty.", field=where)
        case _:
            raise Unsupported(f"Content of type `{part.type[:80]}` is not supported.", field=f"{where}.type")


def images_of(body: MessageBody, where: str) -> tuple[str, ...]:
    """The addresses of a message's images, `data:` URLs included."""
    if not isinstance(body.content, list):
        return ()
    places = [(f"{where}.content.{place}.image_url", part) for place, part in enumerate(body.content)]
    return tuple(_address(part, place) for place, part in places if part.type == "image_url")


def _address(part: Part, where: str) -> str:
    address = part.image_url.url if isinstance(part.image_url, ImageUrl) else part.image_url
    if not address or not address.startswith(("http://", "https://", "data:image/")):
        raise InvalidInput("An image needs a web address, or a `data:image/...` URL.", field=where)
    return address
