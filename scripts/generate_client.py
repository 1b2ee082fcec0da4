"""Writes the typed client of `/api/v1` from the API's own document: `python -m scripts.generate_client`."""

import keyword
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from loomwork.interface.http.api.app import PREFIX, create_api_app, openapi_document
from loomwork.interface.http.services import HttpOptions, Services

FOLDER = Path(__file__).resolve().parent.parent / "src" / "loomwork" / "interface" / "python" / "client"
MADE = "Made by scripts/generate_client.py from the API's document: change that, and make this again."
HANDLED = frozenset({"Idempotency-Key"})
"""Headers that the client sends of itself."""

BYTES = "application/octet-stream"

Schema = Mapping[str, Any]


def api_document() -> dict[str, Any]:
    """The document of this release, without a server."""
    nobody = cast(Services, SimpleNamespace(gatekeeper=None, limits=None, people=None, alone=None))
    return openapi_document(create_api_app(nobody, HttpOptions()))


def class_name(schema_name: str) -> str:
    """`AppShape` is an `App`, and a page of them an `AppPage`."""
    generic = re.fullmatch(r"(Page|List)Of_(\w+)_", schema_name)
    if generic is not None:
        return class_name(generic.group(2)) + generic.group(1)
    return schema_name.replace("-", "").removesuffix("Shape")


def type_of(schema: Schema) -> str:
    """What Python says for a schema; values stay as JSON has them, so a moment is its text in ISO 8601."""
    if "$ref" in schema:
        return class_name(schema["$ref"].rpartition("/")[2])
    if "const" in schema or "enum" in schema:
        values = schema["enum"] if "enum" in schema else [schema["const"]]
        return f"Literal[{', '.join(repr(value) for value in values)}]"
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(type_of(each) for each in schema["anyOf"]))
    match schema.get("type"):
        case "array":
            return f"list[{_of_items(schema)}]"
        case "object":
            inner = schema.get("additionalProperties")
            return f"dict[str, {type_of(inner) if isinstance(inner, dict) else 'Any'}]"
        case kind:
            return {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}.get(
                str(kind), "Any"
            )


def _of_items(schema: Schema) -> str:
    items = schema.get("prefixItems") or [schema.get("items") or {}]
    return " | ".join(dict.fromkeys(type_of(each) for each in items))


@dataclass(frozen=True)
class Given:
    """One thing that a method takes: where it goes, what it is, whether it may be left out."""

    name: str
    place: str
    type: str
    required: bool

    @property
    def python(self) -> str:
        name = self.name.lower().replace("-", "_")
        return f"{name}_" if keyword.iskeyword(name) else name

    @property
    def declared(self) -> str:
        if self.required:
            return f"{self.python}: {self.type}"
        null = " | None" if self.type.endswith(" | None") else ""
        return f"{self.python}: {self.type.removesuffix(null)} | Unset{null} = UNSET"


@dataclass(frozen=True)
class Operation:
    """One method of the client."""

    method: str
    path: str
    name: str
    words: str
    given: Sequence[Given]
    answer: str
    kind: str
    creates: bool
    has_body: bool
    has_bytes: bool
    largest: int | None
    """Items on the largest page, None where there are no pages."""

    def of(self, place: str) -> list[Given]:
        return [each for each in self.given if each.place == place]

    @property
    def item(self) -> str:
        return self.answer.removesuffix("Page")


def operations_of(document: Mapping[str, Any]) -> list[Operation]:
    """Every operation, in the order of the document."""
    schemas = document["components"]["schemas"]
    return [
        _operation(method, path, operation, schemas)
        for path, item in document["paths"].items()
        for method, operation in item.items()
    ]


def _operation(method: str, path: str, operation: Mapping[str, Any], schemas: Mapping[str, Schema]) -> Operation:
    parameters = operation.get("parameters", [])
    taken = operation.get("requestBody", {}).get("content", {})
    body = taken.get("application/json", {}).get("schema")
    given = [*_parameters(parameters), *_fields(body, schemas)]
    if BYTES in taken:
        given.append(Given("content", "bytes", "bytes", required=True))
    names = [each.python for each in given]
    if len(names) != len(set(names)):
        raise ValueError(f"{operation['operationId']} takes two things of one name: {names}")
    kind, answer = _answer(operation)
    return Operation(
        method=method.upper(),
        path=path.removeprefix(PREFIX),
        name=operation["operationId"],
        words=operation["description"].strip(),
        given=given,
        answer=answer,
        kind=kind,
        creates=any(each["name"] in HANDLED for each in parameters),
        has_body=body is not None,
        has_bytes=BYTES in taken,
        largest=_largest(parameters) if answer.endswith("Page") else None,
    )


def _largest(parameters: Sequence[Mapping[str, Any]]) -> int:
    [limit] = [each["schema"] for each in parameters if each["name"] == "limit"]
    bounds = [each["maximum"] for each in (limit, *limit.get("anyOf", ())) if "maximum" in each]
    return int(bounds[0])


def _parameters(parameters: Sequence[Mapping[str, Any]]) -> Iterator[Given]:
    for each in parameters:
        if each["name"] not in HANDLED:
            yield Given(each["name"], each["in"], type_of(each["schema"]), each.get("required", False))


def _fields(body: Schema | None, schemas: Mapping[str, Schema]) -> Iterator[Given]:
    if body is None:
        return
    references = [each for each in (body, *body.get("anyOf", ())) if "$ref" in each]
    schema = schemas[references[0]["$ref"].rpartition("/")[2]]
    for name, each in schema.get("properties", {}).items():
        yield Given(name, "body", type_of(each), name in schema.get("required", ()) and "anyOf" not in body)


def _answer(operation: Mapping[str, Any]) -> tuple[str, str]:
    """How it answers, and the type of what it answers with."""
    done = next(each for status, each in operation["responses"].items() if status.startswith("2"))
    for media_type, content in done.get("content", {}).items():
        if media_type == "text/event-stream":
            return "stream", type_of(content["schema"])
        if media_type in ("application/zip", BYTES):
            return "download", "bytes"
        return ("json", type_of(content["schema"])) if media_type == "application/json" else ("text", "str")
    return "nothing", "None"


def shapes_text(document: Mapping[str, Any]) -> str:
    """The module of what is taken and answered."""
    schemas = document["components"]["schemas"]
    used = _used(operations_of(document), schemas)
    classes = [_shape(name, schemas[name]) for name in schemas if class_name(name) in used]
    return (
        f'"""What `/api/v1` takes and answers, as its JSON has it.\n\n{MADE}\n"""\n\n'
        "from __future__ import annotations\n\nfrom typing import Any, Literal, NotRequired, TypedDict\n\n"
        + "\n\n".join(classes)
    )


def _used(operations: Sequence[Operation], schemas: Mapping[str, Schema]) -> set[str]:
    by_class = {class_name(name): schema for name, schema in schemas.items()}
    waiting = [each.answer for each in operations] + [part.type for each in operations for part in each.given]
    used: set[str] = set()
    while waiting:
        for name in set(re.findall(r"\w+", waiting.pop())) & by_class.keys() - used:
            used.add(name)
            waiting += [type_of(each) for each in by_class[name].get("properties", {}).values()]
    return used


def _shape(schema_name: str, schema: Schema) -> str:
    name = class_name(schema_name)
    properties: Mapping[str, Schema] = schema.get("properties", {})
    required = schema.get("required", ())
    types = {
        key: type_of(each) if key in required else f"NotRequired[{type_of(each)}]" for key, each in properties.items()
    }
    if any(keyword.iskeyword(key) or not key.isidentifier() for key in types):
        return f"{name} = TypedDict({name!r}, {{{', '.join(f'{key!r}: {kind}' for key, kind in types.items())}}})\n"
    lines = [f"class {name}(TypedDict):", *_docstring(schema.get("description") or f"{_title(schema_name)}.", 4)]
    for key, kind in types.items():
        lines += [f"    {key}: {kind}", *_docstring(properties[key].get("description", ""), 4)]
    return "\n".join(lines) + "\n"


def _title(schema_name: str) -> str:
    generic = re.fullmatch(r"(Page|List)Of_(\w+)_", schema_name)
    if generic is None:
        return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", class_name(schema_name)).capitalize()
    return f"A {generic.group(1).lower()} of `{class_name(generic.group(2))}`"


def _docstring(words: str, indent: int) -> list[str]:
    if not words:
        return []
    text = words.strip().replace("\\", "\\\\")
    text = text if text.endswith((".", "?", "!", ")")) else f"{text}."
    space = " " * indent
    one = f'{space}"""{text}"""'
    if "\n" not in text and len(one) <= 120:
        return [one]
    return [f'{space}"""{_folded(text, space)}', f'{space}"""']


def _folded(text: str, space: str) -> str:
    words = text.split()
    lines, line = [], f'{space}"""'
    for word in words:
        if len(line) + len(word) + 1 > 118:
            lines.append(line.rstrip())
            line = space
        line += f"{word} "
    lines.append(line.rstrip())
    return "\n".join(lines).removeprefix(f'{space}"""')


def operations_text(document: Mapping[str, Any]) -> str:
    """The module of the methods, with `await` and without."""
    operations = operations_of(document)
    # More than are named here: those that are not, are taken out again.
    shapes = ", ".join(sorted(class_name(name) for name in document["components"]["schemas"]))
    return "\n".join(
        [
            f'"""Every operation of `/api/v1` as a method.\n\n{MADE}\n"""',
            "",
            "from abc import ABC",
            "from collections.abc import AsyncGenerator, Iterator",
            "from typing import Any, Literal",
            "",
            "from loomwork.interface.python.client.asking import UNSET, Asking, Unset, Waiting, every, given, part",
            f"from loomwork.interface.python.client.shapes import {shapes}",
            "",
            "",
            "class AsyncOperations(Asking, ABC):",
            '    """The operations, to be awaited."""',
            "",
            *("\n".join(_async_method(each)) for each in operations),
            *("\n".join(_async_pages(each)) for each in operations if each.largest is not None),
            "",
            "class Operations(Waiting[AsyncOperations], ABC):",
            '    """The same operations without `await`."""',
            "",
            *("\n".join(_method(each)) for each in operations),
            *("\n".join(_pages(each)) for each in operations if each.largest is not None),
        ]
    )


def _signature(operation: Operation, *, without: frozenset[str] = frozenset()) -> str:
    listed = [each for each in operation.given if each.name not in without]
    positional = [each.declared for each in listed if each.place == "path"]
    named = sorted((each for each in listed if each.place != "path"), key=lambda each: not each.required)
    return ", ".join(["self", *positional, *(["*", *(each.declared for each in named)] if named else [])])


def _passed(operation: Operation, *, without: frozenset[str] = frozenset()) -> str:
    listed = [each for each in operation.given if each.name not in without]
    positional = [each.python for each in listed if each.place == "path"]
    return ", ".join([*positional, *(f"{each.python}={each.python}" for each in listed if each.place != "path")])


def _async_method(operation: Operation) -> list[str]:
    words = _docstring(operation.words, 8)
    path = re.sub(r"{(\w+)}", r"{part(\1)}", operation.path)
    places = [(place, operation.of(place)) for place in ("query", "header")]
    asked = [f'{"f" if "{" in path else ""}"{path}"']
    asked += [f"{place}=given({_pairs(parts)})" for place, parts in places if parts]
    if operation.kind == "stream":
        return [
            f"    def {operation.name}({_signature(operation)}) -> AsyncGenerator[{operation.answer}, None]:",
            *words,
            f"        return self._follow({', '.join(asked)})",
            "",
        ]
    if operation.kind == "download":
        return [
            f"    def {operation.name}({_signature(operation)}) -> AsyncGenerator[bytes, None]:",
            *words,
            f"        return self._download({', '.join(asked)})",
            "",
        ]
    if operation.has_body:
        asked.append(f"body=given({_pairs(operation.of('body'))})")
    if operation.has_bytes:
        asked.append("body=content")
    if operation.creates:
        asked.append("creates=True")
    call = f'self._ask("{operation.method}", {", ".join(asked)})'
    if operation.kind == "text":
        call = call.replace("self._ask(", "self._ask_text(", 1)
    told = [f"        await {call}"]
    if operation.answer != "None":
        told = [f"        _told: {operation.answer} = await {call}", "        return _told"]
    return [f"    async def {operation.name}({_signature(operation)}) -> {operation.answer}:", *words, *told, ""]


def _pairs(parts: Sequence[Given]) -> str:
    return "{" + ", ".join(f'"{each.name}": {each.python}' for each in parts) + "}"


_PAGING = frozenset({"limit", "after"})


def _all(operation: Operation) -> str:
    return "all_" + operation.name.removeprefix("list_")


def _async_pages(operation: Operation) -> list[str]:
    passed = _passed(operation, without=_PAGING)
    listing = f"self.{operation.name}({passed}{', ' if passed else ''}limit={operation.largest}, after=after)"
    return [
        f"    def {_all(operation)}({_signature(operation, without=_PAGING)}) -> "
        f"AsyncGenerator[{operation.item}, None]:",
        f'        """All that `{operation.name}` lists, page after page."""',
        f"        return every(lambda after: {listing})",
        "",
    ]


def _method(operation: Operation) -> list[str]:
    streams = operation.kind in ("stream", "download")
    answer = f"Iterator[{operation.answer}]" if streams else operation.answer
    return [
        f"    def {operation.name}({_signature(operation)}) -> {answer}:",
        *_docstring(operation.words, 8),
        f"        return self.{'_each' if streams else '_wait'}(self._asking.{operation.name}({_passed(operation)}))",
        "",
    ]


def _pages(operation: Operation) -> list[str]:
    return [
        f"    def {_all(operation)}({_signature(operation, without=_PAGING)}) -> Iterator[{operation.item}]:",
        f'        """All that `{operation.name}` lists, page after page."""',
        f"        return self._each(self._asking.{_all(operation)}({_passed(operation, without=_PAGING)}))",
        "",
    ]


def formatted(text: str) -> str:
    """As `ruff` writes it, unused imports left out."""
    command = [sys.executable, "-m", "ruff"]
    options = ["--stdin-filename", str(FOLDER / "made.py"), "-"]
    for step in (["check", "--quiet", "--fix-only", "--select", "F401,I"], ["format", "--quiet"]):
        done = subprocess.run([*command, *step, *options], input=text, capture_output=True, text=True, check=True)
        text = done.stdout
    return text


def made_files() -> dict[Path, str]:
    """What the client's files hold, if they are as the API is."""
    document = api_document()
    return {
        FOLDER / "shapes.py": formatted(shapes_text(document)),
        FOLDER / "operations.py": formatted(operations_text(document)),
    }


def main() -> None:
    for path, text in made_files().items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
