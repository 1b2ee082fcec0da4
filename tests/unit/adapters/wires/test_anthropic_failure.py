import pytest

from loomwork.adapters.wires.anthropic_failure import failure
from loomwork.model_gateway.domain.connection import Connection
from loomwork.model_gateway.domain.errors import ModelRefused
from tests.unit.adapters.wires.calls import a_call


@pytest.mark.parametrize(
    ("status", "kind", "message", "cause"),
    [
        (400, "invalid_request_error", "messages: at least one", "bad_request"),
        (400, "invalid_request_error", "prompt is too long: 208310 tokens > 200000 maximum", "context_too_long"),
        (400, "invalid_request_error", "Output blocked by content filtering policy", "policy"),
        (400, "invalid_request_error", "Your credit balance is too low to access the API", "credentials"),
        (401, "authentication_error", "invalid x-api-key", "credentials"),
        (403, "permission_error", "not allowed", "credentials"),
        (404, "not_found_error", "model: small", "not_found"),
        (413, "request_too_large", "Request exceeds the maximum size", "context_too_long"),
        (429, "rate_limit_error", "Number of requests", "rate"),
        (500, "api_error", "Internal server error", "outage"),
        (504, "timeout_error", "Timed out", "timeout"),
        (529, "overloaded_error", "Overloaded", "outage"),
        (502, None, "<html>Bad gateway</html>", "outage"),
    ],
)
def test_errors_have_their_cause(status: int, kind: str | None, message: str, cause: str) -> None:
    said = {"type": "error", "error": {"type": kind, "message": message}} if kind else message
    problem = failure(a_call(), said, status=status, retry_after=2.5)
    assert (problem.cause, problem.status, problem.retry_after) == (cause, status, 2.5)
    refused = cause in ("bad_request", "context_too_long", "policy", "credentials", "not_found")
    assert isinstance(problem, ModelRefused) is refused


def test_no_secret_of_the_connection_is_repeated() -> None:
    values = {"api_key": "sk-aaaaaaaaaaaaaaaa", "second": "very-secret-second", "region": "eu"}
    connection = Connection("https://x.test", "sk-aaaaaaaaaaaaaaaa", values)
    said = {"error": {"type": "api_error", "message": "in eu: sk-aaaaaaaaaaaaaaaa very-secret-second"}}
    for secrets in ((), ("very-secret-second",)):
        problem = failure(a_call(connection=connection, secrets=secrets), said, status=500)
        assert str(problem) == "acme/small failed: in eu: *** ***"
