"""Bodies that carry files (RFC 7578)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

import aiohttp

MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+(; *[\w-]+=[\w.+-]+)*", re.ASCII)


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file of a form, under the name of its field."""

    field: str
    content: bytes
    name: str
    media_type: str


@dataclass(frozen=True, slots=True)
class FormBody:
    """`content_type` names the boundary that stands in `body`."""

    body: bytes
    content_type: str


async def form_body(fields: Iterable[tuple[str, str]], files: Iterable[SentFile]) -> FormBody:
    """Names of files and their types come from strangers: what no header may hold is left out of them."""
    form = aiohttp.FormData(default_to_multipart=True)
    for name, value in fields:
        form.add_field(name, value)
    for file in files:
        kind = file.media_type if MEDIA_TYPE.fullmatch(file.media_type) else "application/octet-stream"
        form.add_field(file.field, file.content, filename=_printable(file.name), content_type=kind)
    payload = form()
    return FormBody(await payload.as_bytes(), payload.headers["Content-Type"])


def _printable(name: str) -> str:
    return "".join(one for one in name if one.isprintable()).strip()[-100:] or "file"
