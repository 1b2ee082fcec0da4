"""Objects of S3 are asked for by requests that are signed as the documentation has it."""

import base64
import hashlib
from datetime import UTC, datetime
from typing import Any

import pytest

from loomwork.adapters.wires.aws_signature import AwsKey, Signer
from loomwork.kernel.scope import embedded_scope
from loomwork.tools.api import ToolCredentialsRefused, ToolFailed, ToolInputInvalid, ToolRefused, ToolResult
from tests.contracts.tools.exchanging import OtherSide, SaidResponse, shipped_tools

OURS = embedded_scope()
KEY = {"access_key_id": "AKIAIOSFODNN7EXAMPLE", "secret_access_key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}
DAY = datetime(2013, 5, 24, tzinfo=UTC)
LISTED = """<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>examplebucket</Name><IsTruncated>true</IsTruncated>
<Contents><Key>J/a b.txt</Key><Size>7</Size><LastModified>2026-01-01T00:00:00.000Z</LastModified></Contents>
</ListBucketResult>"""
ERROR = "<Error><Code>AccessDenied</Code><Message>Not for wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY</Message></Error>"


class ThatDay:
    def now(self) -> datetime:
        return DAY

    def monotonic(self) -> float:
        return 0.0


async def asked(
    other_side: OtherSide, name: str, arguments: dict[str, Any], more: dict[str, str] | None = None
) -> ToolResult:
    tools = shipped_tools(other_side, clock=ThatDay())
    await tools.save_credential(OURS, "s3", {**KEY, **(more or {})})
    return await tools.call(OURS, f"s3/{name}", arguments, key="k")


@pytest.mark.parametrize(
    ("method", "path", "headers", "signature"),
    [
        (
            "GET",
            "test.txt",
            {"Range": "bytes=0-9"},
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        ),
        ("GET", "?lifecycle", {}, "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
        ("GET", "?max-keys=2&prefix=J", {}, "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
    ],
)
def test_a_signature_is_that_of_the_documentation(
    method: str, path: str, headers: dict[str, str], signature: str
) -> None:
    signer = Signer(AwsKey(KEY["access_key_id"], KEY["secret_access_key"]), "us-east-1", "s3")
    signed = signer.signed(method, f"https://examplebucket.s3.amazonaws.com/{path}", headers, b"", now=DAY)
    assert signed["Authorization"].rpartition("Signature=")[2] == signature


async def test_an_object_is_read_as_a_file_and_a_text() -> None:
    other_side = OtherSide([SaidResponse(body="héllo", headers={"Content-Type": "text/plain; charset=utf-8"})])
    result = await asked(other_side, "get_object", {"bucket": "examplebucket", "key": "a/b c+é.txt"})
    (request,) = other_side.asked
    assert request.url == "https://examplebucket.s3.us-east-1.amazonaws.com/a/b%20c%2B%C3%A9.txt"
    assert "authorization" in request.secret_headers
    assert (result.text, result.files[0].name, result.files[0].mime_type) == ("héllo", "b c+é.txt", "text/plain")
    assert "retrieved" in result.marks


async def test_an_object_is_written_with_the_hash_of_its_bytes() -> None:
    other_side = OtherSide([SaidResponse(headers={"ETag": '"abc"'})])
    result = await asked(other_side, "put_object", {"bucket": "examplebucket", "key": "x.txt", "content": "Welcome to"})
    (request,) = other_side.asked
    headers = dict(request.headers)
    assert (request.method, request.body, result.json[0]["etag"]) == ("PUT", b"Welcome to", "abc")
    assert headers["X-Amz-Content-Sha256"] == hashlib.sha256(b"Welcome to").hexdigest()
    assert headers["Content-Type"] == "text/plain; charset=utf-8"


async def test_a_file_is_written_as_it_is() -> None:
    other_side = OtherSide([SaidResponse()])
    file = {"url": f"data:image/png;base64,{base64.b64encode(b'picture').decode()}", "mime_type": "image/png"}
    await asked(other_side, "put_object", {"bucket": "examplebucket", "key": "x.png", "file": file})
    (request,) = other_side.asked
    assert request.body == b"picture"
    assert dict(request.headers)["Content-Type"] == "image/png"


async def test_objects_are_listed_at_another_service_too() -> None:
    other_side = OtherSide([SaidResponse(body=LISTED)])
    endpoint = {"endpoint": "https://s3.example.com/", "region": "eu-1"}
    result = await asked(other_side, "list_objects", {"bucket": "examplebucket", "prefix": "J/a"}, endpoint)
    assert other_side.asked[0].url == "https://s3.example.com/examplebucket?list-type=2&max-keys=100&prefix=J%2Fa"
    objects = [{"key": "J/a b.txt", "size": 7, "last_modified": "2026-01-01T00:00:00.000Z"}]
    assert result.json == [{"objects": objects, "more": True}]


async def test_an_address_names_bucket_and_key() -> None:
    other_side = OtherSide([SaidResponse(body="text")])
    result = await asked(other_side, "s3_operator", {"s3_uri": "s3://examplebucket/a/b.txt"})
    written = {"s3_uri": "s3://examplebucket/a/b.txt", "operation_type": "write", "text_content": "x"}
    await asked(other_side, "s3_operator", written)
    assert result.text == "text"
    assert [(each.method, each.url[-8:]) for each in other_side.asked] == [("GET", "/a/b.txt"), ("PUT", "/a/b.txt")]


async def test_a_refusal_is_told_without_the_secret() -> None:
    with pytest.raises(ToolCredentialsRefused, match="AccessDenied") as refused:
        await asked(
            OtherSide([SaidResponse(status=403, body=ERROR)]), "get_object", {"bucket": "examplebucket", "key": "x"}
        )
    assert KEY["secret_access_key"] not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("get_object", {"bucket": "evil.example.org/", "key": "x"}),
        ("get_object", {"bucket": "a..b", "key": "x"}),
        ("get_object", {"bucket": "UPPER", "key": "x"}),
        ("get_object", {"bucket": "examplebucket", "key": "../other/secret"}),
        ("get_object", {"bucket": "examplebucket", "key": ""}),
        ("get_object", {"bucket": "examplebucket", "key": "x" * 1025}),
        ("get_object", {"bucket": "examplebucket", "key": "a\nb"}),
        ("put_object", {"bucket": "examplebucket", "key": "x"}),
        ("s3_operator", {"s3_uri": "https://example.com/a"}),
        ("s3_operator", {"s3_uri": "s3://examplebucket"}),
    ],
)
async def test_what_names_no_object_is_not_asked_for(name: str, arguments: dict[str, Any]) -> None:
    other_side = OtherSide([SaidResponse()])
    with pytest.raises(ToolInputInvalid):
        await asked(other_side, name, arguments)
    assert other_side.asked == []


@pytest.mark.parametrize("more", [{"endpoint": "file:///etc"}, {"endpoint": "https://u@h"}, {"region": "a/../b"}])
async def test_credentials_that_lead_elsewhere_are_refused(more: dict[str, str]) -> None:
    with pytest.raises(ToolRefused):
        await asked(OtherSide([SaidResponse()]), "get_object", {"bucket": "examplebucket", "key": "x"}, more)


@pytest.mark.parametrize("body", ["no xml", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', ""])
async def test_an_answer_that_is_no_list_is_refused(body: str) -> None:
    with pytest.raises(ToolFailed, match="no list"):
        await asked(OtherSide([SaidResponse(body=body)]), "list_objects", {"bucket": "examplebucket"})
