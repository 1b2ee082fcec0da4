"""The body of a request: what it is made of, and its bytes."""

import hashlib
import json
import re
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from loomwork.engine.ports import Binder, NodeContext, NodeError
from loomwork.engine.variables import MISSING, File, Ref, Template
from loomwork.nodes.file_bytes import bytes_of
from loomwork.nodes.http_request.config import Body, BodyItem
from loomwork.nodes.http_request.tolerant_json import NotJson, parsed, read_json
from loomwork.nodes.ports import FileBytes
from loomwork.nodes.reading import Inputs, joined, shown, template_inputs

_QUOTE = re.compile(r'"')
_ESCAPED_QUOTE = re.compile(r'\\"')

LARGEST_FILE = 10 * 1024 * 1024
LARGEST_BODY = 20 * 1024 * 1024
"""Bytes sent at most, of one file and in all."""


@dataclass(frozen=True, slots=True)
class SentBody:
    """`content` is None where there is no body."""

    content: bytes | None
    content_type: str | None


@dataclass(frozen=True, slots=True)
class BoundItem:
    """A row of the body: a text, or the reference of a file."""

    key: Template
    value: Template
    file: Ref | None


@dataclass(frozen=True, slots=True)
class FormPart:
    """A field of a form; a file where it has a name of one."""

    name: str
    content: bytes
    file_name: str | None = None
    content_type: str | None = None


class BoundBody:
    """The body of one node, ready to become bytes in any run. Raises `NodeError` where it cannot."""

    def __init__(self, config: Body, binder: Binder, files: FileBytes) -> None:
        self._type = config.type
        self._items = [_bound_item(item, binder, config.type) for item in config.data]
        self._files = files
        templates = [template for item in self._items for template in (item.key, item.value)]
        refs = [item.file for item in self._items if item.file is not None]
        self.inputs: Inputs = joined(template_inputs(*templates), shown(refs))

    async def sent(self, context: NodeContext) -> SentBody:
        body = await self._made(context)
        if body.content is not None and len(body.content) > LARGEST_BODY:
            raise NodeError(f"The body is larger than {LARGEST_BODY} bytes.", code="body_too_large", retryable=False)
        return body

    async def _made(self, context: NodeContext) -> SentBody:
        match self._type:
            case "none":
                return SentBody(None, None)
            case "json":
                return self._json(context)
            case "raw-text":
                return SentBody(self._text(context).encode(errors="replace"), "text/plain; charset=utf-8")
            case "x-www-form-urlencoded":
                pairs = [(context.render(item.key), context.render(item.value)) for item in self._items]
                return SentBody(urlencode(pairs, errors="replace").encode(), "application/x-www-form-urlencoded")
            case "form-data":
                return multipart([part async for part in self._parts(context)])
            case "binary":
                return await self._binary(context)

    def _json(self, context: NodeContext) -> SentBody:
        """As the template makes it; where that is no JSON, with the texts between its quotes escaped."""
        text = self._text(context)
        if not text.strip():
            return SentBody(None, None)
        value = parsed(text)
        if value is MISSING:
            value = _read(escaped(self._items[0].value, context))
        return _json_body(value)

    def _text(self, context: NodeContext) -> str:
        return context.render(self._items[0].value) if self._items else ""

    async def _parts(self, context: NodeContext) -> AsyncIterator[FormPart]:
        for item in self._items:
            name = context.render(item.key)
            if item.file is None:
                yield FormPart(name, context.render(item.value).encode(errors="replace"))
                continue
            for file in _files(context.get(item.file), item.file):
                content = await bytes_of(file, context, self._files, limit=LARGEST_FILE)
                yield FormPart(name, content, file.name or "file", file.mime_type or "application/octet-stream")

    async def _binary(self, context: NodeContext) -> SentBody:
        ref = self._items[0].file if self._items else None
        files = _files(context.get(ref), ref) if ref is not None else []
        if len(files) != 1:
            message = "A binary body is one file, and there is none, or there are several."
            raise NodeError(message, code="invalid_body", retryable=False)
        content = await bytes_of(files[0], context, self._files, limit=LARGEST_FILE)
        return SentBody(content, files[0].mime_type or "application/octet-stream")


def multipart(parts: Sequence[FormPart]) -> SentBody:
    """`multipart/form-data` (RFC 7578). The boundary comes from the content, so that a retry sends the same bytes."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.content)
    boundary = f"loomwork-{digest.hexdigest()[:40]}"
    pieces: list[bytes] = []
    for part in parts:
        pieces += [f"--{boundary}\r\n{_part_head(part)}\r\n".encode(errors="replace"), part.content, b"\r\n"]
    pieces.append(f"--{boundary}--\r\n".encode())
    return SentBody(b"".join(pieces), f"multipart/form-data; boundary={boundary}")


def _part_head(part: FormPart) -> str:
    disposition = f'Content-Disposition: form-data; name="{_quoted(part.name)}"'
    if part.file_name is None:
        return f"{disposition}\r\n"
    return f'{disposition}; filename="{_quoted(part.file_name)}"\r\nContent-Type: {_one_line(part.content_type)}\r\n'


def _quoted(name: str) -> str:
    """As browsers write names in forms (WHATWG HTML)."""
    return name.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")


def _one_line(text: str | None) -> str:
    return "".join(character for character in text or "" if character.isprintable())


def escaped(template: Template, context: NodeContext) -> str:
    """A JSON template's text, in which values that stand between quotes cannot end them."""
    pieces: list[str] = []
    is_inside = False
    for segment in template.segments:
        if isinstance(segment, str):
            quotes = len(_QUOTE.findall(segment)) - len(_ESCAPED_QUOTE.findall(segment))
            is_inside ^= quotes % 2 == 1
            pieces.append(segment)
        else:
            text = context.render(Template((segment,)))
            pieces.append(json.dumps(text, ensure_ascii=False)[1:-1] if is_inside else text)
    return "".join(pieces)


def _read(text: str) -> Any:
    try:
        return read_json(text)
    except NotJson as error:
        raise NodeError(f"The body is not JSON: {error}.", code="invalid_body", retryable=False) from None


def _json_body(value: Any) -> SentBody:
    try:
        content = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        return SentBody(content.encode(), "application/json")
    except (ValueError, RecursionError):
        raise NodeError("The body holds what JSON cannot carry.", code="invalid_body", retryable=False) from None


def _files(value: Any, ref: Ref) -> list[File]:
    found: Iterable[Any] = value if isinstance(value, list) else [value]
    files = [item for item in found if isinstance(item, File)]
    if not files:
        message = f"The body takes a file from '{'.'.join(ref.selector)}', which holds none."
        raise NodeError(message, code="invalid_body", retryable=False)
    return files


def _bound_item(item: BodyItem, binder: Binder, body_type: str) -> BoundItem:
    wants_file = body_type == "binary" or item.type == "file"
    return BoundItem(
        key=binder.template(item.key, field_name="body.data"),
        value=binder.template(item.value, field_name="body.data"),
        file=binder.ref(item.file, field_name="body.data") if wants_file and item.file else None,
    )
