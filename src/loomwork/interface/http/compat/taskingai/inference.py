"""Inference: chat completion, text embedding, rerank."""

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

from fastapi import APIRouter, Request
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from loomwork.interface.http.bodies import StrictRoute
from loomwork.interface.http.compat.openai.answers import Answer, CallPieces, unfinished, whole_answer
from loomwork.interface.http.compat.openai.app_runs import run_events, start_app_run
from loomwork.interface.http.compat.openai.asking import chat_request
from loomwork.interface.http.compat.openai.bodies import (
    ChatBody,
    NamedFunction,
    ResponseFormat,
    ToolBody,
    ToolChoiceBody,
)
from loomwork.interface.http.compat.openai.call import Call, TheCall
from loomwork.interface.http.compat.openai.embeddings import texts_of
from loomwork.interface.http.compat.taskingai.bodies import ChatCompletionBody, RerankBody, TextEmbeddingBody
from loomwork.interface.http.compat.taskingai.errors import refusal_of_any
from loomwork.interface.http.compat.taskingai.model_ids import model_named
from loomwork.interface.http.errors import json_response
from loomwork.interface.http.hanging_up import while_connected
from loomwork.interface.http.streams import closing, event_stream, frame, opened, with_heartbeat
from loomwork.model_gateway.api import (
    ChatEvent,
    EmbeddingRequest,
    Finished,
    ModelUnavailable,
    ReasoningDelta,
    RerankRequest,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    Usage,
)

router = APIRouter(route_class=StrictRoute)

FINISH_REASONS: Mapping[str, str] = {
    "stop": "stop",
    "length": "length",
    "tool_calls": "function_calls",
    "content_filter": "recitation",
}
HEARTBEAT = b": still here\n\n"
DONE = b"data: [DONE]\n\n"
MOST_TEXTS = 512


@router.post("/inference/chat_completion")
async def chat_completion(call: TheCall, request: Request, body: ChatCompletionBody) -> Response:
    """Answer messages, at once or as a stream, by a model or by a published app."""
    if body.stream:
        return await _streamed(call, request, body)
    answer = await while_connected(request, _answer(call, request, body))
    return json_response({"status": "success", "data": _completion(call, answer)})


async def _answer(call: Call, request: Request, body: ChatCompletionBody) -> Answer:
    return await whole_answer(await _events(call, request, body))


async def _events(call: Call, request: Request, body: ChatCompletionBody) -> AsyncIterator[ChatEvent]:
    asked = _theirs(body, await model_named(call, body.model_id))
    if (app_id := call.app_of(asked.model)) is not None:
        run, _ = await start_app_run(call, request, asked, app_id)
        return run_events(call.apps, call.scope, run, live=bool(body.stream))
    return call.models.chat(call.scope, chat_request(asked, asked.model, call.spender()))


def _theirs(body: ChatCompletionBody, model: str) -> ChatBody:
    """The same question, as OpenAI's clients ask it."""
    configs = body.configs.model_dump(exclude_none=True) if body.configs is not None else {}
    response_format = configs.pop("response_format", None)
    functions = body.functions or []
    return ChatBody(
        model=model,
        messages=[message.theirs() for message in body.messages],
        stream=body.stream,
        tools=[ToolBody(type="function", function=function) for function in functions] or None,
        tool_choice=_tool_choice(body.function_call),
        response_format=ResponseFormat(type=response_format) if response_format else None,
        **configs,
    )


def _tool_choice(given: str | None) -> Any:
    if given in (None, "", "auto", "none"):
        return given or None
    return ToolChoiceBody(type="function", function=NamedFunction(name=str(given)))


async def _streamed(call: Call, request: Request, body: ChatCompletionBody) -> Response:
    """Clients that asked for a stream read the body as one whatever the status says, so errors are told as events."""
    try:
        events = await while_connected(request, _begun(call, request, body))
    except ClientDisconnect:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, it must be told as an event
        refusal = refusal_of_any(call.path, error)
        headers = {**refusal.headers, "Content-Type": "text/event-stream"}
        return Response(frame(refusal.event) + DONE, refusal.status, headers)
    return event_stream(with_heartbeat(_told(call, events), beat=HEARTBEAT, every=call.options.heartbeat_seconds))


async def _begun(call: Call, request: Request, body: ChatCompletionBody) -> AsyncIterator[ChatEvent]:
    return await opened(await _events(call, request, body), patience=call.options.heartbeat_seconds)


async def _told(call: Call, events: AsyncIterator[ChatEvent]) -> AsyncIterator[bytes]:
    said: list[str] = []
    pieces = CallPieces()
    try:
        async with closing(events):
            async for event in events:
                match event:
                    case TextDelta(text=text):
                        if text:
                            yield frame(_chunk(call, len(said), text))
                            said.append(text)
                    case ReasoningDelta():
                        continue
                    case ToolCallDelta():
                        pieces.add(event)
                    case Finished():
                        yield frame(_completion(call, Answer("".join(said), "", pieces.into(event)))) + DONE
                        return
        raise unfinished()
    except Exception as error:  # noqa: BLE001 - the status is sent; all that can be told is told in the stream
        yield frame(refusal_of_any(call.path, error).event) + DONE


def _chunk(call: Call, index: int, delta: str) -> dict[str, Any]:
    return {
        "object": "ChatCompletionChunk",
        "role": "assistant",
        "index": index,
        "delta": delta,
        "created_timestamp": _milliseconds(call),
    }


def _completion(call: Call, answer: Answer) -> dict[str, Any]:
    finished = answer.finished
    calls = [_function_call(each) for each in finished.tool_calls]
    reason = FINISH_REASONS.get(finished.finish_reason, "unknown")
    return {
        "object": "ChatCompletion",
        "finish_reason": "function_calls" if calls else reason,
        "message": {
            "role": "assistant",
            "content": None if calls and not answer.text else answer.text,
            "function_calls": calls or None,
        },
        "created_timestamp": _milliseconds(call),
        "usage": _usage(finished.usage),
    }


def _function_call(call: ToolCall) -> dict[str, Any]:
    try:
        arguments = json.loads(call.arguments or "{}")
    except ValueError:
        arguments = None
    if not isinstance(arguments, dict):
        message = f"The model called {call.name} with arguments that are no JSON object."
        raise ModelUnavailable(message, cause="bad_answer")
    return {"id": call.id, "name": call.name, "arguments": arguments}


def _usage(usage: Usage) -> dict[str, int]:
    return {"input_tokens": usage.prompt_tokens or 0, "output_tokens": usage.completion_tokens or 0}


def _milliseconds(call: Call) -> int:
    return int(call.options.clock.now().timestamp() * 1000)


@router.post("/inference/text_embedding")
async def text_embedding(call: TheCall, request: Request, body: TextEmbeddingBody) -> Response:
    """Turn texts into vectors."""
    wanted = EmbeddingRequest(
        model=call.model(await model_named(call, body.model_id)),
        texts=texts_of(body.input, most=MOST_TEXTS),
        kind=body.input_type,
        spender=call.spender(),
    )
    made = await while_connected(request, call.models.embed(call.scope, wanted))
    data = [{"index": index, "embedding": list(vector)} for index, vector in enumerate(made.vectors)]
    usage = {"input_tokens": made.usage.prompt_tokens or 0}
    return json_response({"status": "success", "data": data, "usage": usage})


@router.post("/inference/rerank")
async def rerank(call: TheCall, request: Request, body: RerankBody) -> Response:
    """Put documents in the order in which they answer a query."""
    wanted = RerankRequest(
        model=call.model(await model_named(call, body.model_id)),
        query=body.query,
        documents=tuple(body.documents),
        top_n=body.top_n,
        spender=call.spender(),
    )
    made = await while_connected(request, call.models.rerank(call.scope, wanted))
    results = [
        {"index": each.index, "document": {"text": body.documents[each.index]}, "relevance_score": each.score}
        for each in made.results
    ]
    return json_response({"status": "success", "data": {"results": results}, "usage": _usage(made.usage)})
