"""What each dialect over HTTP says in the same situations, from the exchanges of its vendor."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from loomwork.adapters.wires import (
    anthropic_answer,
    bedrock_answer,
    cohere_answer,
    gemini_answer,
    ollama_answer,
    openai_answer,
    openai_responses_answer,
)
from loomwork.adapters.wires.anthropic_messages import AnthropicMessagesWire
from loomwork.adapters.wires.aws_event_stream import EventStreamParser
from loomwork.adapters.wires.bedrock_converse import BedrockConverseWire
from loomwork.adapters.wires.cohere import CohereWire
from loomwork.adapters.wires.gemini import GeminiWire
from loomwork.adapters.wires.ndjson import NdjsonParser
from loomwork.adapters.wires.ollama import OllamaWire
from loomwork.adapters.wires.openai_chat import OpenAIChatWire
from loomwork.adapters.wires.openai_responses import OpenAIResponsesWire
from loomwork.adapters.wires.sse import SseParser
from loomwork.model_gateway.ports import Call, ChatWire
from tests.unit.adapters.wires.calls import Answer, Parser
from tests.unit.adapters.wires.exchanges import anthropic, bedrock, cohere, gemini, ollama, openai, responses

JSON = ('{"kind": ', '"a"}')
"""An answer that is held to a schema, in two pieces."""


@dataclass(frozen=True)
class Said:
    """An error as the vendor says it, and what it means."""

    status: int
    body: Any
    cause: str
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Dialect:
    """`text` and `calls` are whole streams (`calls` asks for two tools at once), `schema` one that is JSON; `reasons`
    are streams by the reason that they end for, of those that the dialect has; `broken` ends in an error of its
    provider. `parser` and `answer` are what its bytes go through, without a socket.
    """

    wire: Callable[[], ChatWire]
    path: str
    key: tuple[str, str]
    content_type: str
    text: bytes
    calls: bytes
    thought: bytes
    schema: bytes
    reasons: Mapping[str, bytes]
    broken: bytes
    errors: tuple[Said, ...]
    answer: Callable[[Call], Answer]
    parser: Callable[[], Parser] = SseParser


KEY = "sk-very-secret-key-0123456789"
SSE = "text/event-stream"


def said(status: int, body: Any, cause: str, **headers: str) -> Said:
    return Said(status, body, cause, {name.replace("_", "-"): value for name, value in headers.items()})


def _anthropic_error(kind: str, message: str) -> dict[str, Any]:
    return {"type": "error", "error": {"type": kind, "message": message}}


def _anthropic_ending(reason: str) -> bytes:
    return anthropic.sse(anthropic.start(), anthropic.piece(0, "text_delta", text="a"), *anthropic.ended(reason))


ANTHROPIC = Dialect(
    wire=AnthropicMessagesWire,
    answer=anthropic_answer.Answer,
    path="/v1/messages",
    key=("x-api-key", KEY),
    content_type=SSE,
    text=anthropic.BASIC,
    calls=anthropic.sse(
        anthropic.start(),
        anthropic.begun(0, type="tool_use", id="a", name="weather", input={}),
        anthropic.piece(0, "input_json_delta", partial_json='{"city": "Paris"}'),
        anthropic.stopped(0),
        anthropic.begun(1, type="tool_use", id="b", name="weather", input={}),
        anthropic.piece(1, "input_json_delta", partial_json='{"city": "Rome"}'),
        anthropic.stopped(1),
        *anthropic.ended("tool_use", output_tokens=9),
    ),
    thought=anthropic.THINKING,
    schema=anthropic.sse(
        anthropic.start(),
        *(anthropic.piece(0, "text_delta", text=text) for text in JSON),
        *anthropic.ended("end_turn", output_tokens=4),
    ),
    reasons={
        "stop": anthropic.BASIC,
        "length": _anthropic_ending("max_tokens"),
        "content_filter": anthropic.REFUSAL,
        "other": _anthropic_ending("pause_turn"),
    },
    broken=anthropic.OVERLOADED,
    errors=(
        said(401, _anthropic_error("authentication_error", f"invalid x-api-key {KEY}"), "credentials"),
        said(404, _anthropic_error("not_found_error", "model: small"), "not_found"),
        said(429, _anthropic_error("rate_limit_error", "Too many"), "rate", retry_after="7"),
        said(
            400,
            _anthropic_error("invalid_request_error", "prompt is too long: 9 tokens > 5 maximum"),
            "context_too_long",
        ),
        said(529, _anthropic_error("overloaded_error", "Overloaded"), "outage"),
    ),
)


def _gemini_error(status: str, message: str) -> dict[str, Any]:
    return {"error": {"status": status, "message": message}}


def _gemini_ending(reason: str) -> bytes:
    return gemini.sse(gemini.chunk({"text": "a"}, reason=reason))


TOO_LONG = "The input token count (9) exceeds the maximum number of tokens allowed (5)."

GEMINI = Dialect(
    wire=GeminiWire,
    answer=gemini_answer.Answer,
    path="/v1beta/models/small:streamGenerateContent?alt=sse",
    key=("x-goog-api-key", KEY),
    content_type=SSE,
    text=gemini.TEXT,
    calls=gemini.THOUGHTS,
    thought=gemini.THOUGHTS,
    schema=gemini.sse(gemini.chunk({"text": JSON[0]}), gemini.chunk({"text": JSON[1]}, reason="STOP")),
    reasons={
        "stop": gemini.TEXT,
        "length": _gemini_ending("MAX_TOKENS"),
        "content_filter": _gemini_ending("SAFETY"),
        "other": _gemini_ending("OTHER"),
    },
    broken=gemini.sse(_gemini_error("UNAVAILABLE", "The model is overloaded.")),
    errors=(
        said(400, gemini.INVALID_KEY, "credentials"),
        said(404, _gemini_error("NOT_FOUND", f"no such model, {KEY}"), "not_found"),
        said(429, gemini.EXHAUSTED, "rate", retry_after="7"),
        said(
            400,
            _gemini_error("INVALID_ARGUMENT", TOO_LONG),
            "context_too_long",
        ),
        said(503, _gemini_error("UNAVAILABLE", "Overloaded"), "outage"),
    ),
)

BEDROCK = Dialect(
    wire=BedrockConverseWire,
    answer=bedrock_answer.Answer,
    parser=EventStreamParser,
    path="/model/small/converse-stream",
    key=("Authorization", f"Bearer {KEY}"),
    content_type="application/vnd.amazon.eventstream",
    text=bedrock.TEXT,
    calls=bedrock.TOOLS,
    thought=bedrock.TOOLS,
    schema=b"".join(
        [*(bedrock.piece(0, text=text) for text in JSON), bedrock.ended("end_turn", inputTokens=1, outputTokens=2)]
    ),
    reasons={
        "stop": bedrock.TEXT,
        "length": bedrock.piece(0, text="a") + bedrock.ended("max_tokens"),
        "content_filter": bedrock.piece(0, text="a") + bedrock.ended("guardrail_intervened"),
        "other": bedrock.piece(0, text="a") + bedrock.ended("of_tomorrow"),
    },
    broken=bedrock.START + bedrock.exception("serviceUnavailableException", "Later."),
    errors=(
        said(403, {"message": f"no access with {KEY}"}, "credentials", x_amzn_ErrorType="AccessDeniedException"),
        said(404, {"message": "?"}, "not_found", x_amzn_ErrorType="ResourceNotFoundException"),
        said(429, {"message": "slow"}, "rate", x_amzn_ErrorType="ThrottlingException", retry_after="7"),
        said(400, {"message": "Input is too long."}, "context_too_long", x_amzn_ErrorType="ValidationException"),
        said(500, {"message": "?"}, "outage", x_amzn_ErrorType="InternalServerException"),
    ),
)


def _cohere_ending(reason: str) -> bytes:
    return cohere.sse(cohere.said("content-delta", 0, content={"text": "a"}), cohere.ended(reason))


COHERE = Dialect(
    wire=CohereWire,
    answer=cohere_answer.Answer,
    path="/v2/chat",
    key=("Authorization", f"Bearer {KEY}"),
    content_type=SSE,
    text=cohere.TEXT,
    calls=cohere.TOOLS,
    thought=cohere.THINKING,
    schema=cohere.sse(
        *(cohere.said("content-delta", 0, content={"text": text}) for text in JSON),
        cohere.ended("COMPLETE", input_tokens=1, output_tokens=2),
    ),
    reasons={
        "stop": cohere.TEXT,
        "length": _cohere_ending("MAX_TOKENS"),
        "content_filter": _cohere_ending("ERROR_TOXIC"),
        "other": _cohere_ending("OF_TOMORROW"),
    },
    broken=cohere.sse(cohere.START, cohere.ended("ERROR")),
    errors=(
        said(401, {"message": f"invalid api token {KEY}"}, "credentials"),
        said(404, {"message": "model not found"}, "not_found"),
        said(429, {"message": "past the limit"}, "rate", retry_after="7"),
        said(400, {"message": "too many tokens in the prompt"}, "context_too_long"),
        said(503, {"message": "Later"}, "outage"),
    ),
)


def _openai_error(code: str | None, message: str) -> dict[str, Any]:
    return {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": code}}


def _openai_ending(reason: str) -> bytes:
    return openai.sse(openai.chunk(content="a"), openai.chunk(reason), "[DONE]")


OPENAI_CHAT = Dialect(
    wire=OpenAIChatWire,
    answer=openai_answer.Answer,
    path="/chat/completions",
    key=("Authorization", f"Bearer {KEY}"),
    content_type=SSE,
    text=openai.TEXT,
    calls=openai.TOOLS,
    thought=openai.REASONING,
    schema=openai.sse(*(openai.chunk(content=text) for text in JSON), openai.chunk("stop"), "[DONE]"),
    reasons={
        "stop": openai.TEXT,
        "length": _openai_ending("length"),
        "content_filter": openai.REFUSAL,
        "other": _openai_ending("of_tomorrow"),
    },
    broken=openai.sse(
        openai.chunk(content="a"),
        {"error": {"message": "The server had an error.", "type": "server_error", "param": None, "code": None}},
    ),
    errors=(
        said(401, _openai_error("invalid_api_key", f"Incorrect API key provided: {KEY}."), "credentials"),
        said(404, _openai_error("model_not_found", "The model does not exist."), "not_found"),
        said(429, _openai_error("rate_limit_exceeded", "Rate limit reached."), "rate", retry_after_ms="7000"),
        said(
            400,
            _openai_error("context_length_exceeded", "This model's maximum context length is 4097 tokens."),
            "context_too_long",
        ),
        said(503, {"error": {"message": "Slow down", "type": "server_error"}}, "outage"),
    ),
)


def _responses_ending(reason: str) -> bytes:
    said = responses.event("output_text.delta", 0, delta="a")
    return responses.sse(said, responses.ended(status="incomplete", incomplete_details={"reason": reason}))


OPENAI_RESPONSES = replace(
    OPENAI_CHAT,
    wire=OpenAIResponsesWire,
    answer=openai_responses_answer.Answer,
    path="/responses",
    text=responses.TEXT,
    calls=responses.TOOLS,
    thought=responses.REASONING,
    schema=responses.sse(
        *(responses.event("output_text.delta", 0, delta=text) for text in JSON),
        responses.ended(usage=responses.usage(1, 2)),
    ),
    reasons={
        "stop": responses.TEXT,
        "length": _responses_ending("max_output_tokens"),
        "content_filter": responses.REFUSAL,
        "other": _responses_ending("of_tomorrow"),
    },
    broken=responses.FAILED,
)


def _ollama_ending(reason: str) -> bytes:
    return ollama.ndjson(ollama.said("a"), ollama.ended(reason))


OLLAMA = Dialect(
    wire=OllamaWire,
    answer=ollama_answer.Answer,
    parser=NdjsonParser,
    path="/api/chat",
    key=("Authorization", f"Bearer {KEY}"),
    content_type="application/x-ndjson",
    text=ollama.TEXT,
    calls=ollama.TOOLS,
    thought=ollama.THINKING,
    schema=ollama.ndjson(*(ollama.said(text) for text in JSON), ollama.ended(prompt_eval_count=1, eval_count=2)),
    reasons={
        "stop": ollama.TEXT,
        "length": _ollama_ending("length"),
        "other": _ollama_ending("of_tomorrow"),
    },
    broken=ollama.BROKEN,
    errors=(
        said(401, {"error": f"unauthorized: {KEY}"}, "credentials"),
        said(404, {"error": "model 'small' not found"}, "not_found"),
        said(429, {"error": "too many concurrent requests"}, "rate", retry_after="7"),
        said(400, {"error": "the input length exceeds the context length"}, "context_too_long"),
        said(503, {"error": "server busy, please try again"}, "outage"),
    ),
)

DIALECTS: Mapping[str, Dialect] = {
    "openai_chat": OPENAI_CHAT,
    "openai_responses": OPENAI_RESPONSES,
    "ollama": OLLAMA,
    "anthropic_messages": ANTHROPIC,
    "gemini": GEMINI,
    "bedrock_converse": BEDROCK,
    "cohere": COHERE,
}
