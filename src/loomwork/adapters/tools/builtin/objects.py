"""Objects of S3, and of what speaks its protocol: requests signed by Signature Version 4."""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit
from xml.etree import ElementTree

from loomwork.adapters.tools.asking import clean, fetched, refused
from loomwork.adapters.tools.reading import bytes_of
from loomwork.adapters.tools.world import ToolWorld
from loomwork.adapters.wires.aws_signature import AwsKey, Signer
from loomwork.nodes.ports import EgressRequest, EgressResponse
from loomwork.tools.api import ToolInputInvalid, ToolOutputInvalid, ToolRefused
from loomwork.tools.domain.call import ToolCall, ToolResult, file_of

__all__ = ["get_object", "list_objects", "operate", "put_object"]

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_REGION = re.compile(r"[a-z0-9-]{1,40}")
LONGEST_KEY = 1024
LARGEST_TEXT = 1_000_000
"""Bytes of an object that is handed on as a text, too."""
LARGEST_XML = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Place:
    bucket: str
    key: str = ""


async def get_object(call: ToolCall, world: ToolWorld) -> ToolResult:
    """The object as a file, and as a text where it is one."""
    return await _read(call, world, _place(call.arguments["bucket"], call.arguments["key"]))


async def put_object(call: ToolCall, world: ToolWorld) -> ToolResult:
    """Written, in the place of what was there."""
    given = call.arguments
    if ("content" in given) is ("file" in given):
        raise ToolInputInvalid("Give either a `content` or a `file`.", parameter="content")
    if "file" in given:
        body, kind = await bytes_of(call.scope, given["file"], world), given["file"].mime_type or ""
    else:
        body, kind = given["content"].encode("utf-8", "replace"), "text/plain; charset=utf-8"
    place = _place(given["bucket"], given["key"])
    return await _write(call, world, place, body, given.get("content_type") or kind)


async def operate(call: ToolCall, world: ToolWorld) -> ToolResult:
    """Read or written, at `s3://bucket/key`."""
    scheme, mark, rest = call.arguments["s3_uri"].strip().partition("://")
    bucket, _, key = rest.partition("/")
    if scheme != "s3" or not mark:
        raise ToolInputInvalid("The address is of the form s3://bucket/key.", parameter="s3_uri")
    place = _place(bucket, key)
    if call.arguments["operation_type"] == "read":
        return await _read(call, world, place)
    body = (call.arguments.get("text_content") or "").encode("utf-8", "replace")
    return await _write(call, world, place, body, "text/plain; charset=utf-8")


async def list_objects(call: ToolCall, world: ToolWorld) -> ToolResult:
    """Their keys, sizes and times."""
    query = {"list-type": "2", "max-keys": str(call.arguments["limit"]), "prefix": call.arguments.get("prefix") or ""}
    place = _place(call.arguments["bucket"])
    response = await _asked(call, world, "GET", place, query={name: value for name, value in query.items() if value})
    objects, more = _listed(response.body)
    text = "\n".join(f"{each['key']} ({each['size']} bytes, {each['last_modified']})" for each in objects)
    text = text or "There are no such objects."
    return ToolResult(text, json=[{"objects": objects, "more": more}], marks=frozenset({"retrieved"}))


async def _read(call: ToolCall, world: ToolWorld, place: _Place) -> ToolResult:
    response = await _asked(call, world, "GET", place)
    kind = response.headers.get("content-type", "").partition(";")[0].strip()
    name = place.key.rstrip("/").rpartition("/")[2] or "object"
    file = file_of(response.body, name=name, mime_type=kind)
    return ToolResult(_text_of(response.body), files=[file], marks=frozenset({"retrieved"}))


async def _write(call: ToolCall, world: ToolWorld, place: _Place, body: bytes, kind: str) -> ToolResult:
    headers = {"Content-Type": kind} if kind else {}
    response = await _asked(call, world, "PUT", place, body=body, headers=headers)
    etag = response.headers.get("etag", "").strip('"')
    written = {"bucket": place.bucket, "key": place.key, "size": len(body), "etag": etag}
    return ToolResult(f"Written: s3://{place.bucket}/{place.key} ({len(body)} bytes).", json=[written])


async def _asked(
    call: ToolCall,
    world: ToolWorld,
    method: str,
    place: _Place,
    *,
    query: dict[str, str] | None = None,
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
) -> EgressResponse:
    let_in = call.credentials
    secret = let_in["secret_access_key"]
    key = AwsKey(let_in["access_key_id"], secret, let_in.get("session_token"))
    region = let_in["region"]
    if not _REGION.fullmatch(region):
        raise ToolRefused("The region in the credentials is none.")
    url = _url(place, region, let_in.get("endpoint", ""))
    if query:
        url += "?" + urlencode(query, quote_via=quote)
    signer = Signer(key, region, "s3")
    signed = signer.signed(method, url, headers or {}, body or b"", now=world.clock.now())
    request = EgressRequest(
        method, url, list(signed.items()), body, secret_headers=frozenset(name.lower() for name in signed)
    )
    response = await fetched(world.egress, request, label="The object store")
    if not 200 <= response.status < 300:
        said = _said(response.body, [secret, let_in.get("session_token", "")])
        raise refused(response, label="The object store", said=said, let_in=True)
    return response


def _url(place: _Place, region: str, endpoint: str) -> str:
    """With a bucket's own host at Amazon, and the bucket in the path elsewhere."""
    path = quote(place.key, safe="/-_.~")
    if not endpoint:
        # A dot in the name would be none that the certificate holds for.
        if "." not in place.bucket:
            return f"https://{place.bucket}.s3.{region}.amazonaws.com/{path}"
        endpoint = f"https://s3.{region}.amazonaws.com"
    parts = urlsplit(endpoint)
    if parts.scheme not in ("http", "https") or not parts.netloc or "@" in parts.netloc:
        raise ToolRefused("The endpoint in the credentials is no address of the web.")
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}/{place.bucket}/{path}".removesuffix("/")


def _place(bucket: str, key: str | None = None) -> _Place:
    bucket = bucket.strip()
    if not _BUCKET.fullmatch(bucket) or ".." in bucket:
        raise ToolInputInvalid(f"{bucket[:63]!r} is no name of a bucket.", parameter="bucket")
    if key is None:
        return _Place(bucket)
    # Clients take away steps in a path, so that another object would be asked for than was signed.
    steps = key.split("/")
    if not 0 < len(key.encode()) <= LONGEST_KEY or not key.isprintable() or "." in steps or ".." in steps:
        raise ToolInputInvalid("A key has 1 to 1024 bytes, and no steps such as `..` in it.", parameter="key")
    return _Place(bucket, key)


def _text_of(content: bytes) -> str:
    if len(content) > LARGEST_TEXT or b"\x00" in content:
        return ""
    try:
        return content.decode()
    except UnicodeDecodeError:
        return ""


def _listed(content: bytes) -> tuple[list[dict[str, Any]], bool]:
    root = _xml(content)
    if root is None:
        raise ToolOutputInvalid("The object store answered with something that is no list of objects.")
    objects = [
        {
            "key": each.findtext("{*}Key", ""),
            "size": _number(each.findtext("{*}Size", "0")),
            "last_modified": each.findtext("{*}LastModified", ""),
        }
        for each in root.iterfind("{*}Contents")
    ]
    return objects, root.findtext("{*}IsTruncated", "") == "true"


def _said(content: bytes, secrets: list[str]) -> str:
    root = _xml(content)
    if root is None:
        return ""
    code, message = root.findtext("{*}Code", ""), root.findtext("{*}Message", "")
    return clean(f"{code}: {message}", secrets) if code else ""


def _xml(content: bytes) -> ElementTree.Element | None:
    if len(content) > LARGEST_XML or b"<!" in content:
        return None
    try:
        return ElementTree.fromstring(content)  # noqa: S314 - no declaration is let in above, so no entity grows
    except ElementTree.ParseError:
        return None


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0
