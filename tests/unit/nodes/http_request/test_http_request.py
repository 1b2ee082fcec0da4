"""Asking HTTP servers."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from loomwork.engine.ports import NodeError
from loomwork.engine.variables import File
from loomwork.nodes.http_request import HttpRequestType
from loomwork.nodes.ports import (
    EgressFailed,
    EgressLimits,
    EgressRefused,
    EgressRequest,
    EgressResponse,
    EgressTooLarge,
)
from tests.unit.nodes.bench import Bench
from tests.unit.nodes.outside import FilesByUrl

URL = "https://api.example/items"
VALUES: dict[str, dict[str, Any]] = {
    "v": {
        "id": "a b/ü",
        "key": "k1",
        "lines": "one\ntwo",
        "quoted": 'she said "no"\nand left',
        "headers": "X-A:1\nX-B: 2",
        "photo": File("image", "remote_url", url="https://files.example/p.png", name='p".png', mime_type="image/png"),
        "files": [File("document", "remote_url", url="https://files.example/d", name="d.txt")],
    }
}
FILES = FilesByUrl({"https://files.example/p.png": b"\x89PNG", "https://files.example/d": b"doc"})


JSON = EgressResponse(200, URL, {"content-type": "application/json"}, b'{"a": 1}')


@dataclass
class Gate:
    """Answers as it is told to, and keeps what it was asked."""

    response: EgressResponse | Exception = JSON
    requests: list[EgressRequest] = field(default_factory=list)
    limits: list[EgressLimits] = field(default_factory=list)

    async def fetch(self, request: EgressRequest, limits: EgressLimits) -> EgressResponse:
        self.requests.append(request)
        self.limits.append(limits)
        if isinstance(self.response, Exception):
            raise self.response
        return self.response

    @property
    def asked(self) -> EgressRequest:
        return self.requests[-1]

    @property
    def headers(self) -> dict[str, str]:
        return dict(self.asked.headers)

    @property
    def body(self) -> str:
        return (self.asked.body or b"").decode()


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
def http(gate: Gate) -> Bench:
    return Bench({"http-request": HttpRequestType(gate, FILES)}.__getitem__)


async def ask(http: Bench, **config: Any) -> Mapping[str, Any]:
    return (await http.run("http-request", {"method": "get", "url": URL, **config}, VALUES)).outputs


async def test_it_leaves_what_came_back(http: Bench) -> None:
    assert await ask(http) == {
        "status_code": 200,
        "body": '{"a": 1}',
        "headers": {"content-type": "application/json"},
        "files": [],
    }


async def test_url_headers_and_params_are_templates(http: Bench, gate: Gate) -> None:
    await ask(
        http,
        method="POST",
        url=" https://api.example/{{#v.key#}}?a=1#top ",
        headers="X-Key:{{#v.key#}}\n\nX-Empty\nX-Url: https://x.example:1/",
        params="id:{{#v.id#}}\nflag\n:dropped",
    )
    assert gate.asked.method == "POST"
    assert gate.asked.url == "https://api.example/k1?a=1&id=a+b%2F%C3%BC&flag=#top"
    expected = {"X-Key": "k1", "X-Empty": "", "X-Url": "https://x.example:1/", "Idempotency-Key": "key"}
    assert gate.headers == expected


@pytest.mark.parametrize("method", ["POST", "patch"])
async def test_what_is_not_idempotent_by_itself_carries_the_nodes_key(http: Bench, gate: Gate, method: str) -> None:
    await ask(http, method=method)
    assert gate.headers["Idempotency-Key"] == "key"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD"])
async def test_what_is_idempotent_carries_no_key(http: Bench, gate: Gate, method: str) -> None:
    await ask(http, method=method)
    assert "Idempotency-Key" not in gate.headers


async def test_an_app_may_set_a_key_of_its_own(http: Bench, gate: Gate) -> None:
    await ask(http, method="post", headers="idempotency-key:{{#v.key#}}")
    assert gate.headers == {"idempotency-key": "k1"}
    assert gate.asked.body is None


async def test_one_variable_may_be_all_headers(http: Bench, gate: Gate) -> None:
    await ask(http, headers="{{#v.headers#}}\nX-C:3")
    assert gate.headers == {"X-A": "1", "X-B": "2", "X-C": "3"}


async def test_a_value_cannot_bring_a_header_of_its_own(http: Bench, gate: Gate) -> None:
    with pytest.raises(NodeError, match="more than one line"):
        await ask(http, headers="X-Key:{{#v.lines#}}")
    assert gate.requests == []


@pytest.mark.parametrize(
    ("config", "header", "value"),
    [
        ({"type": "bearer", "api_key": "{{#v.key#}}"}, "Authorization", "Bearer k1"),
        (
            {"type": "basic", "api_key": "user:pass"},
            "Authorization",
            "Basic dXNlcjpwYXNz",
        ),
        ({"type": "basic", "api_key": "dXNlcg=="}, "Authorization", "Basic dXNlcg=="),
        ({"type": "custom", "api_key": "k", "header": "X-Api-Key"}, "X-Api-Key", "k"),
        ({"type": "custom", "api_key": "k"}, "Authorization", "k"),
    ],
)
async def test_it_signs_in_with_an_api_key(http: Bench, gate: Gate, config: Any, header: str, value: str) -> None:
    await ask(http, headers="authorization:old", authorization={"type": "api-key", "config": config})
    assert gate.headers[header] == value
    assert ("authorization" in gate.headers) is (header != "Authorization")
    assert gate.asked.secret_headers == {header}


async def test_no_authorization_sends_none_though_a_key_is_there(http: Bench, gate: Gate) -> None:
    await ask(http, authorization={"type": "no-auth", "config": {"type": "basic", "api_key": "k"}})
    assert gate.headers == {}


@pytest.mark.parametrize("config", [{"type": "bearer", "api_key": ""}, {"api_key": "  "}, None, {}])
async def test_an_empty_api_key_fails_before_anything_is_sent(http: Bench, gate: Gate, config: Any) -> None:
    with pytest.raises(NodeError, match="API key is empty"):
        await ask(http, authorization={"type": "api-key", "config": config})
    assert gate.requests == []


@pytest.mark.parametrize(
    ("body", "sent", "content_type"),
    [
        ({"type": "none", "data": []}, "", None),
        ({"type": "none", "data": "x"}, "", None),
        (None, "", None),
        ({"type": "raw-text", "data": [{"value": "hi {{#v.key#}}"}]}, "hi k1", "text/plain; charset=utf-8"),
        ({"type": "raw-text", "data": "hi {{#v.key#}}"}, "hi k1", "text/plain; charset=utf-8"),
        ("hi {{#v.key#}}", "hi k1", "text/plain; charset=utf-8"),
        ({"type": "json", "data": [{"value": '{"k": "{{#v.key#}}"}'}]}, '{"k":"k1"}', "application/json"),
        ({"type": "json", "data": '{"k": "{{#v.key#}}",}'}, '{"k":"k1"}', "application/json"),
        ({"type": "json", "data": []}, "", None),
        (
            {"type": "x-www-form-urlencoded", "data": [{"key": "a", "value": "{{#v.id#}}"}, {"key": "b", "value": 5}]},
            "a=a+b%2F%C3%BC&b=5",
            "application/x-www-form-urlencoded",
        ),
        ({"type": "x-www-form-urlencoded", "data": "a:1\nb:2"}, "a=1&b=2", "application/x-www-form-urlencoded"),
    ],
)
async def test_bodies_of_every_kind_and_age_are_sent(
    http: Bench, gate: Gate, body: Any, sent: str, content_type: str | None
) -> None:
    await ask(http, method="post", body=body)
    assert (gate.body, gate.headers.get("Content-Type")) == (sent, content_type)


async def test_texts_put_into_json_as_they_are_still_make_json(http: Bench, gate: Gate) -> None:
    await ask(http, body={"type": "json", "data": [{"value": '{"say": "{{#v.quoted#}}", "n": 1}'}]})
    assert json.loads(gate.body) == {"say": VALUES["v"]["quoted"], "n": 1}


@pytest.mark.parametrize("text", ['a "b", c', 'a": "b', "a\\", '"', "{", '"}, {"', "\x00"])
@pytest.mark.parametrize(
    "template",
    ['{"say": "{{#v.t#}}", "n": [1]}', '{"say": "{{#v.t#}}", "n": [1],}', '{"q\\"": 0, "say": "{{#v.t#}}", "n": [1]}'],
)
async def test_a_text_cannot_end_the_quotes_it_stands_between_where_that_would_break_the_body(
    http: Bench, gate: Gate, template: str, text: str
) -> None:
    config = {"method": "post", "url": URL, "body": {"type": "json", "data": [{"value": template}]}}
    await http.run("http-request", config, {"v": {"t": text}})
    sent = json.loads(gate.body)
    assert (sent["say"], sent["n"]) == (text, [1])


@pytest.mark.parametrize("text", ["hello", "{]", '{"n": 1e999}', "[" * 100_000])
async def test_what_is_no_json_is_not_sent(http: Bench, gate: Gate, text: str) -> None:
    with pytest.raises(NodeError) as failed:
        await ask(http, body={"type": "json", "data": text})
    assert (failed.value.code, gate.requests) == ("invalid_body", [])


async def test_the_node_may_say_the_type_of_its_body(http: Bench, gate: Gate) -> None:
    await ask(http, headers="content-type:application/xml", body={"type": "raw-text", "data": "<a/>"})
    assert gate.headers == {"content-type": "application/xml"}


async def test_forms_carry_texts_and_files(http: Bench, gate: Gate) -> None:
    rows = [
        {"key": "note", "type": "text", "value": "{{#v.key#}}"},
        {"key": "photo", "type": "file", "file": ["v", "photo"]},
        {"key": "all", "type": "file", "file": ["v", "files"]},
    ]
    await ask(http, method="post", headers="Content-Type:multipart/form-data", body={"type": "form-data", "data": rows})
    kind, _, boundary = gate.headers["Content-Type"].partition("; boundary=")
    assert kind == "multipart/form-data"
    parts = [part.partition(b"\r\n\r\n") for part in (gate.asked.body or b"").split(f"--{boundary}".encode())[1:-1]]
    assert [content.removesuffix(b"\r\n") for _, _, content in parts] == [b"k1", b"\x89PNG", b"doc"]
    assert b'name="note"' in parts[0][0]
    assert b'name="photo"; filename="p%22.png"\r\nContent-Type: image/png' in parts[1][0]


async def test_a_retry_sends_the_same_bytes(http: Bench, gate: Gate) -> None:
    body = {"type": "form-data", "data": [{"key": "a", "type": "file", "file": ["v", "photo"]}]}
    await ask(http, body=body)
    await ask(http, body=body)
    assert gate.requests[0] == gate.requests[1]


async def test_a_file_may_be_the_body(http: Bench, gate: Gate) -> None:
    await ask(http, body={"type": "binary", "data": [{"type": "file", "file": ["v", "photo"]}]})
    assert (gate.asked.body, gate.headers) == (b"\x89PNG", {"Content-Type": "image/png"})


@pytest.mark.parametrize(
    "body",
    [
        {"type": "binary", "data": []},
        {"type": "binary", "data": [{"file": ["v", "key"]}]},
        {"type": "form-data", "data": [{"key": "a", "type": "file", "file": ["v", "unset"]}]},
    ],
)
async def test_a_body_without_its_file_is_not_sent(http: Bench, gate: Gate, body: Any) -> None:
    with pytest.raises(NodeError, match="file"):
        await ask(http, body=body)
    assert gate.requests == []


async def test_a_graph_cannot_send_a_file_of_this_machine_that_nobody_gave_it(http: Bench) -> None:
    http.inputs = {}
    secret = File("document", "local_file", url="/etc/passwd", name="passwd")
    config = {"url": URL, "body": {"type": "binary", "data": [{"file": ["v", "f"]}]}}
    with pytest.raises(NodeError, match="was not given to this run"):
        await http.run("http-request", config, {"v": {"f": secret}})


@pytest.mark.parametrize(("url", "said"), [("", "empty"), ("{{#v.key#}}", "http"), ("ftp://x.example/", "http")])
async def test_an_address_that_is_none_is_not_asked(http: Bench, gate: Gate, url: str, said: str) -> None:
    with pytest.raises(NodeError, match=said) as failed:
        await ask(http, url=url)
    assert (failed.value.code, failed.value.retryable, gate.requests) == ("invalid_url", False, [])


@pytest.mark.parametrize(
    ("extra", "fails"),
    [
        ({}, False),
        ({"retry_config": {"retry_enabled": False, "max_retries": 3}}, False),
        ({"retry_config": {"retry_enabled": True}}, True),
        ({"error_strategy": "fail-branch"}, True),
        ({"error_strategy": "default-value"}, True),
        ({"error_strategy": "none"}, False),
    ],
)
async def test_a_status_that_is_no_success_fails_only_where_something_is_to_be_done_about_it(
    http: Bench, gate: Gate, extra: Any, fails: bool
) -> None:
    gate.response = EgressResponse(404, URL, {}, b"gone")
    if fails:
        with pytest.raises(NodeError, match="status code 404") as failed:
            await ask(http, **extra)
        assert (failed.value.code, failed.value.retryable) == ("http_status", True)
    else:
        outputs = await ask(http, **extra)
        assert (outputs["status_code"], outputs["body"]) == (404, "gone")


@pytest.mark.parametrize(
    ("error", "retryable"),
    [(EgressRefused("Not there."), False), (EgressFailed("Broken."), True), (EgressTooLarge("Too large."), False)],
)
async def test_a_gate_that_says_no_fails_the_node(http: Bench, gate: Gate, error: Any, retryable: bool) -> None:
    gate.response = error
    with pytest.raises(NodeError, match=error.message) as failed:
        await ask(http)
    assert (failed.value.code, failed.value.retryable) == (error.code, retryable)


@pytest.mark.parametrize(
    ("headers", "body", "is_file"),
    [
        ({"content-type": "image/png"}, b"\x89PNG", True),
        ({"content-type": "audio/mpeg"}, b"text", True),
        ({"content-type": "application/pdf"}, b"%PDF\x00", True),
        ({"content-type": "application/octet-stream"}, b"\xff\xfe\x00", True),
        ({"content-type": "application/octet-stream"}, b"plain text", False),
        ({"content-type": "application/problem+json"}, b"\xff", False),
        ({"content-type": "text/html; charset=utf-8"}, b"<p>", False),
        ({"content-disposition": 'attachment; filename="a.csv"', "content-type": "text/csv"}, b"a,b", True),
        ({}, b"plain", False),
        ({}, b"", False),
        ({}, b"\x00\x01", True),
        ({}, ("ü" * 3000).encode(), False),
        ({}, b"a" + ("ü" * 3000).encode(), False),
    ],
)
async def test_binary_answers_become_files_and_texts_do_not(
    http: Bench, gate: Gate, headers: dict[str, str], body: bytes, is_file: bool
) -> None:
    gate.response = EgressResponse(200, URL, headers, body)
    outputs = await ask(http)
    assert len(outputs["files"]) == int(is_file)
    assert (outputs["body"] == "") is (is_file or not body)


async def test_a_file_that_came_back_knows_its_name_and_carries_its_bytes(http: Bench, gate: Gate) -> None:
    headers = {"content-type": "image/png", "content-disposition": "attachment; filename*=UTF-8''..%2Fa%20b.png"}
    gate.response = EgressResponse(200, URL, headers, b"\x89PNG")
    (file,) = (await ask(http))["files"]
    assert file == File(
        "image",
        "tool_file",
        url="data:image/png;base64,iVBORw==",
        name="a b.png",
        extension=".png",
        mime_type="image/png",
        size=4,
    )
    gate.response = EgressResponse(200, "https://api.example/pics/cat.jpeg?x=1", {"content-type": "image/jpeg"}, b"j")
    assert (await ask(http))["files"][0].name == "cat.jpeg"


@pytest.mark.parametrize(
    ("content_type", "body", "text"),
    [
        ("text/plain; charset=gbk", "你好".encode("gbk"), "你好"),
        ("text/plain", "\ufeffhi".encode(), "hi"),
        ("text/plain; charset=nonsense", "ü".encode(), "ü"),
        ("text/plain; charset=utf-8", b"a\xffb", "a\ufffdb"),
        ("text/plain; charset=hex", b"61", "61"),
        ("text/plain; charset=punycode", b"a" * 1_000_000, "a" * 1_000_000),
        ("text/plain; charset=UTF8", "\ufeffü".encode(), "ü"),
    ],
)
async def test_texts_are_read_in_their_own_encoding(
    http: Bench, gate: Gate, content_type: str, body: bytes, text: str
) -> None:
    gate.response = EgressResponse(200, URL, {"content-type": content_type}, body)
    assert (await ask(http))["body"] == text


async def test_a_text_may_have_a_megabyte_and_a_file_ten(http: Bench, gate: Gate) -> None:
    response = EgressResponse(200, URL, {"content-type": "text/plain"}, b"a" * (1 << 20))
    gate.response = response
    assert len((await ask(http))["body"]) == 1 << 20
    gate.response = replace(response, body=response.body + b"a")
    with pytest.raises(NodeError, match="more than 1048576 bytes"):
        await ask(http)
    assert gate.limits[-1].size == 10 << 20


@pytest.mark.parametrize(
    ("given", "connect", "total"),
    [
        (None, 10, 1210),
        ({"connect": 0, "read": 0, "write": 0}, 10, 1210),
        ({"connect": 5, "read": "15", "write": 10}, 5, 30),
        ({"connect": 60000, "read": 3600000, "write": 60000}, 10, 1210),
        ({"connect": "x", "read": [], "write": float("nan")}, 10, 1210),
    ],
)
async def test_it_waits_as_long_as_it_says_within_limits(
    http: Bench, gate: Gate, given: Any, connect: float, total: float
) -> None:
    await ask(http, timeout=given)
    assert (gate.limits[-1].connect, gate.limits[-1].total) == (connect, total)


@pytest.mark.parametrize(("given", "verified"), [(None, True), (True, True), (False, False)])
async def test_certificates_are_checked_unless_the_node_says_otherwise(
    http: Bench, gate: Gate, given: Any, verified: bool
) -> None:
    await ask(http, ssl_verify=given)
    assert gate.asked.verify_tls is verified


def test_what_it_reads_is_shown(http: Bench) -> None:
    config = {
        "url": "https://{{#v.id#}}",
        "authorization": {"type": "api-key", "config": {"api_key": "{{#v.key#}}"}},
        "body": {"type": "binary", "data": [{"file": ["v", "photo"]}]},
    }
    names = [name for name, _ in http.compile("http-request", config).inputs]
    assert names == ["#v.id#", "#v.key#", "#v.photo#"]
