"""Every operation that a server answers, read from its router: what it takes, and what each part of it may name."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from fastapi import FastAPI
from fastapi.dependencies.utils import get_flat_params
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic import BaseModel
from starlette.routing import BaseRoute, Mount

Place = Literal["path", "query", "body"]

_PARAMETER = re.compile(r"{(\w+)(?::\w+)?}")
_NAMES_SOMETHING = re.compile(r"(^|_)(ids?|models?|keys?|tokens?|app|run|member|role|workspace|email|slug)$")


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a request. Parts of a body are told by their path in it: `targets.model`."""

    place: Place
    name: str

    def __str__(self) -> str:
        return f"{self.place} {self.name}"


@dataclass(frozen=True, slots=True)
class Operation:
    """A method and a path, as the router has them; `route` is what it hands the request to."""

    method: str
    path: str
    parts: Sequence[Part]
    takes_body: bool = False
    route: Any = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def surface(self) -> str:
        """`/api/v1`, `/v1`, ...; "" for what stands beside the surfaces."""
        found = re.match(r"/(?:\w+/)?v1(?=/)", self.path)
        return found.group() if found else ""

    @property
    def in_path(self) -> list[str]:
        return [part.name for part in self.parts if part.place == "path"]

    def url(self, values: dict[str, str]) -> str:
        return _PARAMETER.sub(lambda found: values[found.group(1)], self.path)


def operations_of(app: FastAPI) -> list[Operation]:
    """All of them, those of mounted applications included, and those that no document lists."""
    return list(_walk(app.routes, ""))


def _walk(routes: Iterable[BaseRoute], prefix: str) -> Iterator[Operation]:
    for context in iter_route_contexts(list(routes)):
        route: Any = getattr(context, "original_route", context)
        if isinstance(route, Mount):
            yield from _walk(route.routes, prefix + route.path)
            continue
        for method in sorted((context.methods or set()) - {"HEAD"}):
            takes_body = getattr(context, "body_field", None) is not None
            yield Operation(method, f"{prefix}{context.path}", list(_parts(context)), takes_body, route)


def _parts(context: Any) -> Iterator[Part]:
    route: Any = getattr(context, "original_route", context)
    if not isinstance(route, APIRoute):
        yield from (Part("path", name) for name in _PARAMETER.findall(context.path or ""))
        return
    for parameter in get_flat_params(context.dependant):
        place = type(parameter.field_info).__name__.lower()
        if place in ("path", "query"):
            yield Part("path" if place == "path" else "query", parameter.alias)
    if context.body_field is not None:
        yield from (Part("body", name) for name in _named(context.body_field.field_info.annotation, ""))


def _named(annotation: Any, path: str, depth: int = 0) -> Iterator[str]:
    """The fields of a body, however deep, whose name says that they name a thing."""
    if depth > 6:
        return
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for name, info in annotation.model_fields.items():
            here = f"{path}.{name}".lstrip(".")
            inner = list(_named(info.annotation, here, depth + 1))
            yield from inner or ([here] if _NAMES_SOMETHING.search(name) else [])
        return
    for argument in get_args(annotation):
        yield from _named(argument, path, depth + 1)
