"""Errors the way Dify's clients know them: `{code, message, status}`."""

from collections.abc import Mapping

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
)
from loomwork.kernel.errors import Conflict, InvalidInput, LoomworkError, NotFound

_CODES: Mapping[str, tuple[int, str]] = {
    "answer_not_stored": (503, "service_unavailable"),
    "budget_exceeded": (400, "provider_quota_exceeded"),
    "conflict": (409, "conflict"),
    "document_refused": (400, "app_unavailable"),
    "file_too_large": (413, "file_too_large"),
    "human_input_form_submitted": (412, "human_input_form_submitted"),
    "idempotency_conflict": (409, "idempotency_conflict"),
    "invalid_input": (400, "invalid_param"),
    "model_not_found": (400, "provider_not_initialize"),
    "model_refused": (400, "completion_request_error"),
    "model_unavailable": (400, "provider_not_initialize"),
    "not_allowed": (403, "forbidden"),
    "not_chat_app": (400, "not_chat_app"),
    "not_found": (404, "not_found"),
    "not_completion_app": (400, "app_unavailable"),
    "not_published": (400, "app_unavailable"),
    "not_runnable_yet": (400, "app_unavailable"),
    "not_signed_in": (401, "unauthorized"),
    "not_workflow_app": (400, "not_workflow_app"),
    "rate_limited": (429, "rate_limit_error"),
    "sso_provider_failed": (502, "bad_gateway"),
    "storage_full": (507, "storage_full"),
    "too_many_requests": (429, "rate_limit_error"),
    "too_many_runs": (429, "too_many_requests"),
    "storage_failed": (503, "service_unavailable"),
    "workflow_version_execution_not_allowed": (400, "workflow_version_execution_not_allowed"),
}
"""Our code -> status and code of theirs."""

_INTERNAL = (500, "internal_server_error")


class NotChatApp(InvalidInput):
    """The key belongs to an app that does not chat."""

    code = "not_chat_app"


class NotWorkflowApp(InvalidInput):
    """The key belongs to an app that is not a workflow."""

    code = "not_workflow_app"


class NotCompletionApp(InvalidInput):
    """The key's app is no completion app; Dify says only that it is not available here."""

    code = "not_completion_app"


class VersionPinned(InvalidInput):
    """The request asks for a certain version, and only the published one is run."""

    code = "workflow_version_execution_not_allowed"


class ConversationNotFound(NotFound):
    """This app has no such conversation with this user."""


class FormSubmitted(Conflict):
    """The question behind a form is not open any more."""

    code = "human_input_form_submitted"


class RunFailure(LoomworkError):
    """A chat run failed while its caller waited for the answer; `status` and `dify_code` say how to answer."""

    def __init__(self, message: str, *, status: int, dify_code: str) -> None:
        super().__init__(message)
        self.status = status
        self.dify_code = dify_code


def status_and_code(error: LoomworkError) -> tuple[int, str]:
    """What an error is called in this API."""
    if isinstance(error, RunFailure):
        return error.status, error.dify_code
    ancestors = (kind.code for kind in type(error).__mro__ if issubclass(kind, LoomworkError))
    return next((_CODES[code] for code in (error.code, *ancestors) if code in _CODES), _INTERNAL)


def run_error(code: str) -> tuple[int, str]:
    """Status and code for the error that ended a run."""
    return _CODES.get(code, (400, "completion_request_error"))


def error_response(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> Response:
    return json_response({"code": code, "message": message, "status": status}, status, headers)


def handle_their_way(app: FastAPI) -> None:
    """Have an application answer every error in Dify's shape."""
    app.add_exception_handler(LoomworkError, _on_loomwork_error)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(RequestValidationError, _on_invalid)


def loomwork_error_response(error: LoomworkError) -> Response:
    status, code = status_and_code(error)
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    return error_response(status, code, error.message, headers)


async def _on_loomwork_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, LoomworkError)
    if status_and_code(error) == _INTERNAL:
        log_unexpected(request.url.path, error)
    return loomwork_error_response(error)


_HTTP_ERRORS: Mapping[int, tuple[str, str]] = {
    400: ("invalid_param", "The body of this request could not be read."),
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not take this method."),
}


async def _on_http_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code, message = _HTTP_ERRORS.get(error.status_code, ("invalid_param", str(error.detail)))
    if isinstance(error, BodyTooLarge):
        code = "request_entity_too_large"
    return error_response(error.status_code, code, message, error.headers)


async def _on_invalid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    _, message, _ = describe_invalid(error)
    return error_response(400, "invalid_param", message)


class CatchUnexpectedTheirWay(CatchUnexpected):
    """An unexpected exception, in Dify's shape."""

    def answer(self, reference: str) -> Response:
        message = f"Something went wrong here, not in your request. The log has the details under {reference}."
        return error_response(*_INTERNAL, message)

    def refusal(self, error: LoomworkError) -> Response:
        return loomwork_error_response(error)
