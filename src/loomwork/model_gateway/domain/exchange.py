"""Questions to models and their answers as lines of JSON, for a gateway that runs in another process.

A question is an object: the method's arguments by name. An answer is lines, one JSON value each: events, then an end
(`finished`, `spoken`, `result`) or an `error`. Both ends of the line are of one release.
"""

import binascii
import json
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import asdict, is_dataclass
from decimal import Decimal
from functools import cache
from typing import Any, TypeVar

import orjson
from pydantic import TypeAdapter, ValidationError

from loomwork.kernel.errors import Conflict, InvalidInput, LoomworkError, NotAllowed, NotFound
from loomwork.kernel.exact_json import exact_json
from loomwork.model_gateway.domain.audio import AudioDelta, SpeechEvent, Spoken, TranscriptionRequest
from loomwork.model_gateway.domain.chat import ChatEvent, Finished, ReasoningDelta, TextDelta, ToolCallDelta
from loomwork.model_gateway.domain.errors import (
    BudgetExceeded,
    ModelNotFound,
    ModelRefused,
    ModelUnavailable,
    TooManyCalls,
)
from loomwork.model_gateway.domain.image import Images

T = TypeVar("T")

Told = ChatEvent | SpeechEvent

_KINDS: tuple[type[LoomworkError], ...] = (
    ModelNotFound,
    ModelUnavailable,
    ModelRefused,
    BudgetExceeded,
    TooManyCalls,
    InvalidInput,
    NotFound,
    Conflict,
    NotAllowed,
)
_ERRORS = {kind.code: kind for kind in _KINDS}
_CHAT_EVENTS = {"tool_call": ToolCallDelta, "finished": Finished, "spoken": Spoken}


class BrokenExchange(ValueError):
    """What came is not what this end of the line understands, in a sentence."""


def line_of(value: Any) -> bytes:
    """A value as one line. Dataclasses become objects, bytes text in base64."""
    try:
        return orjson.dumps(value, default=_plain, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_NON_STR_KEYS)
    except TypeError:
        # Whole numbers beyond 64 bits and half of a surrogate pair are legal in Python, and orjson refuses both.
        return exact_json(_unfolded(value), default=_plain).encode() + b"\n"


def value_of(line: bytes | bytearray) -> Any:
    """Raises `BrokenExchange` for what is no JSON."""
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return _exactly(line)


def read_as(kind: type[T], said: Any) -> T:
    """A dataclass, or a list of them, of what `line_of` made of it. Raises `BrokenExchange` naming the field."""
    wanted: Any = kind
    try:
        found: T = _adapter(wanted).validate_python(_with_bytes(kind, said))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BrokenExchange(f"`{where}`: {first['msg']}") from None
    return found


def event_line(event: Told) -> bytes:
    """An event as one line, under the word for its kind."""
    match event:
        case TextDelta(text=text):
            return line_of({"text": text})
        case ReasoningDelta(text=text):
            return line_of({"reasoning": text})
        case AudioDelta(audio=audio):
            return line_of({"audio": audio})
        case ToolCallDelta():
            return line_of({"tool_call": event})
        case Finished():
            return line_of({"finished": event})
        case Spoken():
            return line_of({"spoken": event})


def event_of(said: Any) -> Told:
    """The event that `event_line` told. Raises the failure of an `error`, and `BrokenExchange`."""
    match said:
        case {"text": str(text)}:
            return TextDelta(text)
        case {"reasoning": str(text)}:
            return ReasoningDelta(text)
        case {"audio": str(encoded)}:
            return AudioDelta(_bytes(encoded))
        case {"error": error}:
            raise failure_of(error)
    for word, kind in _CHAT_EVENTS.items():
        if isinstance(said, Mapping) and word in said:
            event: Told = read_as(kind, said[word])
            return event
    raise BrokenExchange("an event of a kind that is not known")


def failure_line(error: LoomworkError) -> bytes:
    """An error as the last line of an answer."""
    return line_of({"error": {"code": error.code, "message": error.message, "details": dict(error.details)}})


def failure_of(told: Any) -> LoomworkError:
    """The error that `failure_line` told: of its own type, with its details."""
    if not isinstance(told, Mapping) or not isinstance(told.get("message"), str):
        raise BrokenExchange("an error that says nothing")
    code, message, details = str(told.get("code")), told["message"], dict(told.get("details") or {})
    try:
        # Cause, pause and status of a model's failure are among its details.
        return _ERRORS.get(code, ModelUnavailable)(message, **details)
    except TypeError:
        raise BrokenExchange("an error with details that are not its own") from None


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _with_bytes(kind: Any, said: Any) -> Any:
    """With the fields that hold bytes read from base64: JSON has no word for them."""
    if kind is TranscriptionRequest and isinstance(said, Mapping) and isinstance(said.get("audio"), str):
        return {**said, "audio": _bytes(said["audio"])}
    if kind is Images and isinstance(said, Mapping) and isinstance(said.get("images"), list):
        return {**said, "images": [_image(each) for each in said["images"]]}
    return said


def _image(said: Any) -> Any:
    if isinstance(said, Mapping) and isinstance(said.get("data"), str):
        return {**said, "data": _bytes(said["data"])}
    return said


def _bytes(encoded: str) -> bytes:
    try:
        return b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise BrokenExchange("bytes that are not base64") from None


def _exactly(line: bytes | bytearray) -> Any:
    """What orjson does not read: halves of surrogate pairs."""
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        raise BrokenExchange("a line that is no JSON") from None


def _unfolded(value: Any) -> Any:
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else value


def _plain(value: Any) -> Any:
    if isinstance(value, bytes | bytearray):
        return b64encode(value).decode()
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Sequence | set | frozenset) and not isinstance(value, str):
        return list(value)
    return str(value)
