"""Makes a result of an answer, as its file says."""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

import jmespath

from loomwork.adapters.tools.asking import Asked
from loomwork.adapters.tools.cards import Answer
from loomwork.adapters.tools.templates import Values, text_of
from loomwork.adapters.tools.world import ToolWorld
from loomwork.engine.variables import File
from loomwork.nodes.ports import DocumentUnreadable, EgressResponse
from loomwork.tools.api import Link, Mark, ToolOutputInvalid, ToolResult
from loomwork.tools.domain.call import file_of

_FILE_NAME = re.compile(r"""filename\*?=\s*(?:UTF-8'[^']*')?"?([^";]+)"?""", re.IGNORECASE)
_CHARSET = re.compile(r"""charset\s*=\s*["']?([\w.:-]+)""", re.IGNORECASE)
PAGE = "text/html"


async def result_of(answer: Answer, asked: Asked, world: ToolWorld, *, most: int | None = None) -> ToolResult:
    """With so many items of lists at most. Raises `ToolOutputInvalid` for what is not as the file expects it."""
    marks: frozenset[Mark] = frozenset({"web"}) if answer.web else frozenset()
    match answer.format:
        case "json":
            return _of_json(answer, asked.value, marks, most)
        case "text":
            return ToolResult(body_text(asked.response), marks=marks)
        case "page":
            return ToolResult(await page_text(asked.response, world), marks=marks)
        case "file":
            return ToolResult(files=[received_file(asked.response, answer.name)], marks=marks)


def _of_json(answer: Answer, value: Any, marks: frozenset[Mark], most: int | None) -> ToolResult:
    try:
        picked = jmespath.search(answer.json_picked, value) if answer.json_picked is not None else value
        return ToolResult(
            text=_text(answer, value, picked, most),
            json=picked[:most] if isinstance(picked, list) else [] if picked is None else [picked],
            links=_links(answer, value)[:most],
            files=_files(answer, value),
            variables={name: jmespath.search(each, value) for name, each in answer.variables.items()},
            marks=marks,
        )
    except jmespath.exceptions.JMESPathError as error:
        raise ToolOutputInvalid("The answer is not of the shape that the tool expects.") from error


def _text(answer: Answer, value: Any, picked: Any, most: int | None) -> str:
    if answer.each is not None:
        items = _list(jmespath.search(answer.each, value))[:most]
        return "\n\n".join(_line(answer.line, item) for item in items)
    if answer.text is None:
        return "" if picked is None else json.dumps(picked, ensure_ascii=False)
    found = _list(jmespath.search(answer.text, value))
    return "\n\n".join(each if isinstance(each, str) else json.dumps(each, ensure_ascii=False) for each in found)


def _line(template: str, item: Any) -> str:
    """Without the lines that nothing stands in."""
    values = Values(item if isinstance(item, Mapping) else {"item": item}, {})
    lines = (text_of(line, values).rstrip() for line in template.splitlines())
    return "\n".join(line for line in lines if line)


def _list(found: Any) -> list[Any]:
    items = found if isinstance(found, list) else [found]
    return [each for each in items if each not in (None, "")]


def _links(answer: Answer, value: Any) -> list[Link]:
    found = _list(jmespath.search(answer.links, value)) if answer.links is not None else []
    return [Link(str(each["url"]), str(each.get("title") or "")) for each in found if _is_link(each)]


def _is_link(each: Any) -> bool:
    return isinstance(each, Mapping) and str(each.get("url") or "").startswith(("https://", "http://"))


def _files(answer: Answer, value: Any) -> list[File]:
    found = _list(jmespath.search(answer.files, value)) if answer.files is not None else []
    try:
        contents = [base64.b64decode(each, validate=True) for each in found]
    except (binascii.Error, ValueError, TypeError):
        raise ToolOutputInvalid("The answer holds a file that cannot be read.") from None
    return [file_of(each, name=answer.name) for each in contents]


def body_text(response: EgressResponse) -> str:
    """The body in the encoding that the server names, in UTF-8 where it names none that is known."""
    said = _CHARSET.search(response.headers.get("content-type", ""))
    name = said.group(1).lower() if said else "utf-8-sig"
    try:
        return response.body.decode("utf-8-sig" if name == "utf-8" else name)
    except (LookupError, ValueError):
        return response.body.decode("utf-8-sig", errors="replace")


async def page_text(response: EgressResponse, world: ToolWorld) -> str:
    """A page, or a document, as Markdown."""
    mime_type = response.headers.get("content-type", "").partition(";")[0].strip().lower() or PAGE
    name = PurePosixPath(unquote(urlsplit(response.url).path)).name
    if mime_type in (PAGE, "application/xhtml+xml"):
        name, mime_type = "page.html", PAGE
    try:
        return await world.documents.parse(response.body, name=name, mime_type=mime_type)
    except DocumentUnreadable as error:
        raise ToolOutputInvalid(error.message, reason=error.code) from error


def received_file(response: EgressResponse, name: str) -> File:
    """The body as a file, named by the server where it names it."""
    said = _FILE_NAME.search(response.headers.get("content-disposition", ""))
    path = unquote(said.group(1)) if said is not None else name
    mime_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    return file_of(response.body, name=PurePosixPath(path.replace("\\", "/")).name or name, mime_type=mime_type)
