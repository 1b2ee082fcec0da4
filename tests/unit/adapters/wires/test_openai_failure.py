from typing import Any

import pytest

from loomwork.adapters.wires.openai_failure import failure
from loomwork.model_gateway.domain.errors import REFUSALS, ModelRefused
from tests.unit.adapters.wires.calls import KEY, a_call


def error(code: Any = None, message: str = "?", **more: Any) -> dict[str, Any]:
    return {"error": {"message": message, "code": code, **more}}


@pytest.mark.parametrize(
    ("status", "said", "cause"),
    [
        (401, error("invalid_api_key", f"Incorrect API key provided: {KEY}"), "credentials"),
        (403, error("unsupported_country_region_territory"), "credentials"),
        (403, {"error": {"message": "flagged by our content policy", "code": 403}}, "policy"),
        (404, error("model_not_found"), "not_found"),
        (400, error("model_not_found"), "not_found"),
        (404, "404 page not found", "not_found"),
        (429, error("rate_limit_exceeded"), "rate"),
        (429, error("insufficient_quota"), "rate"),
        (400, error("context_length_exceeded"), "context_too_long"),
        (400, error(None, "This model's maximum context length is 8192 tokens."), "context_too_long"),
        (400, error("content_filter", innererror={"code": "ResponsibleAIPolicyViolation"}), "policy"),
        (400, error("content_policy_violation"), "policy"),
        (400, error(None, type="invalid_request_error"), "bad_request"),
        (422, {"detail": [{"msg": "field required"}]}, "bad_request"),
        (408, error(), "outage"),
        (409, error(), "outage"),
        (425, error(), "outage"),
        (500, error("server_error"), "outage"),
        (502, "<html>", "outage"),
        (504, error(), "outage"),
        (529, error(), "outage"),
        (None, error(None, type="invalid_request_error"), "bad_request"),
        (None, error("overloaded_error"), "outage"),
        (None, error(503), "outage"),
        (400, [error(400, status="INVALID_ARGUMENT")], "bad_request"),
        (429, [error(429, status="RESOURCE_EXHAUSTED")], "rate"),
        (400, [error(400, "API key not valid. Please pass a valid API key.")], "credentials"),
        (400, {"code": "invalid argument", "error": f"Incorrect API key provided: {KEY}"}, "credentials"),
        (400, error("tool_use_failed", type="invalid_request_error", failed_generation="<f>"), "bad_answer"),
        (None, {"base_resp": {"status_code": 1002, "status_msg": "rate limit"}}, "rate"),
        (None, {"base_resp": {"status_code": 1004, "status_msg": f"login fail: {KEY}"}}, "credentials"),
        (None, {"base_resp": {"status_code": 1027, "status_msg": "output new_sensitive"}}, "policy"),
        (None, {"base_resp": {"status_code": 2013, "status_msg": "invalid params"}}, "bad_request"),
        (None, {"base_resp": {"status_code": 1033, "status_msg": "system error"}}, "outage"),
        (418, {"nothing": 1}, "bad_request"),
        (307, "", "not_configured"),
    ],
)
def test_each_error_has_its_cause(status: int | None, said: Any, cause: str) -> None:
    problem = failure(a_call(), said, status=status, retry_after=2.5)
    assert problem.cause == cause
    assert isinstance(problem, ModelRefused) is (cause in REFUSALS)
    assert problem.retry_after == 2.5
    assert KEY not in str(problem)


def test_llama_cpp_says_how_long_the_request_was() -> None:
    said = error(400, type="exceed_context_size_error", n_prompt_tokens=9000, n_ctx=4096)
    problem = failure(a_call(), said, status=400)
    assert (problem.cause, "9000 tokens long" in str(problem)) == ("context_too_long", True)


@pytest.mark.parametrize(
    "said",
    [
        error(None, "no more"),
        [error(None, "no more")],
        {"error": "no more"},
        {"message": "no more"},
        {"detail": "no more"},
        {"base_resp": {"status_code": 1000, "status_msg": "no more"}},
        "no more",
    ],
)
def test_the_vendors_words_are_found_wherever_they_stand(said: Any) -> None:
    assert "no more" in str(failure(a_call(), said, status=500))


def test_an_error_without_words_says_so() -> None:
    assert "gave no reason" in str(failure(a_call(), {"error": {"message": 3}}, status=500))
