"""What code expects of its inputs, read off the code, so that what is made up for it is plausible to it.

A text that code reads as JSON is to be JSON, with the keys that it asks for and lists where it goes through them. The
code is only parsed. What cannot be told stays as it would be without this: this is a guess, and promises nothing.
"""

import ast
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from loomwork.nodes.code.source import parsed

PASSES = 4
"""How often the code is gone through, for what is named before it is used."""

ANY_KEY = "sample"
MOST_DEPTH = 12
MOST_LENGTH = 10
SAME = frozenset(
    {"strip", "lstrip", "rstrip", "replace", "lower", "upper", "removeprefix", "removesuffix", "copy", "group"}
)
THROUGH = frozenset({"enumerate", "list", "sorted", "reversed", "tuple", "iter", "set", "str", "dict"})
NUMBERS = frozenset({"int", "float"})


@dataclass(eq=False, slots=True)
class Shape:
    """What is known of a value: the `keys` of an object, the `item` of a list and its least `length`, the value that
    its text is the JSON of (which may have to stand in a fence of Markdown), or that it is a number or a text, and
    which `word` of those it is compared with. Nothing may be known.
    """

    keys: dict[str, "Shape"] = field(default_factory=dict)
    item: "Shape | None" = None
    json: "Shape | None" = None
    is_object: bool = False
    is_number: bool = False
    is_text: bool = False
    word: str | None = None
    is_fenced: bool = False
    length: int = 1

    def key(self, name: str) -> "Shape":
        return self.keys.setdefault(name, Shape())

    def items(self, length: int = 1) -> "Shape":
        self.length = max(self.length, min(length, MOST_LENGTH))
        if self.item is None:
            self.item = Shape()
        return self.item

    def parsed(self) -> "Shape":
        if self.json is None:
            self.json = Shape()
        return self.json

    @property
    def known(self) -> bool:
        return bool(self.keys or self.item or self.json or self.is_object or self.is_number or self.word)

    def absorb(self, other: "Shape") -> None:
        """Know what the other knows too."""
        if other is self:
            return
        for name, shape in list(other.keys.items()):
            self.key(name).absorb(shape)
        if other.item is not None:
            self.items(other.length).absorb(other.item)
        if other.json is not None:
            self.parsed().absorb(other.json)
        self.is_object |= other.is_object
        self.is_number |= other.is_number
        self.is_text |= other.is_text
        self.word = self.word or other.word
        self.is_fenced |= other.is_fenced

    def text(self, depth: int = 0) -> str | None:
        """A text of this shape; None where nothing is known."""
        if self.json is not None:
            said = json.dumps(self.json.value({}, depth + 1))
            return f"```json\n{said}\n```" if self.is_fenced else said
        return "1" if self.is_number else self.word

    def value(self, otherwise: Any, depth: int = 0) -> Any:
        """A value of this shape; `otherwise` where nothing is known."""
        if depth > MOST_DEPTH:
            return otherwise
        if self.json is not None or self.is_text:
            return self.text(depth) or otherwise
        if self.keys:
            return {name: shape.value("sample text", depth + 1) for name, shape in self.keys.items()}
        if self.item is not None:
            return [self.item.value("sample text", depth + 1)] * self.length
        if self.is_object:
            return {}
        return 1 if self.is_number else self.word or otherwise


def fitted(shape: Shape, value: Any) -> Any:
    """The value made plausible, its type kept."""
    if isinstance(value, str):
        return shape.text() or value
    if isinstance(value, list) and shape.item is not None:
        return Shape(item=shape.item, length=shape.length).value(value)
    if isinstance(value, dict) and shape.keys:
        return value | Shape(keys=shape.keys).value(value)
    return value


class Lookup(NamedTuple):
    """That an object has keys which another value says: `name` is one, and `found` lies there."""

    holder: Shape
    name: Shape
    found: Shape


@dataclass(frozen=True, slots=True)
class Wanted:
    """What code expects of its `inputs`, and what is known of its `outputs`; of some it is the same value."""

    inputs: Mapping[str, Shape] = field(default_factory=dict)
    outputs: Mapping[str, list[Shape]] = field(default_factory=dict)
    lookups: "list[Lookup]" = field(default_factory=list)


def wanted_of(source: str, outputs: Mapping[str, str | None]) -> Wanted:
    """What the Python function `main` expects; `outputs` are the declared types of what it returns. Nothing where the
    code cannot be read.
    """
    try:
        reader = _Reader(parsed(source), outputs)
        for _ in range(PASSES):
            reader.read()
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Wanted()
    return Wanted(reader.parameters, reader.left, reader.lookups)


def wanted_of_script(source: str) -> Wanted:
    """The same of JavaScript, of which only the plainest is understood: what is parsed as JSON, and which fields of
    that are read.
    """
    given = re.search(r"\bmain\s*(?:=\s*)?\(\s*\{([^}]*)\}", source)
    names = re.findall(r"\w+", given.group(1)) if given else []
    return Wanted({name: shape for name in names if (shape := _shape_in_script(source, name)).known})


def _shape_in_script(source: str, name: str) -> Shape:
    shape, called = Shape(), {name, *re.findall(rf"(\w+)\s*=\s*{name}\b", source)}
    parsers = [
        found for found in re.findall(r"function\s+(\w+)\s*\([^)]*\)\s*\{[^}]*JSON\.parse", source) if found != "main"
    ]
    for alias in called:
        if not any(re.search(rf"{parser}\(\s*{alias}\b", source) for parser in (r"JSON\.parse", *parsers)):
            continue
        read = {
            alias,
            *re.findall(rf"(\w+)\s*=\s*(?:JSON\.parse|{'|'.join(parsers or ['JSON.parse'])})\(\s*{alias}\b", source),
        }
        for reader in read:
            for key in re.findall(rf"\b{reader}\.(\w+)\b(?!\s*\()", source):
                inside = shape.parsed().key(key)
                if re.search(rf"Array\.isArray\(\s*{reader}\.{key}\b", source):
                    inside.items()
        shape.parsed()
    return shape


class _Reader(ast.NodeVisitor):
    """Goes through all statements, whatever their order: a name stands for all that was ever bound to it."""

    def __init__(self, tree: ast.Module, outputs: Mapping[str, str | None]) -> None:
        self.parameters: dict[str, Shape] = {}
        self._outputs = outputs
        self._tree = tree
        self._functions = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        self._bound: dict[tuple[str, str], list[Shape]] = {}
        self._returned: dict[str, list[Shape]] = {}
        self._where = ""
        self._made: dict[ast.expr, Shape] = {}
        self._pieces: list[tuple[Shape, Shape]] = []
        self.left: dict[str, list[Shape]] = {}
        self.lookups: list[Lookup] = []

    def read(self) -> None:
        self.visit(self._tree)
        for whole, pieces in self._pieces:
            whole.is_number |= pieces.item is not None and pieces.item.is_number

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        outer, self._where = self._where, node.name
        if node.name == "main":
            for parameter in [*node.args.args, *node.args.kwonlyargs]:
                self._bind(parameter.arg, [self.parameters.setdefault(parameter.arg, Shape())])
        self.generic_visit(node)
        self._where = outer

    def visit_Assign(self, node: ast.Assign) -> None:
        shapes = self._of(node.value)
        for target in node.targets:
            self._bind_target(target, shapes)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self._bind_target(node.target, self._of(node.value))

    def visit_For(self, node: ast.For) -> None:
        self._go_through(node.target, node.iter)
        for statement in [*node.body, *node.orelse]:
            self.visit(statement)

    def visit_Return(self, node: ast.Return) -> None:
        if node.value is None:
            return
        self._add(self._returned.setdefault(self._where, []), self._of(node.value))
        if self._where == "main" and isinstance(node.value, ast.Dict):
            for key, value in zip(node.value.keys, node.value.values, strict=True):
                if isinstance(key, ast.Constant):
                    self._add(self.left.setdefault(str(key.value), []), self._of(value))
                    self._expect(self._of(value), self._outputs.get(str(key.value)))

    def generic_visit(self, node: ast.AST) -> None:
        if isinstance(node, ast.expr):
            self._of(node)
        else:
            super().generic_visit(node)

    def _of(self, node: ast.expr) -> list[Shape]:
        """What is known to come out of an expression; what it says of others is noted on the way."""
        match node:
            case ast.Name(id=name):
                return self._bound.get((self._where, name)) or self._bound.get(("", name), [])
            case ast.Subscript():
                return self._of_subscript(node)
            case ast.Call():
                return self._of_call(node)
            case ast.BoolOp(values=values):
                return [shape for value in values for shape in self._of(value)]
            case ast.IfExp(test=test, body=body, orelse=orelse):
                self._of(test)
                return [*self._of(body), *self._of(orelse)]
            case ast.NamedExpr(target=target, value=value):
                shapes = self._of(value)
                self._bind_target(target, shapes)
                return shapes
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                return self._of_comprehension(node)
            case ast.Compare():
                return self._of_compare(node)
            case _:
                for child in ast.iter_child_nodes(node):
                    if isinstance(child, ast.expr):
                        self._of(child)
                return []

    def _of_subscript(self, node: ast.Subscript) -> list[Shape]:
        owners = self._of(node.value)
        match node.slice:
            case ast.Constant(value=str(key)):
                return [shape.key(key) for shape in owners]
            case ast.Slice():
                return owners
            case ast.Constant(value=int(place)):
                return [shape.items(place + 1) for shape in owners]
            case ast.UnaryOp():
                return [shape.items() for shape in owners]
            case within:
                return self._of_lookup(node, owners, self._of(within))

    def _of_lookup(self, node: ast.expr, holders: list[Shape], names: list[Shape]) -> list[Shape]:
        """What lies in a list at some place, or in an object under some name."""
        listed = [shape.items() for shape in holders if shape.item is not None]
        if not names or listed:
            return listed
        found = self._made.setdefault(node, Shape())
        seen = [(id(each.holder), id(each.name)) for each in self.lookups]
        self.lookups += [
            Lookup(holder, name, found) for holder in holders for name in names if (id(holder), id(name)) not in seen
        ]
        return [found]

    def _of_compare(self, node: ast.Compare) -> list[Shape]:
        """Whether an object has a key is asked where it may have it."""
        left = node.left.value if isinstance(node.left, ast.Constant) else None
        for shape in self._of(node.left):
            shape.word = shape.word or _first_word(node.comparators[0])
            shape.is_number |= _is_number(node.comparators[0])
        for operator, other in zip(node.ops, node.comparators, strict=True):
            for shape in self._of(other):
                if (
                    isinstance(operator, ast.In | ast.NotIn)
                    and isinstance(left, str)
                    and (shape.keys or shape.is_object)
                ):
                    shape.key(left)
        return []

    def _of_comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> list[Shape]:
        for generator in node.generators:
            self._go_through(generator.target, generator.iter)
            for condition in generator.ifs:
                self._of(condition)
        if isinstance(node, ast.DictComp):
            self._of(node.key)
            self._of(node.value)
            return []
        made = self._made.setdefault(node, Shape())
        for shape in self._of(node.elt):
            made.item = made.item or shape
        return [made]

    def _of_call(self, node: ast.Call) -> list[Shape]:
        given = [self._of(argument) for argument in node.args]
        named = {word.arg: self._of(word.value) for word in node.keywords}
        match node.func:
            case ast.Attribute(attr=name, value=ast.Name(id=("json" | "re") as module)):
                return self._of_library(module, name, node, given)
            case ast.Attribute(attr=name, value=value):
                return self._of_method(name, node, self._of(value))
            case ast.Name(id=name) if name in self._functions:
                return self._of_own(self._functions[name], given, named)
            case ast.Name(id=name) if given:
                return self._of_builtin(name, node, given)
            case _:
                return []

    def _of_library(self, module: str, name: str, node: ast.Call, given: list[list[Shape]]) -> list[Shape]:
        match module, name:
            case "json", "loads" if given:
                # Where a name stands for a text and for what it was parsed to, it is the text that is parsed.
                parsed_already = [shape.json for shape in given[0]]
                return [shape.parsed() for shape in given[0] if all(shape is not other for other in parsed_already)]
            case "re", "sub" if len(given) > 2:
                return given[2]
            case "re", "search" | "match" | "fullmatch" if len(given) > 1:
                fenced = isinstance(node.args[0], ast.Constant) and "```" in str(node.args[0].value)
                for shape in given[1]:
                    shape.is_fenced |= fenced
                return given[1]
            case _:
                return []

    def _of_method(self, name: str, node: ast.Call, owners: list[Shape]) -> list[Shape]:
        first = node.args[0] if node.args else None
        if name == "get" and isinstance(first, ast.Constant) and isinstance(first.value, str):
            found = [shape.key(first.value) for shape in owners]
            for shape in found:
                _expect_like(shape, node.args[1] if len(node.args) > 1 else None)
            return found
        if name in ("items", "keys", "values"):
            for shape in owners:
                shape.is_object = True
        if name == "values" and owners:
            made = self._made.setdefault(node, Shape())
            made.item = owners[0].key(ANY_KEY)
            return [made]
        if name == "split":
            pieces = self._made.setdefault(node, Shape())
            self._pieces += [(shape, pieces) for shape in owners]
            return [pieces]
        return owners if name in SAME else []

    def _of_builtin(self, name: str, node: ast.Call, given: list[list[Shape]]) -> list[Shape]:
        if name in NUMBERS:
            for shape in given[0]:
                shape.is_number = True
        if name == "map" and len(given) > 1 and isinstance(node.args[0], ast.Name):
            for shape in given[1]:
                shape.items().is_number |= node.args[0].id in NUMBERS
            return given[1]
        return given[0] if name in THROUGH else []

    def _of_own(
        self, function: ast.FunctionDef, given: list[list[Shape]], named: Mapping[str | None, list[Shape]]
    ) -> list[Shape]:
        """What one of the code's own functions returns, its parameters bound to what it is given."""
        outer, self._where = self._where, function.name
        for parameter, shapes in zip(function.args.args, given, strict=False):
            self._bind(parameter.arg, shapes)
        for name, shapes in named.items():
            if name is not None:
                self._bind(name, shapes)
        self._where = outer
        return self._returned.get(function.name, [])

    def _go_through(self, target: ast.expr, through: ast.expr) -> None:
        match through, target:
            case ast.Call(func=ast.Attribute(attr="items", value=owner)), ast.Tuple(elts=[_, value]):
                self._bind_target(value, [shape.key(ANY_KEY) for shape in self._of(owner)])
                return
        items = [shape.items() for shape in self._of(through)]
        is_counted = isinstance(through, ast.Call) and getattr(through.func, "id", "") == "enumerate"
        if is_counted and isinstance(target, ast.Tuple) and len(target.elts) == 2:
            self._bind_target(target.elts[1], items)
        else:
            self._bind_target(target, items)

    def _bind_target(self, target: ast.expr, shapes: Iterable[Shape]) -> None:
        if isinstance(target, ast.Name):
            self._bind(target.id, shapes)

    def _bind(self, name: str, shapes: Iterable[Shape]) -> None:
        self._add(self._bound.setdefault((self._where, name), []), shapes)

    def _add(self, held: list[Shape], more: Iterable[Shape]) -> None:
        held += [shape for shape in list(more) if all(shape is not other for other in held)][: 50 - len(held)]

    def _expect(self, shapes: list[Shape], kind: str | None) -> None:
        """What is returned as an output is of the type that is declared of it."""
        for shape in shapes:
            match kind or "":
                case "string":
                    shape.is_text = True
                case "object":
                    shape.is_object = True
                case "number":
                    shape.is_number = True
                case name if name.startswith("array"):
                    item = shape.items()
                    item.is_object |= name == "array[object]"
                    item.is_number |= name == "array[number]"


def _first_word(node: ast.expr) -> str | None:
    """What a value is compared with: a text, or the first one of several."""
    match node:
        case ast.Constant(value=str(word)):
            return word
        case ast.List(elts=[ast.Constant(value=str(word)), *_]) | ast.Tuple(elts=[ast.Constant(value=str(word)), *_]):
            return word
        case ast.Set(elts=[ast.Constant(value=str(word)), *_]):
            return word
        case _:
            return None


def _is_number(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) in (int, float)


def _expect_like(shape: Shape, default: ast.expr | None) -> None:
    """A value is of the type of what stands in for it."""
    match default:
        case ast.List():
            shape.items()
        case ast.Dict():
            shape.is_object = True
        case ast.Constant() if _is_number(default):
            shape.is_number = True
