"""Tools for models that cannot be offered any: they are described in words, and the answer is held to JSON.

The answer is `{"tool": NAME, "arguments": {...}}`, a list of such, or `{"tool": "none", "reply": ...}`. It becomes the
events that a model with tools would have sent, as it comes: text as text, arguments as pieces of JSON.
"""

from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import orjson

from loomwork.adapters.wires.grammar_schema import Schema, TooLarge, simple_object, simple_schema
from loomwork.adapters.wires.routed_answer import NO_TOOL, RoutedAnswer
from loomwork.adapters.wires.tool_calls import arguments_of, names_by_id
from loomwork.model_gateway.domain.chat import AUTO, ChatEvent, Finished, Message, TextDelta, Tool
from loomwork.model_gateway.domain.errors import ModelRefused
from loomwork.model_gateway.ports import Call

Chat = Callable[[Call], AsyncGenerator[ChatEvent, None]]
MOST_TOOLS = 128
MOST_CALLS = 4
"""Calls in one answer: small models do not find the end of a list by themselves."""
NOW_ANSWER = "You have the result now. Reply with what it says, without using the same tool again."
"""What follows the last result."""


def needs_routing(call: Call) -> bool:
    """Whether the call speaks of tools to a model that knows none."""
    return not call.profile.tools and bool(call.tools or any(_is_of_tools(message) for message in call.messages))


async def routed(chat: Chat, call: Call) -> AsyncGenerator[ChatEvent, None]:
    """The answer to a call with tools, by a `chat` that takes none. Raises as `ChatWire.chat` does."""
    tools = _offered(call)
    asked = _asked(call, tools)
    if not tools:
        async with aclosing(chat(asked)) as events:
            async for event in events:
                yield event
        return
    answer = RoutedAnswer(call, parsed_reply=call.json_schema is not None)
    async with aclosing(chat(asked)) as events:
        async for event in events:
            for made in _converted(answer, event):
                yield made


def _converted(answer: RoutedAnswer, event: ChatEvent) -> Iterator[ChatEvent]:
    match event:
        case TextDelta(text):
            yield from answer.take(text)
        case Finished():
            yield from answer.finished(event)
        case _:
            yield event


def _offered(call: Call) -> Sequence[Tool]:
    if call.tool_choice.mode == "none":
        return ()
    if call.tool_choice.mode != "named":
        return call.tools
    return [tool for tool in call.tools if tool.name == call.tool_choice.name]


def _asked(call: Call, tools: Sequence[Tool]) -> Call:
    messages = _rendered(call.messages, as_answers=bool(tools))
    plain = replace(call, messages=tuple(messages), tools=(), tool_choice=AUTO)
    if not tools:
        return plain
    if call.messages and call.messages[-1].role == "tool" and call.tool_choice.mode == "auto":
        # Reminded of nothing, a small model asks for the same again.
        messages[-1] = replace(messages[-1], text=f"{messages[-1].text}\n\n{NOW_ANSWER}")
    instructed = _instructed(messages, _instructions(call, tools))
    # A stop word could end the answer in the middle of its JSON; it is looked for in the reply instead.
    params = {name: value for name, value in call.params.items() if name not in ("stop", "response_format")}
    return replace(plain, messages=tuple(instructed), json_schema=_schema(call, tools), params=params)


def _schema(call: Call, tools: Sequence[Tool]) -> Schema:
    """What the answer is held to. Raises `ModelRefused` for tools that no grammar should be made of."""
    if len(tools) > MOST_TOOLS:
        raise _refused(call, f"it can choose between {MOST_TOOLS} tools, and these are {len(tools)}")
    try:
        calls = [_branch(tool.name, "arguments", simple_object(tool.parameters)) for tool in tools]
        reply = {"type": "string"} if call.json_schema is None else simple_schema(call.json_schema)
    except TooLarge:
        raise _refused(call, "the schemas of its tools are too large for a grammar") from None
    one = calls[0] if len(calls) == 1 else {"anyOf": calls}
    several = {"type": "array", "items": one, "minItems": 2, "maxItems": MOST_CALLS}
    wanted = [*calls, several] if _may_call_several(call) else calls
    if call.tool_choice.mode == "auto":
        wanted = [*wanted, _branch(NO_TOOL, "reply", reply)]
    return wanted[0] if len(wanted) == 1 else {"anyOf": wanted}


def _branch(tool: str, name: str, value: Schema) -> Schema:
    return {
        "type": "object",
        "properties": {"tool": {"const": tool}, name: value},
        "required": ["tool", name],
        "additionalProperties": False,
    }


def _instructions(call: Call, tools: Sequence[Tool]) -> str:
    described = "\n".join(_description(tool) for tool in tools)
    use = '{"tool": "<name of the tool>", "arguments": {...}}'
    if _may_call_several(call):
        use += ", or a list of such objects for several calls at once"
    if call.tool_choice.mode != "auto":
        return f"You have these tools:\n{described}\n\nUse a tool now. Answer with JSON: {use}"
    return (
        f"You have these tools:\n{described}\n\n"
        f"If one of the tools does what the user asks for, use it; answer with JSON: {use}\n"
        "Otherwise, for small talk, writing, general knowledge, or once you have the result of the tool, "
        'answer yourself with JSON: {"tool": "none", "reply": "<your answer>"}'
    )


def _may_call_several(call: Call) -> bool:
    return call.parallel_tool_calls and call.tool_choice.mode != "named"


def _description(tool: Tool) -> str:
    words = f": {' '.join(tool.description.split())}" if tool.description else ""
    return f"- {tool.name}{words}\n  arguments: {_text(tool.parameters)}"


def _instructed(messages: list[Message], instructions: str) -> list[Message]:
    """Instructions stand in one message at the beginning, the only place where small models look for them."""
    if messages and messages[0].role == "system":
        first = replace(messages[0], text=f"{messages[0].text}\n\n{instructions}")
        return [first, *messages[1:]]
    return [Message("system", instructions), *messages]


def _rendered(messages: Sequence[Message], *, as_answers: bool) -> list[Message]:
    """The conversation without tool calls and results, which are said in words, each result after its call."""
    names = names_by_id(messages)
    return [_said(message, names, as_answers=as_answers) for message in messages]


def _said(message: Message, names: Mapping[str, str], *, as_answers: bool) -> Message:
    if message.role == "tool":
        name = names.get(message.tool_call_id or "", "a tool")
        return Message("user", f"Result of {name}: {message.text}")
    if message.tool_calls:
        called = [{"tool": one.name, "arguments": arguments_of(one)} for one in message.tool_calls]
        shown = _text(called[0] if len(called) == 1 else called)
        return Message("assistant", f"{message.text}\n{shown}".strip())
    if message.role == "assistant" and as_answers:
        return Message("assistant", _text({"tool": NO_TOOL, "reply": message.text}))
    return message


def _is_of_tools(message: Message) -> bool:
    return message.role == "tool" or bool(message.tool_calls)


def _text(value: Any) -> str:
    try:
        return orjson.dumps(value).decode()
    except (TypeError, RecursionError):
        raise ModelRefused("A tool holds a value that JSON cannot carry.", cause="bad_request") from None


def _refused(call: Call, why: str) -> ModelRefused:
    return ModelRefused(f"{call.name} cannot be given these tools: {why}.", cause="bad_request", model=call.name)
