"""Errors the way TaskingAI's clients know them: `{"status": "error", "error": {"code", "message"}}`."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from loomwork.interface.http.errors import (
    BodyTooLarge,
    CatchUnexpected,
    describe_invalid,
    json_response,
    log_unexpected,
    status_of,
)
from loomwork.kernel.errors import LoomworkError
from loomwork.model_gateway.api import BudgetExceeded, Cause, ModelFailure, ModelNotFound

_BY_CAUSE: Mapping[Cause, tuple[int, str]] = {
    "rate": (429, "TOO_MANY_REQUESTS"),
    "context_too_long": (400, "INVALID_REQUEST"),
    "policy": (400, "INVALID_REQUEST"),
    "bad_request": (400, "INVALID_REQUEST"),
    "not_found": (404, "OBJECT_NOT_FOUND"),
}
"""Whatever else is wrong with a provider is a `PROVIDER_ERROR`."""

_BY_CODE: Mapping[str, tuple[int, str]] = {
    "conflict": (409, "DUPLICATE_OBJECT"),
    "invalid_input": (422, "REQUEST_VALIDATION_ERROR"),
    "not_allowed": (403, "INVALID_REQUEST"),
    "not_found": (404, "OBJECT_NOT_FOUND"),
    "not_published": (404, "OBJECT_NOT_FOUND"),
    "not_runnable_yet": (400, "INVALID_REQUEST"),
    "not_signed_in": (401, "APIKEY_VALIDATION_FAILED"),
    "run_failed": (500, "GENERATION_ERROR"),
    "run_paused": (423, "OBJECT_LOCKED"),
}
_INTERNAL = "INTERNAL_SERVER_ERROR"


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error as this surface tells it. `retry_after` in seconds."""

    status: int
    code: str
    message: str
    retry_after: float | None = None

    @property
    def body(self) -> dict[str, Any]:
        return {"status": "error", "error": {"code": self.code, "message": self.message}}

    @property
    def event(self) -> dict[str, Any]:
        """In a stream. Newer clients raise what has an `error`, older ones look for the `object`."""
        return {"object": "Error", "code": self.code, "message": self.message, **self.body}

    @property
    def headers(self) -> dict[str, str]:
        headers = {"WWW-Authenticate": "Bearer"} if self.status == 401 else {}
        return headers | ({"Retry-After": str(math.ceil(self.retry_after))} if self.retry_after is not None else {})

    def response(self) -> Response:
        return json_response(self.body, self.status, self.headers)


def refusal_of(error: LoomworkError) -> Refusal:
    """What an error is called in this API."""
    if isinstance(error, BudgetExceeded):
        return Refusal(429, "RESOURCE_LIMIT_REACHED", error.message)
    if isinstance(error, ModelFailure):
        cause: Cause = "not_found" if isinstance(error, ModelNotFound) else error.cause
        status, code = _BY_CAUSE.get(cause, (400, "PROVIDER_ERROR"))
        return Refusal(status, code, error.message, error.retry_after)
    ancestors = (kind.code for kind in type(error).__mro__ if issubclass(kind, LoomworkError))
    known = next((_BY_CODE[code] for code in (error.code, *ancestors) if code in _BY_CODE), None)
    status, code = known or (status_of(error), _INTERNAL)
    return Refusal(status, code, error.message)


def refuse(error: LoomworkError) -> Response:
    """A known error in TaskingAI's shape."""
    return refusal_of(error).response()


def refusal_of_any(path: str, error: Exception) -> Refusal:
    """What is told of any exception; what it was is in the log alone where nobody expected it."""
    if isinstance(error, LoomworkError):
        refusal = refusal_of(error)
        return refusal if refusal.code != _INTERNAL or refusal.status != 500 else _unexpected(path, error)
    return _unexpected(path, error)


def _unexpected(path: str, error: Exception) -> Refusal:
    return unexpected_refusal(log_unexpected(path, error))


def unexpected_refusal(reference: str) -> Refusal:
    """All that a caller learns about an unexpected exception."""
    message = f"Something went wrong here, not in your request. The log has the details under {reference}."
    return Refusal(500, _INTERNAL, message)


_HTTP_ERRORS: Mapping[int, tuple[str, str]] = {
    400: ("INVALID_REQUEST", "The body of this request could not be read."),
    404: ("OBJECT_NOT_FOUND", "There is nothing at this address."),
    405: ("INVALID_REQUEST", "This address does not take this method."),
}


def handle_their_way(app: FastAPI) -> None:
    """Have an application answer every error in TaskingAI's shape."""
    app.add_exception_handler(LoomworkError, _on_loomwork_error)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(RequestValidationError, _on_invalid)


async def _on_loomwork_error(request: Request, error: Exception) -> Response:
    return refusal_of_any(request.url.path, error).response()


async def _on_http_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code, message = _HTTP_ERRORS.get(error.status_code, ("INVALID_REQUEST", str(error.detail)))
    if isinstance(error, BodyTooLarge):
        code = "RESOURCE_LIMIT_REACHED"
    return Refusal(error.status_code, code, message).response()


async def _on_invalid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    field, message, problems = describe_invalid(error)
    place = field.replace(".", "/")
    told = f"{place}: {problems[0]['message']}" if place else message
    return Refusal(422, "REQUEST_VALIDATION_ERROR", told).response()


class CatchUnexpectedTheirWay(CatchUnexpected):
    """An unexpected exception, in TaskingAI's shape."""

    def answer(self, reference: str) -> Response:
        return unexpected_refusal(reference).response()

    def refusal(self, error: LoomworkError) -> Response:
        return refuse(error)
