"""Requests of operations: made of arguments, and of what lets them in."""

import base64
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from loomwork.adapters.openapi.writing import in_cookie, in_header, in_path, pairs, text
from loomwork.adapters.tools.reading import bytes_of
from loomwork.adapters.tools.world import ToolWorld
from loomwork.engine.variables import File
from loomwork.nodes.ports import EgressRequest
from loomwork.tools.api import ToolInputInvalid
from loomwork.tools.domain.api_definition import AuthScheme, Body, Operation, Slot
from loomwork.tools.domain.call import ToolCall

KEYED = frozenset({"POST", "PATCH"})
ABSENT = object()


@dataclass(slots=True)
class LetIn:
    """What lets a request in, by where it stands in it."""

    headers: dict[str, str] = field(default_factory=dict)
    query: list[tuple[str, str]] = field(default_factory=list)
    cookies: list[str] = field(default_factory=list)
    secrets: list[str] = field(default_factory=list)


def value_of(slot: Slot, arguments: Mapping[str, Any]) -> Any:
    """What is sent for it; `ABSENT` for nothing."""
    return slot.value if slot.fixed else arguments.get(slot.name, ABSENT)


def let_in_by(scheme: AuthScheme, values: Mapping[str, str], into: LetIn) -> None:
    """Put the credentials of one scheme, which are there, where they belong. OAuth2 is not asked for here."""
    match scheme.kind:
        case "basic":
            pair = f"{values.get('username', '')}:{values.get('password', '')}"
            written = base64.b64encode(pair.encode()).decode("ascii")
            into.headers["Authorization"] = f"Basic {written}"
            into.secrets += [written, values.get("password", "")]
        case "bearer":
            into.headers["Authorization"] = f"Bearer {values['key']}"
        case "header":
            into.headers[scheme.name] = scheme.prefix + values["key"]
        case "query":
            into.query.append((quote(scheme.name, safe=""), quote(values["key"], safe="")))
        case "cookie":
            into.cookies.append(f"{quote(scheme.name, safe='')}={quote(values['key'], safe='')}")
    into.secrets += [values[name] for name in ("key", "secret") if values.get(name)]


async def request_of(
    operation: Operation, server: str, call: ToolCall, let_in: LetIn, world: ToolWorld
) -> EgressRequest:
    """The request of one call. Raises `ToolInputInvalid`."""
    headers, cookies, query = _beside(operation, call.arguments)
    content, content_type = await _body(operation.body, call, world)
    if content_type:
        headers["Content-Type"] = content_type
    headers["Accept"] = operation.accept
    if operation.method in KEYED:
        headers.setdefault("Idempotency-Key", call.key)
    # What lets in goes before what a caller says: nobody's argument may take its place.
    taken = {name.lower() for name in let_in.headers}
    headers = {name: value for name, value in headers.items() if name.lower() not in taken} | let_in.headers
    if cookies or let_in.cookies:
        headers["Cookie"] = "; ".join([*cookies, *let_in.cookies])
    url = _with_query(server + _path(operation, call.arguments), [*query, *let_in.query])
    secret = frozenset(let_in.headers)
    return EgressRequest(operation.method, url, list(headers.items()), content, secret_headers=secret)


def _path(operation: Operation, arguments: Mapping[str, Any]) -> str:
    path = operation.path
    for slot in operation.parameters:
        if slot.place == "path":
            value = value_of(slot, arguments)
            if value is ABSENT:
                raise ToolInputInvalid(f"It needs a value for {slot.name!r}.", parameter=slot.name)
            path = _put(path, slot.wire, in_path(slot, value))
    if any(segment in (".", "..") for segment in path.split("/")):
        raise ToolInputInvalid("These values would lead elsewhere than to the operation's address.")
    return path


def _put(path: str, wire: str, value: str) -> str:
    """A value's own braces are written with percent signs by now, so none is taken for a place."""
    return path.replace(f"{{{wire}}}", value).replace(f"{{{quote(wire, safe='')}}}", value)


def _beside(
    operation: Operation, arguments: Mapping[str, Any]
) -> tuple[dict[str, str], list[str], list[tuple[str, str]]]:
    headers: dict[str, str] = {}
    cookies: list[str] = []
    query: list[tuple[str, str]] = []
    for slot in operation.parameters:
        value = value_of(slot, arguments)
        if value is ABSENT:
            continue
        match slot.place:
            case "header":
                headers[slot.wire] = in_header(slot, value)
            case "cookie":
                cookies += in_cookie(slot, value)
            case "query":
                query += pairs(slot, value)
            case "path":
                pass
    return headers, cookies, query


def _with_query(url: str, query: list[tuple[str, str]]) -> str:
    if not query:
        return url
    return f"{url}{'&' if '?' in url else '?'}{'&'.join(f'{name}={value}' for name, value in query)}"


async def _body(body: Body | None, call: ToolCall, world: ToolWorld) -> tuple[bytes | None, str]:
    if body is None:
        return None, ""
    if body.whole is not None:
        value = value_of(body.whole, call.arguments)
        return (None, "") if value is ABSENT else await _whole(body, value, call, world)
    said = [(slot, value_of(slot, call.arguments)) for slot in body.slots]
    given = [(slot, value) for slot, value in said if value is not ABSENT]
    # Constants alone are no reason to send a body that may be left out.
    if not body.required and all(slot.fixed for slot, _ in given) and not _is_all_fixed(body):
        return None, ""
    return await _of_slots(body, given, call, world)


def _is_all_fixed(body: Body) -> bool:
    return bool(body.slots) and all(slot.fixed for slot in body.slots)


async def _whole(body: Body, value: Any, call: ToolCall, world: ToolWorld) -> tuple[bytes, str]:
    if body.kind == "json":
        return _json(value), body.media_type
    if body.kind == "raw":
        if isinstance(value, File):
            return await bytes_of(call.scope, value, world), body.media_type
        return text(value).encode(), body.media_type
    if not isinstance(value, Mapping):
        raise ToolInputInvalid("The body must be an object.", parameter="body")
    slots = [(Slot(name=str(name), wire=str(name)), each) for name, each in value.items()]
    return await _of_slots(body, slots, call, world)


async def _of_slots(body: Body, given: list[tuple[Slot, Any]], call: ToolCall, world: ToolWorld) -> tuple[bytes, str]:
    if body.kind == "json":
        return _json({slot.wire: value for slot, value in given}), body.media_type
    if body.kind == "form":
        found = [pair for slot, value in given for pair in pairs(slot, value)]
        return "&".join(f"{name}={value}" for name, value in found).encode(), body.media_type
    return await _multipart(given, call, world)


def _json(value: Any) -> bytes:
    try:
        return json.dumps(value, ensure_ascii=False, default=_written).encode()
    except UnicodeEncodeError:
        raise ToolInputInvalid("A value holds half of a surrogate pair, which is no character.") from None


def _written(value: Any) -> Any:
    return value.wire() if isinstance(value, File) else str(value)


async def _multipart(given: list[tuple[Slot, Any]], call: ToolCall, world: ToolWorld) -> tuple[bytes, str]:
    boundary = f"loomwork-{secrets.token_hex(16)}"
    pieces: list[bytes] = []
    for slot, value in given:
        for one in value if isinstance(value, list | tuple) and slot.media_type is None else [value]:
            pieces += [f"--{boundary}\r\n".encode(), await _part(slot, one, call, world), b"\r\n"]
    pieces.append(f"--{boundary}--\r\n".encode())
    return b"".join(pieces), f"multipart/form-data; boundary={boundary}"


async def _part(slot: Slot, value: Any, call: ToolCall, world: ToolWorld) -> bytes:
    head = f'Content-Disposition: form-data; name="{_quoted(slot.wire)}"'
    media_type = _header_safe(slot.media_type or "")
    if isinstance(value, File):
        content = await bytes_of(call.scope, value, world)
        head += f'; filename="{_quoted(value.name or "file")}"'
        media_type = (media_type if "*" not in media_type and "," not in media_type else "") or _header_safe(
            value.mime_type or "application/octet-stream"
        )
    else:
        content = text(value).encode("utf-8", "replace")
        media_type = media_type or ("application/json" if isinstance(value, Mapping | list) else "")
    typed = f"\r\nContent-Type: {media_type}" if media_type else ""
    return f"{head}{typed}\r\n\r\n".encode() + content


def _quoted(name: str) -> str:
    """As browsers write names in a form (WHATWG, multipart/form-data encoding)."""
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def _header_safe(media_type: str) -> str:
    return "".join(each for each in media_type if each.isascii() and each.isprintable())
