"""Bodies that carry files: `multipart/form-data`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from python_multipart.multipart import parse_options_header
from starlette.datastructures import UploadFile
from starlette.requests import Request

from loomwork.kernel.errors import InvalidInput

B = TypeVar("B", bound=BaseModel)

MOST_FIELDS = 100
MOST_FILES = 16


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file as it was sent; its name and type are what the client says."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Form:
    """What a form holds. A name may come several times, and then ends in `[]` with some clients: that is cut off."""

    texts: Mapping[str, Sequence[str]]
    files: Mapping[str, Sequence[SentFile]]

    @classmethod
    async def of(cls, request: Request) -> "Form":
        """Raises `InvalidInput` for a body that is no form."""
        kind, _ = parse_options_header(request.headers.get("content-type"))
        if kind != b"multipart/form-data":
            raise InvalidInput("Send a form with a file: `Content-Type: multipart/form-data`.")
        texts: dict[str, list[str]] = {}
        files: dict[str, list[SentFile]] = {}
        async with request.form(max_files=MOST_FILES, max_fields=MOST_FIELDS) as form:
            for name, value in form.multi_items():
                name = name.removesuffix("[]")
                if isinstance(value, UploadFile):
                    media_type = value.content_type or "application/octet-stream"
                    sent = SentFile(value.filename or "file", media_type, await value.read())
                    files.setdefault(name, []).append(sent)
                else:
                    texts.setdefault(name, []).append(value)
        return cls(texts, files)

    def fields(self, shape: type[B]) -> B:
        """The texts as a body of this shape; a list where the shape has one. Raises `InvalidInput`."""
        lists = {name for name, field in shape.model_fields.items() if "list" in str(field.annotation)}
        given = {name: values if name in lists else values[-1] for name, values in self.texts.items()}
        try:
            return shape.model_validate(given)
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(str(part) for part in first["loc"])
            raise InvalidInput(f"`{field}`: {first['msg']}", field=field) from None

    def file(self, name: str) -> SentFile:
        """The file of this name. Raises `InvalidInput` where there is none, or an empty one."""
        found = self.files.get(name)
        if not found:
            raise InvalidInput(f"Send a file as `{name}`.", field=name)
        if not found[0].content:
            raise InvalidInput("This file is empty.", field=name)
        return found[0]
