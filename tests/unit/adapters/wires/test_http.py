from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from loomwork.adapters.wires.http import LONGEST_PAUSE, address, headers_for, pause
from loomwork.model_gateway.domain.connection import Connection
from loomwork.model_gateway.domain.errors import ModelUnavailable
from loomwork.model_gateway.domain.provider import Auth
from loomwork.model_gateway.ports import Target

NOW = datetime(2026, 5, 4, 3, 2, 0, tzinfo=UTC)


def at(endpoint: str = "https://api.acme.test", **more: Any) -> Target:
    return Target("acme", "small", Connection(endpoint, "k", **more))


@pytest.mark.parametrize(
    ("endpoint", "expected"),
    [
        ("https://api.acme.test", "https://api.acme.test/v1/messages"),
        ("https://api.acme.test/v1", "https://api.acme.test/v1/messages"),
        ("https://api.acme.test/anthropic", "https://api.acme.test/anthropic/v1/messages"),
        ("https://acme.test/v1beta1/projects/p", "https://acme.test/v1beta1/projects/p/messages"),
        ("https://v1.acme.test", "https://v1.acme.test/v1/messages"),
    ],
)
def test_the_version_is_put_in_where_the_endpoint_does_not_say_it(endpoint: str, expected: str) -> None:
    assert address(at(endpoint), "chat", "/messages", "v1") == expected


def test_a_file_may_say_the_path_and_add_to_the_query() -> None:
    target = at(paths={"rerank": "/models/{model}/rank"}, query={"api-version": "2026-01-01"})
    assert address(target, "rerank", "/rerank") == "https://api.acme.test/models/small/rank?api-version=2026-01-01"
    assert address(target, "chat", "/chat") == "https://api.acme.test/chat?api-version=2026-01-01"


def test_an_endpoint_and_a_model_are_written_in_characters_of_an_address() -> None:
    target = replace(at("https://exämple.test/ä b/"), model="m/ö 1")
    assert address(target, "chat", "/chat") == "https://xn--exmple-cua.test/%C3%A4%20b/chat"
    filed = replace(target, connection=replace(target.connection, paths={"chat": "{model}"}))
    assert address(filed, "chat", "/chat").endswith("/%C3%A4%20b/m/%C3%B6%201")


def test_an_endpoint_that_is_no_address_is_told() -> None:
    with pytest.raises(ModelUnavailable) as caught:
        address(at("https://acme.test:99999"), "chat", "/chat")
    assert caught.value.cause == "not_configured"


def test_the_key_goes_as_the_file_or_else_the_dialect_wants_it() -> None:
    usual = Auth(header="x-api-key", prefix="")
    assert headers_for(at(), {}, usual=usual)["X-Api-Key"] == "k"
    filed = headers_for(at(auth=Auth()), {}, usual=usual)
    assert filed["Authorization"] == "Bearer k"
    assert "x-api-key" not in filed
    assert "Authorization" not in headers_for(Target("acme", "small"), {})


def test_what_a_file_adds_replaces_what_the_dialect_sends_in_any_case() -> None:
    headers = headers_for(at(headers={"Anthropic-Version": "tomorrow"}), {"anthropic-version": "today"})
    assert headers.getall("anthropic-version") == ["tomorrow"]


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": "0.5"}, 0.5),
        ({"Retry-After": "-3"}, 0.0),
        ({"Retry-After": "1e99"}, LONGEST_PAUSE),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "Mon, 04 May 2026 03:02:30 GMT"}, 30.0),
        ({"Retry-After": "Mon, 04 May 2026 03:01:00 GMT"}, 0.0),
        ({"retry-after-ms": "1500", "Retry-After": "9"}, 1.5),
    ],
)
def test_a_wish_for_a_pause_is_read_in_every_form(headers: dict[str, str], expected: float | None) -> None:
    assert pause(headers, now=NOW) == expected
