"""Requests as they come in at an API on a real socket, for every way that a document can want them."""

import base64
from typing import Any

import pytest

from loomwork.adapters.egress import EgressGate
from loomwork.engine.variables import File
from loomwork.tools.api import (
    ToolCredentialsRefused,
    ToolInputInvalid,
    ToolOutputInvalid,
    ToolRateLimited,
    ToolRefused,
    ToolUnavailable,
)
from loomwork.tools.domain.api_definition import ApiSettings, AuthScheme
from loomwork.tools.domain.call import file_of
from tests.unit.adapters.openapi.api_server import JSON, Api, called, document, toolset_of, with_one

pytestmark = pytest.mark.anyio

COLOURS = ["blue", "black & brown"]
POINT = {"x": 1, "y": "a/b"}


def taking(place: str, **how: Any) -> dict[str, Any]:
    return {"parameters": [{"name": "it", "in": place, "required": place == "path", "schema": {}, **how}]}


PATHS = [
    ({}, "a b/c?d#e%", "/things/a%20b%2Fc%3Fd%23e%25"),
    ({}, 5, "/things/5"),
    ({}, COLOURS, "/things/blue,black%20&%20brown"),
    ({}, POINT, "/things/x,1,y,a%2Fb"),
    ({"explode": True}, POINT, "/things/x=1,y=a%2Fb"),
    ({"style": "label"}, COLOURS, "/things/.blue,black%20&%20brown"),
    ({"style": "label", "explode": True}, COLOURS, "/things/.blue.black%20&%20brown"),
    ({"style": "label", "explode": True}, POINT, "/things/.x=1.y=a%2Fb"),
    ({"style": "matrix"}, "blue", "/things/;it=blue"),
    ({"style": "matrix"}, COLOURS, "/things/;it=blue,black%20&%20brown"),
    ({"style": "matrix", "explode": True}, COLOURS, "/things/;it=blue;it=black%20&%20brown"),
    ({"style": "matrix", "explode": True}, POINT, "/things/;x=1;y=a%2Fb"),
]
QUERIES = [
    ({}, "a&b=c+d e", "it=a%26b%3Dc%2Bd%20e"),
    ({}, True, "it=true"),
    ({}, COLOURS, "it=blue&it=black%20%26%20brown"),
    ({"explode": False}, COLOURS, "it=blue,black%20%26%20brown"),
    ({}, POINT, "x=1&y=a/b"),
    ({"explode": False}, POINT, "it=x,1,y,a/b"),
    ({"style": "spaceDelimited", "explode": False}, ["a", "b"], "it=a%20b"),
    ({"style": "pipeDelimited", "explode": False}, ["a", "b"], "it=a%7Cb"),
    ({"style": "deepObject", "explode": True}, {"x": 1, "y": {"z": [2]}}, "it%5Bx%5D=1&it%5By%5D%5Bz%5D%5B0%5D=2"),
    ({"allowReserved": True}, "a/b:c&d#e", "it=a/b:c%26d%23e"),
    ({"schema": None, "content": {"application/json": {"schema": {}}}}, {"a": 1}, "it=%7B%22a%22:%201%7D"),
]


@pytest.mark.parametrize(("how", "value", "target"), PATHS)
async def test_values_in_paths(api: Api, gate: EgressGate, how: Any, value: Any, target: str) -> None:
    tools = (await toolset_of(with_one(api, taking("path", **how), path="/things/{it}"), gate)).tools
    await called(tools["it"], it=value)
    assert api.last.target == target


@pytest.mark.parametrize(("how", "value", "query"), QUERIES)
async def test_values_in_queries(api: Api, gate: EgressGate, how: Any, value: Any, query: str) -> None:
    tools = (await toolset_of(with_one(api, taking("query", **how)), gate)).tools
    await called(tools["it"], it=value)
    assert api.last.target.replace("|", "%7C") == f"/things?{query}"


@pytest.mark.parametrize(
    ("how", "value", "header"),
    [({}, "a b", "a b"), ({}, ["a", "b"], "a,b"), ({}, {"x": 1}, "x,1"), ({"explode": True}, {"x": 1}, "x=1")],
)
async def test_values_in_headers(api: Api, gate: EgressGate, how: Any, value: Any, header: str) -> None:
    tools = (await toolset_of(with_one(api, taking("header", **how)), gate)).tools
    await called(tools["it"], it=value)
    assert api.last.headers["it"] == header


async def test_values_in_cookies(api: Api, gate: EgressGate) -> None:
    tools = (await toolset_of(with_one(api, taking("cookie")), gate)).tools
    await called(tools["it"], it="a; b=c")
    assert api.last.headers["cookie"] == "it=a%3B%20b%3Dc"


@pytest.mark.parametrize("value", ["..", ".", "", " .. "])
async def test_no_value_is_a_step_up_in_a_path(api: Api, gate: EgressGate, value: str) -> None:
    tools = (await toolset_of(with_one(api, taking("path"), path="/things/{it}/all"), gate)).tools
    with pytest.raises(ToolInputInvalid):
        await called(tools["it"], it=value)
    assert api.heard == []


@pytest.mark.parametrize("values", [{"a": "", "b": "."}, {"a": ".", "b": "."}])
async def test_no_values_together_are_a_step_up(api: Api, gate: EgressGate, values: Any) -> None:
    parameters = [{"name": name, "in": "path", "style": "label", "schema": {}} for name in "ab"]
    tools = (await toolset_of(with_one(api, {"parameters": parameters}, path="/things/{a}{b}"), gate)).tools
    with pytest.raises(ToolInputInvalid):
        await called(tools["it"], **values)
    assert api.heard == []


async def test_a_header_with_a_line_end_is_refused(api: Api, gate: EgressGate) -> None:
    tools = (await toolset_of(with_one(api, taking("header")), gate)).tools
    with pytest.raises(ToolInputInvalid):
        await called(tools["it"], it="a\r\nX-Evil: 1")


def carrying(media_type: str, schema: Any, **more: Any) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {media_type: {"schema": schema, **more}}}}


THING: dict[str, Any] = {
    "type": "object",
    "required": ["name", "kind"],
    "properties": {
        "name": {"type": "string"},
        "kind": {"enum": ["pet"]},
        "tags": {"type": "array", "items": {"type": "string"}},
        "place": {"type": "object", "properties": {"x": {"type": "integer"}}},
    },
}


async def test_a_body_as_json(api: Api, gate: EgressGate) -> None:
    tools = (await toolset_of(with_one(api, carrying("application/json", THING), method="post"), gate)).tools
    await called(tools["it"], name="größe", tags=["a"], place={"x": 1})
    assert api.last.json == {"name": "größe", "kind": "pet", "tags": ["a"], "place": {"x": 1}}
    assert api.last.headers["content-type"] == "application/json"
    assert api.last.headers["idempotency-key"] == "key-1"


async def test_a_body_that_is_no_object_is_one_argument(api: Api, gate: EgressGate) -> None:
    operation = carrying("application/vnd.api+json", {"type": "array", "items": {"type": "integer"}})
    tools = (await toolset_of(with_one(api, operation, method="put"), gate)).tools
    await called(tools["it"], body=[1, 2])
    assert api.last.json == [1, 2]
    assert api.last.headers["content-type"] == "application/vnd.api+json"


async def test_a_body_that_may_be_left_out_is(api: Api, gate: EgressGate) -> None:
    operation = carrying("application/json", THING)
    operation["requestBody"]["required"] = False
    tools = (await toolset_of(with_one(api, operation, method="post"), gate)).tools
    await called(tools["it"])
    assert api.last.body == b""
    await called(tools["it"], name="a")
    assert api.last.json == {"name": "a", "kind": "pet"}


async def test_a_body_as_a_form(api: Api, gate: EgressGate) -> None:
    encoding = {"place": {"style": "deepObject"}, "tags": {"explode": False}}
    operation = carrying("application/x-www-form-urlencoded", THING, encoding=encoding)
    tools = (await toolset_of(with_one(api, operation, method="post"), gate)).tools
    await called(tools["it"], name="a&b", tags=["x", "y"], place={"x": 1})
    assert api.last.body == b"name=a%26b&kind=pet&tags=x,y&place[x]=1"
    assert api.last.headers["content-type"] == "application/x-www-form-urlencoded"


async def test_a_body_in_parts_with_a_file(api: Api, gate: EgressGate) -> None:
    properties: dict[str, Any] = {**THING["properties"], "photo": {"type": "string", "format": "binary"}}
    operation = carrying("multipart/form-data", {**THING, "properties": properties})
    tools = (await toolset_of(with_one(api, operation, method="post"), gate)).tools
    assert tools["it"].card.input_schema["properties"]["photo"] == {"type": "object", "format": "file"}
    photo = file_of(b"\x89PNG", name='a"b.png')
    await called(tools["it"], name="a", tags=["x", "y"], place={"x": 1}, photo=photo)
    boundary = api.last.headers["content-type"].partition("boundary=")[2].encode()
    parts = api.last.body.split(b"--" + boundary)
    assert parts[1] == b'\r\nContent-Disposition: form-data; name="name"\r\n\r\na\r\n'
    assert parts[3:5] == [
        b'\r\nContent-Disposition: form-data; name="tags"\r\n\r\n' + value + b"\r\n" for value in (b"x", b"y")
    ]
    place = b'\r\nContent-Disposition: form-data; name="place"\r\nContent-Type: application/json\r\n\r\n{"x": 1}\r\n'
    assert parts[5] == place
    said = b'\r\nContent-Disposition: form-data; name="photo"; filename="a%22b.png"\r\nContent-Type: image/png\r\n\r\n'
    assert parts[6] == said + b"\x89PNG\r\n"
    assert parts[7] == b"--\r\n"


async def test_a_body_of_bytes_is_a_file(api: Api, gate: EgressGate) -> None:
    tools = (await toolset_of(with_one(api, carrying("application/pdf", {}), method="put"), gate)).tools
    await called(tools["it"], body=file_of(b"%PDF", name="a.pdf"))
    assert (api.last.body, api.last.headers["content-type"]) == (b"%PDF", "application/pdf")


async def test_a_file_of_this_machine_is_not_sent(api: Api, gate: EgressGate) -> None:
    tools = (await toolset_of(with_one(api, carrying("application/pdf", {}), method="put"), gate)).tools
    local = File(type="document", transfer_method="local_file", url="file:///etc/passwd", name="a")
    with pytest.raises(ToolInputInvalid):
        await called(tools["it"], body=local)
    assert api.heard == []


async def test_a_body_of_text(api: Api, gate: EgressGate) -> None:
    tools = (await toolset_of(with_one(api, carrying("text/csv", {"type": "string"}), method="post"), gate)).tools
    await called(tools["it"], body="a,b")
    assert (api.last.body, api.last.headers["content-type"]) == (b"a,b", "text/csv")


async def test_a_default_is_told_and_not_sent(api: Api, gate: EgressGate) -> None:
    schema = {"type": "object", "properties": {"state": {"type": "string", "default": "new"}}}
    tools = (await toolset_of(with_one(api, carrying("application/json", schema), method="patch"), gate)).tools
    said = tools["it"].card.input_schema["properties"]["state"]
    assert said == {"type": "string", "description": 'Default: "new".'}


async def test_values_that_the_importer_fixed_are_sent_and_hidden(api: Api, gate: EgressGate) -> None:
    operation = {**carrying("application/json", THING), **taking("query")}
    settings = ApiSettings(fixed={"it": "always", "it.name": "Rex", "tags": ["t"]})
    tools = (await toolset_of(with_one(api, operation, method="post"), gate, settings)).tools
    assert list(tools["it"].card.input_schema["properties"]) == ["place"]
    await called(tools["it"], name="other", it="other")
    assert api.last.target == "/things?it=always"
    assert api.last.json == {"name": "Rex", "kind": "pet", "tags": ["t"]}


@pytest.mark.parametrize(
    ("method", "effect"),
    [("get", "read"), ("head", "read"), ("post", "write"), ("put", "write"), ("patch", "write"), ("delete", "write")],
)
async def test_what_a_method_does_to_the_world(api: Api, gate: EgressGate, method: str, effect: str) -> None:
    tools = (await toolset_of(with_one(api, {}, method=method), gate)).tools
    assert tools["it"].card.effect == effect
    await called(tools["it"])
    assert api.last.method == method.upper()
    changed = ApiSettings(effects={"it": "spend"})
    assert (await toolset_of(with_one(api, {}, method=method), gate, changed)).tools["it"].card.effect == "spend"


def lock(**said: Any) -> ApiSettings:
    return ApiSettings(auth=(AuthScheme(**said),))


BASIC = base64.b64encode("ann:pa:ß".encode()).decode()


@pytest.mark.parametrize(
    ("settings", "credentials", "header", "value"),
    [
        (lock(kind="bearer"), {"token": "t0ken"}, "authorization", "Bearer t0ken"),
        (lock(kind="basic"), {"username": "ann", "password": "pa:ß"}, "authorization", f"Basic {BASIC}"),
        (lock(kind="header", name="X-Key"), {"api_key": "k"}, "x-key", "k"),
        (lock(kind="header", name="X-Key", prefix="Token "), {"api_key": "k"}, "x-key", "Token k"),
        (lock(kind="cookie", name="session"), {"api_key": "k;"}, "cookie", "session=k%3B"),
    ],
)
async def test_what_lets_in_stands_in_its_header(
    api: Api, gate: EgressGate, settings: ApiSettings, credentials: Any, header: str, value: str
) -> None:
    toolset = await toolset_of(with_one(api, {}), gate, settings)
    assert set(credentials) <= set(toolset.credentials)
    await called(toolset.tools["it"], credentials)
    assert api.last.headers[header] == value


async def test_what_lets_in_stands_in_the_query(api: Api, gate: EgressGate) -> None:
    toolset = await toolset_of(with_one(api, taking("query")), gate, lock(kind="query", name="key"))
    await called(toolset.tools["it"], {"api_key": "a&b"}, it=1)
    assert api.last.target == "/things?it=1&key=a%26b"


async def test_no_argument_takes_the_place_of_what_lets_in(api: Api, gate: EgressGate) -> None:
    operation = {"parameters": [{"name": "x-key", "in": "header", "schema": {}}]}
    toolset = await toolset_of(with_one(api, operation), gate, lock(kind="header", name="X-Key"))
    await called(toolset.tools["it"], {"api_key": "ours"}, **{"x-key": "theirs"})
    assert api.last.headers["x-key"] == "ours"


async def test_an_operation_that_is_open_gets_no_credentials(api: Api, gate: EgressGate) -> None:
    said = with_one(api, {})
    said |= {
        "security": [{"key": []}],
        "components": {"securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}},
    }
    said["paths"]["/open"] = {"get": {"operationId": "open", "security": [], "responses": {}}}
    tools = (await toolset_of(said, gate)).tools
    await called(tools["it"], {"token": "t"})
    assert api.last.headers["authorization"] == "Bearer t"
    await called(tools["open"], {"token": "t"})
    assert "authorization" not in api.last.headers


@pytest.mark.parametrize(
    ("answer", "text", "json"),
    [
        ((200, JSON, b'{"a": [1]}'), '{"a": [1]}', [{"a": [1]}]),
        ((200, JSON, b'"word"'), "word", ["word"]),
        ((201, {}, b"[1]"), "[1]", [[1]]),
        ((200, {"Content-Type": "text/plain; charset=latin-1"}, "größe".encode("latin-1")), "größe", []),
        ((200, {"Content-Type": "application/atom+xml"}, b"<a/>"), "<a/>", []),
        ((204, {}, b""), "Done (status 204).", []),
    ],
)
async def test_what_an_answer_is(api: Api, gate: EgressGate, answer: Any, text: str, json: Any) -> None:
    api.answers["/things"] = answer
    result = await called((await toolset_of(with_one(api, {}), gate)).tools["it"])
    assert (result.text, list(result.json)) == (text, json)


async def test_an_answer_of_bytes_is_a_file(api: Api, gate: EgressGate) -> None:
    api.answers["/things"] = (200, {"Content-Type": "image/png"}, b"\x89PNG")
    result = await called((await toolset_of(with_one(api, {}), gate)).tools["it"])
    assert (result.files[0].mime_type, result.files[0].size) == ("image/png", 4)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ((400, JSON, b'{"error": {"message": "the name t0ken-secret is bad"}}'), ToolRefused),
        ((401, JSON, b'{"message": "t0ken-secret"}'), ToolCredentialsRefused),
        ((429, {"Retry-After": "3"}, b""), ToolRateLimited),
        ((503, {}, b"<html>"), ToolUnavailable),
        ((200, JSON, b"{"), ToolOutputInvalid),
    ],
)
async def test_what_a_refusal_is(api: Api, gate: EgressGate, answer: Any, error: type[Exception]) -> None:
    api.answers["/things"] = answer
    toolset = await toolset_of(with_one(api, {}), gate, lock(kind="bearer"))
    with pytest.raises(error) as caught:
        await called(toolset.tools["it"], {"token": "t0ken-secret"})
    assert type(caught.value) is error
    assert "t0ken-secret" not in str(caught.value)


@pytest.mark.parametrize(
    "server",
    [
        "http://169.254.169.254/latest",
        "http://127.0.0.1:9/",
        "http://[::1]/",
        "http://2130706433/",
        "http://localhost/",
    ],
)
async def test_an_api_on_an_internal_host_is_refused_by_the_gate(gate: EgressGate, server: str) -> None:
    tools = (await toolset_of(document({"/a": {"get": {"operationId": "it"}}}, server=server), gate)).tools
    with pytest.raises(ToolRefused) as caught:
        await called(tools["it"])
    assert caught.value.details["reason"] == "egress_refused"


async def test_a_redirect_carries_nothing_secret_to_another_origin(api: Api, gate: EgressGate) -> None:
    api.answers["/things"] = (302, {"Location": "http://169.254.169.254/"}, b"")
    toolset = await toolset_of(with_one(api, {}), gate, lock(kind="header", name="X-Key"))
    with pytest.raises(ToolRefused):
        await called(toolset.tools["it"], {"api_key": "k"})


async def test_an_operation_has_an_address_of_its_own_unless_one_was_set(api: Api, gate: EgressGate) -> None:
    said = with_one(api, {"servers": [{"url": f"{api.url}/own"}]})
    await called((await toolset_of(said, gate)).tools["it"])
    assert api.last.target == "/own/things"
    await called((await toolset_of(said, gate, ApiSettings(server=f"{api.url}/set"))).tools["it"])
    assert api.last.target == "/set/things"
