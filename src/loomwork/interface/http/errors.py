"""Errors as answers: the one table from code to status, and our own error shape."""

import logging
import math
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from loomwork.interface.http.encoding import to_json
from loomwork.kernel.errors import LoomworkError
from loomwork.kernel.ids import new_id

log = logging.getLogger(__name__)

STATUS: Mapping[str, int] = {
    "answer_not_stored": 503,
    "body_too_large": 413,
    "budget_exceeded": 429,
    "changed_meanwhile": 412,
    "conflict": 409,
    "csrf_header_missing": 403,
    "document_refused": 422,
    "document_too_large": 413,
    "document_unusable": 422,
    "draft_changed": 412,
    "file_too_large": 413,
    "host_not_allowed": 421,
    "idempotency_conflict": 409,
    "internal_error": 500,
    "index_missing": 503,
    "invalid_input": 422,
    "method_not_allowed": 405,
    "model_not_found": 404,
    "model_refused": 422,
    "model_unavailable": 503,
    "node_failed": 500,
    "needs_https": 403,
    "not_allowed": 403,
    "not_found": 404,
    "not_published": 409,
    "not_runnable_yet": 422,
    "not_served": 501,
    "not_signed_in": 401,
    "origin_not_allowed": 403,
    "plugin_broken": 503,
    "plugin_invalid": 422,
    "plugin_not_found": 404,
    "plugin_raised": 502,
    "plugins_refused": 409,
    "rate_limited": 429,
    "second_factor_needed": 401,
    "sign_in_first": 409,
    "sso_begin_again": 401,
    "sso_not_let_in": 403,
    "sso_provider_failed": 502,
    "storage_failed": 503,
    "store_failed": 503,
    "store_full": 507,
    "store_unknown": 422,
    "storage_full": 507,
    "too_many_requests": 429,
    "tool_credentials_missing": 409,
    "tool_credentials_refused": 409,
    "tool_disabled": 409,
    "tool_failed": 502,
    "api_document_invalid": 422,
    "tool_server_unusable": 422,
    "tool_input_invalid": 422,
    "tool_not_found": 404,
    "tool_rate_limited": 503,
    "tool_timeout": 504,
    "too_many_runs": 429,
    "too_many_attempts": 429,
    "unreadable_journal": 409,
}
"""What each code is over HTTP. An error of an unlisted code takes the status of its nearest ancestor."""

_HTTP_CODES: Mapping[int, tuple[str, str]] = {
    400: ("invalid_input", "The body of this request could not be read."),
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not take this method."),
    413: ("body_too_large", "The body of this request is too large."),
}


class BodyTooLarge(HTTPException):
    """The body went over the limit of its address. An HTTP error, because those alone pass FastAPI's body reader."""

    def __init__(self, limit: int) -> None:
        super().__init__(413, f"The body of this request may have at most {limit // 1_000_000} MB.")


def status_of(error: LoomworkError) -> int:
    """The HTTP status of an error."""
    ancestors = (kind.code for kind in type(error).__mro__ if issubclass(kind, LoomworkError))
    for code in (error.code, *ancestors):
        if code in STATUS:
            return STATUS[code]
    return 500


def json_response(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(to_json(body), status, headers, media_type="application/json")


def error_response(
    status: int,
    code: str,
    message: str,
    details: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """An error in our own shape (CONTRACT 4)."""
    body = {"error": {"code": code, "message": message, "details": dict(details or {})}}
    return json_response(body, status, headers)


def loomwork_error_response(error: LoomworkError) -> Response:
    """A known error in our own shape."""
    status = status_of(error)
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    if (pause := error.details.get("retry_after")) is not None:
        headers["Retry-After"] = str(math.ceil(pause))
    return error_response(status, error.code, error.message, error.details, headers)


def log_unexpected(path: str, error: BaseException) -> str:
    """Write an unexpected exception to the log; returns the reference under which it stands there."""
    reference = new_id()
    log.error("Unexpected error %s at %s", reference, path, exc_info=error)
    return reference


def internal_error_response(reference: str) -> Response:
    """All that a caller learns about an unexpected exception."""
    message = f"Something went wrong here, not in your request. The log has the details under {reference}."
    return error_response(500, "internal_error", message, {"reference": reference})


def describe_invalid(error: RequestValidationError) -> tuple[str, str, list[dict[str, str]]]:
    """The field and the sentence for the first thing that is wrong with a request, and the list of all."""
    problems = [_problem(item) for item in error.errors()]
    first = problems[0]
    where = f"`{first['field']}`: " if first["field"] else ""
    return first["field"], f"{where}{first['message']}", problems


def _problem(item: Mapping[str, Any]) -> dict[str, str]:
    if item["type"] == "json_invalid":
        reason = f"{item['ctx']['error']} at character {item['loc'][-1]}"
        return {"field": "", "message": f"The body is not JSON: {reason}."}
    if tuple(item["loc"]) == ("body",) and item["type"] in _NO_OBJECT:
        return {"field": "", "message": "Send a JSON object as the body, with `Content-Type: application/json`."}
    return {"field": ".".join(str(part) for part in item["loc"][1:]), "message": str(item["msg"])}


_NO_OBJECT = frozenset({"dict_type", "missing", "model_attributes_type", "model_type"})
"""How a body is reported that is absent, no object, or of another content type than JSON."""


def handle_our_way(app: FastAPI) -> None:
    """Have an application answer every error in our own shape."""
    app.add_exception_handler(LoomworkError, _on_loomwork_error)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(RequestValidationError, _on_invalid)


async def _on_loomwork_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, LoomworkError)
    if status_of(error) == 500:
        log_unexpected(request.url.path, error)
    return loomwork_error_response(error)


async def _on_http_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code, message = _HTTP_CODES.get(error.status_code, ("invalid_input", str(error.detail)))
    if isinstance(error, BodyTooLarge):
        message = str(error.detail)
    return error_response(error.status_code, code, message, headers=error.headers)


async def _on_invalid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    field, message, problems = describe_invalid(error)
    return error_response(422, "invalid_input", message, {"field": field, "fields": problems})


class CatchUnexpected:
    """Middleware that turns an unexpected exception into an answer with a reference, and into nothing else; and a known
    one that came past the handlers into the answer that they would have given.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def watched_send(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watched_send)
        except ClientDisconnect:
            return
        except LoomworkError as error:
            # Of a guard: it stands before the application, whose own handlers do not see what it raises.
            if started:
                raise
            await self.refusal(error)(scope, receive, send)
        except Exception as error:  # noqa: BLE001 - the last wall before the server, whose answer would be a bare 500
            reference = log_unexpected(scope.get("path", ""), error)
            if started:
                raise ConnectionAbortedError(f"the answer was cut off by error {reference}") from None
            await self.answer(reference)(scope, receive, send)

    def answer(self, reference: str) -> Response:
        """The answer in the shape of this surface."""
        return internal_error_response(reference)

    def refusal(self, error: LoomworkError) -> Response:
        """A known error in the shape of this surface."""
        return loomwork_error_response(error)
