"""Fetching through the gate, from real servers on loopback."""

import asyncio
import gzip
import ssl
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from loomwork.adapters.egress import EgressGate
from loomwork.nodes.ports import (
    EgressFailed,
    EgressLimits,
    EgressRefused,
    EgressRequest,
    EgressTimeout,
    EgressTooLarge,
)
from tests.unit.adapters.egress.conftest import Handler, Web

LIMITS = EgressLimits()


def says(text: str = "hi", status: int = 200, /, **headers: str) -> Handler:
    async def handler(_: web.Request) -> web.Response:
        return web.Response(text=text, status=status, headers={k.replace("_", "-"): v for k, v in headers.items()})

    return handler


def sends(body: bytes, encoding: str) -> Handler:
    async def handler(_: web.Request) -> web.Response:
        return web.Response(body=body, headers={"Content-Encoding": encoding})

    return handler


async def test_an_answer_comes_back_whole_whatever_its_status(site: Web, gate: EgressGate) -> None:
    site.handlers["a"] = says("teapot", 418, X_One="1")
    request = EgressRequest("post", site.url("a?x=1"), [("X-Key", "k"), ("Content-Type", "text/plain")], b"body")
    response = await gate.fetch(request, LIMITS)
    assert (response.status, response.body, response.headers["x-one"]) == (418, b"teapot", "1")
    seen = site.seen[-1]
    assert (seen.method, seen.query_string, await seen.read()) == ("POST", "x=1", b"body")
    assert (seen.headers["X-Key"], seen.headers["User-Agent"]) == ("k", "Loomwork")


async def test_it_speaks_for_the_connection_itself(site: Web, gate: EgressGate) -> None:
    site.handlers["a"] = says()
    headers = [("Host", "evil"), ("Content-Length", "5"), ("Accept-Encoding", "br"), ("Transfer-Encoding", "chunked")]
    await gate.fetch(EgressRequest("GET", site.url("a"), headers), LIMITS)
    seen = site.seen[-1].headers
    assert (seen["Host"], seen["Accept-Encoding"]) == (f"127.0.0.1:{site.port}", "identity")
    assert "Transfer-Encoding" not in seen


async def test_a_name_is_connected_to_at_the_address_that_was_checked(site: Web) -> None:
    gate = site.gate("shop.example")
    site.names["shop.example"] = ["127.0.0.1"]
    site.handlers["a"] = says()
    await gate.fetch(EgressRequest("GET", site.url("a", "shop.example")), LIMITS)
    assert site.seen[-1].headers["Host"] == f"shop.example:{site.port}"
    assert site.asked == ["shop.example"]
    await gate.close()


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["::1"], ["64:ff9b::7f00:1"]])
async def test_a_name_that_leads_inside_is_refused_before_anything_is_sent(site: Web, addresses: list[str]) -> None:
    gate = site.gate()
    site.names["evil.example"] = addresses
    with pytest.raises(EgressRefused, match=r"evil\.example is not on the public internet"):
        await gate.fetch(EgressRequest("GET", "http://evil.example/"), LIMITS)
    assert site.seen == []
    await gate.close()


async def test_a_name_that_leads_inside_the_second_time_is_refused_then(site: Web) -> None:
    gate = site.gate("shop.example")
    site.handlers["a"] = says("moved", 302, Location="http://evil.example/")
    site.names |= {"shop.example": ["127.0.0.1"], "evil.example": ["10.0.0.1"]}
    with pytest.raises(EgressRefused, match=r"evil\.example"):
        await gate.fetch(EgressRequest("GET", site.url("a", "shop.example")), LIMITS)
    await gate.close()


async def test_a_name_without_an_address_is_named(site: Web, gate: EgressGate) -> None:
    with pytest.raises(EgressFailed, match=r"nowhere\.example was not found"):
        await gate.fetch(EgressRequest("GET", "http://nowhere.example/"), LIMITS)


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1:1/",
        "http://10.0.0.1/",
        "http://169.254.169.254/latest/meta-data",
        "http://2130706433/",
        "file:///etc/passwd",
        "//[::1]/",
        "http://user:pass@example.org/",
    ],
)
async def test_every_redirect_is_checked_from_the_start(site: Web, gate: EgressGate, location: str) -> None:
    site.handlers["a"] = says("", 302, Location=location)
    with pytest.raises(EgressRefused):
        await gate.fetch(EgressRequest("GET", site.url("a")), LIMITS)


async def test_redirects_are_followed_to_an_end(site: Web, gate: EgressGate) -> None:
    site.handlers |= {"a": says("", 302, Location="/b?x=1"), "b": says("", 308, Location="c"), "c": says("there")}
    response = await gate.fetch(EgressRequest("GET", site.url("a")), LIMITS)
    assert (response.body, response.url) == (b"there", site.url("c"))


async def test_redirects_without_end_are_given_up(site: Web, gate: EgressGate) -> None:
    site.handlers["a"] = says("", 302, Location="/a")
    with pytest.raises(EgressFailed, match="more than 5 times"):
        await gate.fetch(EgressRequest("GET", site.url("a")), LIMITS)
    assert len(site.seen) == 6


@pytest.mark.parametrize(
    ("status", "method", "then", "body"),
    [
        (301, "POST", "GET", b""),
        (302, "POST", "GET", b""),
        (303, "PUT", "GET", b""),
        (307, "POST", "POST", b"body"),
        (308, "PUT", "PUT", b"body"),
        (301, "PUT", "PUT", b"body"),
    ],
)
async def test_a_redirect_keeps_method_and_body_where_it_says_so(
    site: Web, gate: EgressGate, status: int, method: str, then: str, body: bytes
) -> None:
    site.handlers |= {"a": says("", status, Location="/b"), "b": says()}
    await gate.fetch(EgressRequest(method, site.url("a"), [("Content-Type", "text/plain")], b"body"), LIMITS)
    seen = site.seen[-1]
    assert (seen.method, await seen.read(), "Content-Type" in seen.headers) == (then, body, bool(body))


SECRETS = [("Authorization", "Bearer k"), ("Cookie", "c=1"), ("X-Api-Key", "k"), ("X-Plain", "p")]


async def test_no_secret_follows_a_redirect_to_another_origin(site: Web) -> None:
    gate = site.gate("other.example")
    site.names["other.example"] = ["127.0.0.1"]
    site.handlers |= {"a": says("", 307, Location=site.url("b", "other.example")), "b": says()}
    request = EgressRequest("GET", site.url("a"), SECRETS, secret_headers=frozenset({"x-api-KEY"}))
    await gate.fetch(request, LIMITS)
    assert {name for name, _ in SECRETS if name in site.seen[-1].headers} == {"X-Plain"}
    site.handlers["a"] = says("", 307, Location="/b")
    await gate.fetch(request, LIMITS)
    assert {name for name, _ in SECRETS if name in site.seen[-1].headers} == {name for name, _ in SECRETS}
    await gate.close()


async def test_no_proxy_of_the_environment_is_used(
    site: Web, gate: EgressGate, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    site.handlers["a"] = says()
    assert (await gate.fetch(EgressRequest("GET", site.url("a")), LIMITS)).body == b"hi"


async def test_cookies_are_not_kept_from_one_request_to_the_next(site: Web, gate: EgressGate) -> None:
    site.handlers["a"] = says(Set_Cookie="c=1; Path=/")
    for _ in range(2):
        await gate.fetch(EgressRequest("GET", site.url("a")), LIMITS)
    assert "Cookie" not in site.seen[-1].headers


@pytest.mark.parametrize("encoding", ["identity", "gzip", "deflate"])
async def test_an_answer_may_have_as_many_bytes_as_the_limit_and_not_one_more(
    site: Web, gate: EgressGate, encoding: str
) -> None:
    packers: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.compress, "deflate": zlib.compress}
    packed = packers.get(encoding, bytes)
    limits = EgressLimits(size=100_000)
    site.handlers |= {"fits": sends(packed(b"a" * 100_000), encoding), "more": sends(packed(b"a" * 100_001), encoding)}
    assert len((await gate.fetch(EgressRequest("GET", site.url("fits")), limits)).body) == 100_000
    with pytest.raises(EgressTooLarge):
        await gate.fetch(EgressRequest("GET", site.url("more")), limits)


async def test_a_small_answer_that_unpacks_to_a_gigabyte_is_stopped(site: Web, gate: EgressGate) -> None:
    packer = zlib.compressobj(wbits=31)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(256)) + packer.flush()
    site.handlers["a"] = sends(bomb, "gzip")
    with pytest.raises(EgressTooLarge):
        await gate.fetch(EgressRequest("GET", site.url("a")), LIMITS)


async def test_bare_deflate_is_unpacked_too(site: Web, gate: EgressGate) -> None:
    packer = zlib.compressobj(wbits=-15)
    site.handlers["a"] = sends(packer.compress(b"hello") + packer.flush(), "deflate")
    assert (await gate.fetch(EgressRequest("GET", site.url("a")), LIMITS)).body == b"hello"


@pytest.mark.parametrize(("encoding", "body"), [("br", b"x"), ("gzip, gzip", b"x"), ("gzip", b"no gzip")])
async def test_what_cannot_be_unpacked_fails(site: Web, gate: EgressGate, encoding: str, body: bytes) -> None:
    site.handlers["a"] = sends(body, encoding)
    with pytest.raises(EgressFailed):
        await gate.fetch(EgressRequest("GET", site.url("a")), LIMITS)


@pytest.mark.parametrize("count", [105, 500])
async def test_too_many_headers_are_refused(site: Web, gate: EgressGate, count: int) -> None:
    site.handlers["a"] = says("hi", 200, **{f"X_{number}": "v" for number in range(count)})
    with pytest.raises(EgressFailed):
        await gate.fetch(EgressRequest("GET", site.url("a")), LIMITS)


async def test_a_server_that_never_answers_is_left(site: Web, gate: EgressGate) -> None:
    release = asyncio.Event()

    async def silent(_: web.Request) -> web.Response:
        await release.wait()
        return web.Response()

    site.handlers["a"] = silent
    with pytest.raises(EgressTimeout, match=r"127\.0\.0\.1 did not answer in time"):
        await gate.fetch(EgressRequest("GET", site.url("a")), EgressLimits(first_byte=0.1))
    release.set()


async def test_a_server_that_never_comes_to_its_end_is_left(site: Web, gate: EgressGate) -> None:
    release = asyncio.Event()

    async def dripping(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"a")
        await release.wait()
        return response

    site.handlers["a"] = dripping
    with pytest.raises(EgressTimeout):
        await gate.fetch(EgressRequest("GET", site.url("a")), EgressLimits(total=0.2))
    release.set()


async def test_a_server_that_is_not_there_is_named_and_the_query_is_not(site: Web, gate: EgressGate) -> None:
    port = site.port
    assert site.runner is not None
    await site.runner.cleanup()
    with pytest.raises(EgressFailed, match=r"127\.0\.0\.1 cannot be reached") as failed:
        await gate.fetch(EgressRequest("GET", f"http://127.0.0.1:{port}/?key=hunter2"), LIMITS)
    assert "hunter2" not in failed.value.message


@pytest.mark.parametrize("answer", [b"", b"not http\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"])
async def test_an_answer_that_is_none_fails_in_a_sentence(site: Web, answer: bytes) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    site.port = server.sockets[0].getsockname()[1]
    gate = site.gate()
    with pytest.raises(EgressFailed, match=r"^127\.0\.0\.1 .*\.$"):
        await gate.fetch(EgressRequest("GET", site.url("")), LIMITS)
    await gate.close()
    server.close()
    await server.wait_closed()


async def test_a_server_that_speaks_no_tls_is_told_apart(site: Web, gate: EgressGate) -> None:
    with pytest.raises(EgressFailed, match="TLS"):
        await gate.fetch(EgressRequest("GET", f"https://127.0.0.1:{site.port}/"), LIMITS)


@pytest.mark.parametrize("method", ["CONNECT", "TRACE", "", "GET / HTTP/1.1\r\nX:", "FETCH"])
async def test_other_methods_are_refused(site: Web, gate: EgressGate, method: str) -> None:
    with pytest.raises(EgressRefused, match="no method"):
        await gate.fetch(EgressRequest(method, site.url("a")), LIMITS)


@pytest.mark.parametrize(
    ("name", "value"), [("X\r\nY", "v"), ("X Y", "v"), ("", "v"), ("X", "a\r\nY: b"), ("X", "a\x00"), ("X:", "v")]
)
async def test_a_header_cannot_become_two(site: Web, gate: EgressGate, name: str, value: str) -> None:
    with pytest.raises(EgressRefused, match="header"):
        await gate.fetch(EgressRequest("GET", site.url("a"), [(name, value)]), LIMITS)


async def test_connections_are_checked_at_their_other_end(
    site: Web, gate: EgressGate, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.handlers["a"] = says()

    def peer(self: asyncio.BaseTransport, name: str, default: Any = None) -> Any:
        return ("169.254.169.254", 80) if name == "peername" else default

    monkeypatch.setattr("asyncio.selector_events._SelectorSocketTransport.get_extra_info", peer)
    with pytest.raises(EgressRefused, match="metadata"):
        await gate.fetch(EgressRequest("GET", site.url("a")), LIMITS)


@pytest.mark.parametrize("trusting", [True, False])
async def test_a_certificate_is_checked_unless_the_request_says_otherwise(site: Web, trusting: bool) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(Path(__file__).parent / "self_signed.pem")
    assert site.runner is not None
    secure = web.TCPSite(site.runner, "127.0.0.1", 0, ssl_context=context)
    await secure.start()
    site.port = site.runner.addresses[-1][1]
    site.handlers["a"] = says()
    gate = site.gate()
    request = EgressRequest("GET", f"https://127.0.0.1:{site.port}/a", verify_tls=not trusting)
    if trusting:
        assert (await gate.fetch(request, LIMITS)).body == b"hi"
    else:
        with pytest.raises(EgressFailed, match="not trusted"):
            await gate.fetch(request, LIMITS)
    await gate.close()


async def test_a_stream_is_read_while_it_comes(site: Web, gate: EgressGate) -> None:
    read = asyncio.Event()

    async def pieces(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"X-One": "1"})
        await response.prepare(request)
        await response.write(b"one")
        await read.wait()
        await response.write(b"two")
        return response

    site.handlers["a"] = pieces
    got = []
    async with gate.stream(EgressRequest("GET", site.url("a")), LIMITS) as answer:
        async for piece in answer.pieces:
            got.append(piece)
            read.set()
    assert (answer.status, answer.headers["x-one"], got) == (200, "1", [b"one", b"two"])


async def test_a_stream_that_is_left_ends_at_its_server(site: Web, gate: EgressGate) -> None:
    ended = asyncio.Event()

    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                await response.write(b"more")
                await asyncio.sleep(0)
        except ConnectionError:
            ended.set()
            raise

    site.handlers["a"] = endless
    async with gate.stream(EgressRequest("GET", site.url("a")), LIMITS) as answer:
        assert await anext(answer.pieces)
    await asyncio.wait_for(ended.wait(), 20)


async def read(gate: EgressGate, url: str, limits: EgressLimits, *, seconds: float = 30) -> None:
    """Read a stream to its end, within a time of the reader's own."""
    async with gate.stream(EgressRequest("GET", url), limits) as answer, asyncio.timeout(seconds):
        async for _ in answer.pieces:
            pass


async def test_a_stream_has_the_limits_and_the_rules_of_a_fetch(site: Web, gate: EgressGate) -> None:
    site.handlers["large"] = says("x" * 2000)
    site.handlers["away"] = says("", 302, Location="http://169.254.169.254/")
    with pytest.raises(EgressTooLarge):
        await read(gate, site.url("large"), EgressLimits(size=1000))
    with pytest.raises(EgressRefused):
        await read(gate, site.url("away"), LIMITS)


async def test_a_stream_that_takes_too_long_is_ended_and_a_time_out_of_its_reader_is_the_readers(
    site: Web, gate: EgressGate
) -> None:
    done = asyncio.Event()

    async def silent(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await done.wait()
        return response

    site.handlers["a"] = silent
    with pytest.raises(EgressTimeout):
        await read(gate, site.url("a"), EgressLimits(total=0.2))
    with pytest.raises(TimeoutError):
        await read(gate, site.url("a"), LIMITS, seconds=0.2)
    done.set()
