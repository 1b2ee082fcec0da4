"""A program, the variables it is called with, and the outputs that it declares.

Besides the maps that the editor writes, some app files list their outputs as rows of `variable` and `type`, or as bare
names.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeAlias, get_args

from pydantic import BeforeValidator, Field, InstanceOf

from loomwork.nodes.config import NamedSelector, NodeConfig, Rows, Text
from loomwork.nodes.ports import CodeLanguage

OutputKind = Literal[
    "string",
    "number",
    "object",
    "boolean",
    "array[string]",
    "array[number]",
    "array[object]",
    "array[boolean]",
]
KINDS: tuple[OutputKind, ...] = get_args(OutputKind)

DEEPEST = 10
"""Levels of declarations that are read; no value may have as many."""

_OTHER_NAMES = {"integer": "number", "int": "number", "float": "number", "bool": "boolean", "str": "string"}
_LANGUAGES: Mapping[str, CodeLanguage] = {
    "": "python3",
    "python": "python3",
    "python3": "python3",
    "javascript": "javascript",
    "js": "javascript",
}


@dataclass(frozen=True, slots=True)
class Declared:
    """One output. Without a kind it may be anything; without children so may what is in its objects."""

    kind: OutputKind | None = None
    children: "Declarations | None" = None


Declarations: TypeAlias = Mapping[str, Declared]


def read_declarations(value: Any, depth: int = 1) -> dict[str, Declared]:
    """Outputs by name. Raises `ValueError` for a type that code cannot leave."""
    return {name: _declared(name, row, depth) for name, row in _named(value)}


def _named(value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, Mapping):
        return [(str(name), row) for name, row in value.items()]
    rows = value if isinstance(value, list) else ()
    named = [(_name(row), row if isinstance(row, Mapping) else None) for row in rows]
    return [(name, row) for name, row in named if name]


def _name(row: Any) -> str:
    name = (row.get("variable") or row.get("name")) if isinstance(row, Mapping) else row
    return str(name) if isinstance(name, str | int) else ""


def _declared(name: str, row: Any, depth: int) -> Declared:
    written = row.get("type") if isinstance(row, Mapping) else row
    if written in (None, ""):
        return Declared()
    kind = _kind(name, written)
    inside = row.get("children") if isinstance(row, Mapping) and kind in ("object", "array[object]") else None
    return Declared(kind, _children(inside, depth))


def _children(value: Any, depth: int) -> Declarations | None:
    """Some files write the type of a list's items in the place of its objects' fields; that declares nothing."""
    if not isinstance(value, Mapping) or depth >= DEEPEST:
        return None
    if not all(isinstance(row, Mapping) for row in value.values()):
        return None
    return read_declarations(value, depth + 1)


def _kind(name: str, written: Any) -> OutputKind:
    word = str(written).strip().lower()
    if word.startswith("array-"):
        word = f"array[{word.removeprefix('array-')}]"
    word = _OTHER_NAMES.get(word, word)
    for kind in KINDS:
        if kind == word:
            return kind
    raise ValueError(f"output '{name[:50]}' is of type '{word[:50]}', but code leaves only {', '.join(KINDS)}")


def _language(value: Any) -> CodeLanguage:
    word = str(value).strip().lower()
    if word not in _LANGUAGES:
        raise ValueError(f"'{word[:50]}' is no language that code nodes have; use python3 or javascript")
    return _LANGUAGES[word]


Outputs = Annotated[dict[str, InstanceOf[Declared]], BeforeValidator(read_declarations)]


class CodeConfig(NodeConfig):
    code: Text = ""
    code_language: Annotated[CodeLanguage, BeforeValidator(_language)] = "python3"
    variables: Rows[NamedSelector] = ()
    outputs: Annotated[dict[str, InstanceOf[Declared]], BeforeValidator(read_declarations)] = Field(
        default_factory=dict
    )
