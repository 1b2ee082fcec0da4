"""What programs do with the `taskingai` package, unchanged. Run with a host, a key, and the ids of models; prints by
name what came of each.
"""

import asyncio
import json
import sys
import traceback
from collections.abc import Awaitable, Callable
from typing import Any

import taskingai
from taskingai.client import exceptions, rest
from taskingai.inference import (
    AssistantMessage,
    FunctionMessage,
    SystemMessage,
    UserMessage,
    a_chat_completion,
    a_text_embedding,
    chat_completion,
    text_embedding,
)

HOST, KEY, HELLO, TOOLS, OUTAGE, CUT, VECTORS = sys.argv[1:8]
taskingai.init(api_key=KEY, host=HOST)

QUESTION: Any = [SystemMessage("Be brief."), UserMessage("Hi")]
WEATHER: Any = {
    "name": "weather",
    "description": "Says how the weather is.",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string", "description": "Where."}},
        "required": ["city"],
    },
}


def chat() -> None:
    answer: Any = chat_completion(model_id=HELLO, messages=QUESTION, configs={"temperature": 0.5})
    assert answer.message.content == "Hello there."
    assert answer.finish_reason == "stop"
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (11, 2)


def functions() -> None:
    first: Any = chat_completion(model_id=TOOLS, messages=QUESTION, functions=[WEATHER], function_call="auto")
    calls = first.message.function_calls
    assert [call.arguments for call in calls] == [{"city": "Rome"}, {"city": "Oslo"}]
    assert first.finish_reason == "function_calls"
    results = [FunctionMessage(id=call.id, content="sunny") for call in calls]
    talk = [*QUESTION, AssistantMessage(function_calls=calls), *results]
    second: Any = chat_completion(model_id=HELLO, messages=talk)
    assert second.message.content == "Hello there."


def stream() -> None:
    told: Any = list(chat_completion(model_id=HELLO, messages=QUESTION, stream=True))
    assert [each.object for each in told] == ["ChatCompletionChunk", "ChatCompletionChunk", "ChatCompletion"]
    assert "".join(chunk.delta for chunk in told[:-1]) == told[-1].message.content == "Hello there."


async def in_async() -> None:
    answer: Any = await a_chat_completion(model_id=HELLO, messages=QUESTION)
    assert answer.message.content == "Hello there."
    chunks: Any = await a_chat_completion(model_id=HELLO, messages=QUESTION, stream=True)
    assert [each.object async for each in chunks][-1] == "ChatCompletion"
    assert await a_text_embedding(model_id=VECTORS, input="one") == [3.0, 0.5, -1.0]


def embeddings() -> None:
    assert text_embedding(model_id=VECTORS, input="one") == [3.0, 0.5, -1.0]
    assert len(text_embedding(model_id=VECTORS, input=["one", "three"])) == 2


def raises(call: Callable[[], Any]) -> Any:
    raised: Any = None
    try:
        call()
    except (exceptions.ApiException, rest.ApiException) as error:  # two classes of one name, raised here and there
        raised = error
    assert raised is not None
    return raised


def errors() -> None:
    assert raises(lambda: chat_completion(model_id=OUTAGE, messages=QUESTION)).status == 400
    assert raises(lambda: chat_completion(model_id="Tp000000", messages=QUESTION)).status == 404
    assert raises(lambda: list(chat_completion(model_id=OUTAGE, messages=QUESTION, stream=True)))
    assert raises(lambda: list(chat_completion(model_id=CUT, messages=QUESTION, stream=True)))
    assert raises(lambda: list(chat_completion(model_id="Tp000000", messages=QUESTION, stream=True)))


CHECKS: tuple[Callable[[], Awaitable[None] | None], ...] = (chat, functions, stream, in_async, embeddings, errors)


async def main() -> None:
    told = {}
    for check in CHECKS:
        try:
            waiting = check()
            if waiting is not None:
                await waiting
            told[check.__name__] = "ok"
        except Exception:  # noqa: BLE001 - whatever went wrong is what there is to tell
            told[check.__name__] = traceback.format_exc(limit=-3)
    print(json.dumps(told))


asyncio.run(main())
