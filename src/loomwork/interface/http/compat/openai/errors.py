"""Errors the way OpenAI's clients know them: `{"error": {"message", "type", "param", "code"}}`.

Clients choose an exception by the status, and try again on 408, 409, 429 and 5xx unless `x-should-retry` says
otherwise; they wait as long as `retry-after-ms` or `retry-after` says.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from loomwork.interface.http.bodies import Handler, StrictRequest, StrictRoute
from loomwork.interface.http.errors import (
    BodyTooLarge,
    CatchUnexpected,
    describe_invalid,
    json_response,
    log_unexpected,
    status_of,
)
from loomwork.kernel.errors import InvalidInput, LoomworkError
from loomwork.model_gateway.api import BudgetExceeded, Cause, ModelFailure, ModelNotFound

REQUEST = "invalid_request_error"
SERVER = "server_error"


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error as this surface tells it. `retry_after` in seconds; `final`: trying again would not help, whatever the
    status says.
    """

    status: int
    type: str
    code: str | None
    message: str
    param: str | None = None
    retry_after: float | None = None
    final: bool = False

    @property
    def body(self) -> dict[str, Any]:
        return {"error": {"message": self.message, "type": self.type, "param": self.param, "code": self.code}}

    @property
    def headers(self) -> dict[str, str]:
        headers = {"WWW-Authenticate": "Bearer"} if self.status == 401 else {}
        if self.retry_after is not None:
            headers["retry-after"] = str(math.ceil(self.retry_after))
            headers["retry-after-ms"] = str(math.ceil(self.retry_after * 1000))
        if self.final:
            headers["x-should-retry"] = "false"
        return headers

    def response(self) -> Response:
        return json_response(self.body, self.status, self.headers)


_BY_CAUSE: Mapping[Cause, tuple[int, str, str | None]] = {
    "rate": (429, "rate_limit_error", "rate_limit_exceeded"),
    "outage": (503, SERVER, "model_unavailable"),
    "timeout": (504, SERVER, "timeout"),
    "bad_answer": (502, SERVER, "bad_answer"),
    "context_too_long": (400, REQUEST, "context_length_exceeded"),
    "policy": (400, REQUEST, "content_filter"),
    "credentials": (503, SERVER, "provider_credentials_refused"),
    "not_configured": (503, SERVER, "model_not_configured"),
    "bad_request": (400, REQUEST, "model_refused"),
    "not_found": (404, REQUEST, "model_not_found"),
}
"""The key that a provider does not accept is ours, not the caller's: a 401 would send the caller looking for it."""

_PARAMS: Mapping[Cause, str] = {"context_too_long": "messages", "not_found": "model"}
_FINAL: frozenset[Cause] = frozenset({"credentials", "not_configured"})

_BY_CODE: Mapping[str, tuple[int, str, str | None]] = {
    "answer_not_stored": (503, SERVER, "answer_not_stored"),
    "answer_replaced": (500, SERVER, "answer_replaced"),
    "conflict": (409, REQUEST, "conflict"),
    "invalid_input": (400, REQUEST, "invalid_value"),
    "not_allowed": (403, REQUEST, "not_allowed"),
    "not_found": (404, REQUEST, "not_found"),
    "not_published": (404, REQUEST, "model_not_found"),
    "not_runnable_yet": (400, REQUEST, "not_runnable_yet"),
    "not_signed_in": (401, REQUEST, "invalid_api_key"),
    "run_failed": (500, SERVER, "run_failed"),
    "run_paused": (409, REQUEST, "run_paused"),
    "storage_failed": (503, SERVER, "storage_failed"),
}


_FINAL_CODES = frozenset({"run_failed", "run_paused"})
"""To try again would run the app once more."""

_TOLD = frozenset({"answer_replaced", "run_failed"})
"""Codes of a 500 that are no surprise to us."""


class Unsupported(InvalidInput):
    """A field of the request asks for something that is not done here, and that must not be passed over."""

    code = "unsupported_parameter"


def refusal_of(error: LoomworkError) -> Refusal:
    """What an error is called in this API."""
    if isinstance(error, BudgetExceeded):
        return Refusal(429, "insufficient_quota", "insufficient_quota", error.message, final=True)
    if isinstance(error, ModelFailure):
        return _of_model(error)
    if isinstance(error, Unsupported):
        return Refusal(400, REQUEST, error.code, error.message, param=error.details.get("field"))
    ancestors = (kind.code for kind in type(error).__mro__ if issubclass(kind, LoomworkError))
    known = next((_BY_CODE[code] for code in (error.code, *ancestors) if code in _BY_CODE), None)
    status, kind, code = known or _by_our_status(error)
    final = error.code in _FINAL_CODES
    return Refusal(status, kind, code, error.message, param=error.details.get("field") or None, final=final)


def _of_model(error: ModelFailure) -> Refusal:
    cause: Cause = "not_found" if isinstance(error, ModelNotFound) else error.cause
    status, kind, code = _BY_CAUSE[cause]
    return Refusal(
        status, kind, code, error.message, _PARAMS.get(cause), retry_after=error.retry_after, final=cause in _FINAL
    )


def _by_our_status(error: LoomworkError) -> tuple[int, str, str | None]:
    status = status_of(error)
    return status, REQUEST if status < 500 else SERVER, error.code


def refuse(error: LoomworkError) -> Response:
    """A known error in OpenAI's shape."""
    return refusal_of(error).response()


def unexpected_refusal(reference: str) -> Refusal:
    """All that a caller learns about an unexpected exception."""
    message = f"Something went wrong here, not in your request. The log has the details under {reference}."
    return Refusal(500, SERVER, "internal_error", message)


def mid_stream_error(path: str, error: Exception) -> dict[str, Any]:
    """What is told in the stream of an error that comes once the status is sent: clients raise it."""
    if isinstance(error, LoomworkError):
        return refusal_of(error).body
    return unexpected_refusal(log_unexpected(path, error)).body


_HTTP_ERRORS: Mapping[int, tuple[str, str]] = {
    400: ("invalid_body", "The body of this request could not be read."),
    404: ("unknown_url", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not take this method."),
}


def _of_http(error: HTTPException) -> Refusal:
    code, message = _HTTP_ERRORS.get(error.status_code, ("invalid_request", str(error.detail)))
    if isinstance(error, BodyTooLarge):
        code = "request_too_large"
    return Refusal(error.status_code, REQUEST, code, message)


def _of_invalid(error: RequestValidationError) -> Refusal:
    field, message, _ = describe_invalid(error)
    return Refusal(400, REQUEST, "invalid_value", message.replace("Value error, ", "", 1), param=field or None)


def answer_to(request: Request, error: Exception) -> Response:
    """The answer to a request that failed. What is no known error is raised again."""
    match error:
        case LoomworkError():
            refusal = refusal_of(error)
            if refusal.status == 500 and refusal.code not in _TOLD:
                refusal = unexpected_refusal(log_unexpected(request.url.path, error))
            return refusal.response()
        case RequestValidationError():
            return _of_invalid(error).response()
        case HTTPException():
            return _of_http(error).response()
        case _:
            raise error


class OpenAIRoute(StrictRoute):
    """A route that answers its own errors in OpenAI's shape, whatever surface it is served on."""

    def get_route_handler(self) -> Handler:
        handle = super().get_route_handler()

        async def handle_their_way(request: Request) -> Response:
            try:
                return await handle(StrictRequest.of(request))
            except (LoomworkError, RequestValidationError, HTTPException) as error:
                return answer_to(request, error)

        return handle_their_way


def handle_their_way(app: FastAPI) -> None:
    """Have an application answer in OpenAI's shape where no route does: unknown addresses and methods."""

    async def on_error(request: Request, error: Exception) -> Response:
        return answer_to(request, error)

    for kind in (LoomworkError, HTTPException, RequestValidationError):
        app.add_exception_handler(kind, on_error)


class CatchUnexpectedTheirWay(CatchUnexpected):
    """An unexpected exception, in OpenAI's shape."""

    def answer(self, reference: str) -> Response:
        return unexpected_refusal(reference).response()

    def refusal(self, error: LoomworkError) -> Response:
        return refuse(error)
