"""Jinja templates (`{{ name }}`, `{% if %}`): a sandbox for them, and which of them are harmless enough to run here.

A template of an app file is hostile: one line of it can take all memory or run for ever. `weigh_template` reads it
without evaluating any of it (Jinja folds constants when it compiles, so even compiling a hostile one is running it)
and says whether it is *tame*: it has no loop, no call and nothing whose result can be much larger than what it is
given, so that its cost grows with its inputs and no faster. A tame template may run in the server's process on inputs
within its budget; every other belongs into a limited one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, nodes
from jinja2.exceptions import SecurityError, TemplateError, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from loomwork.engine.variables.files import File
from loomwork.engine.variables.refs import Missing

MAX_SOURCE = 400_000
"""Characters of a template; longer ones are refused."""

MAX_TAME_NODES = 2_000
MAX_TAME_DEPTH = 40
MAX_PRODUCT = 10_000
"""Characters of text, or bits of a number, that `*` may make in a tame template."""

MAX_INLINE_OUTPUT = 16_000_000
"""Roughly characters that a tame template may make at most, each mention of a variable counted; some milliseconds."""


class TemplateRefused(ValueError):
    """The template cannot be used; the message says why and where."""


class TemplateBroke(ValueError):
    """The template failed on these values."""


@dataclass(frozen=True, slots=True)
class WeighedTemplate:
    """A template that parses. `render` is set where it is tame, and then takes values of up to `budget`."""

    source: str
    render: Callable[[Mapping[str, Any]], str] | None
    budget: int = 0

    def runs_inline(self, values: Mapping[str, Any]) -> bool:
        """Whether it is tame and the values are small enough for it to run in the server's process."""
        return self.render is not None and _fits(values, self.budget)


class _TameSandbox(ImmutableSandboxedEnvironment):
    """Templates cannot change what they are given, reach into Python, or multiply without bound."""

    intercepted_binops = frozenset({"*"})

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        if _product_size(left, right) > MAX_PRODUCT:
            raise SecurityError(f"the result of '{operator}' would be too large")
        return super().call_binop(context, operator, left, right)


def template_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as templates see them: files as objects (their wire form), what was never set as None."""
    return {name: value if type(value) in _SCALARS else _plain(value) for name, value in values.items()}


def weigh_template(source: str) -> WeighedTemplate:
    """Parse a template, and compile it where it is tame. Raises `TemplateRefused`."""
    if len(source) > MAX_SOURCE:
        raise TemplateRefused(f"The template is longer than {MAX_SOURCE} characters.")
    try:
        tree = _LIMITLESS.parse(source)
        _check_names(tree)
        findings = _study(tree)
        if findings is None:
            return WeighedTemplate(source, None)
        budget = MAX_INLINE_OUTPUT // max(1, findings.mentions)
        return WeighedTemplate(source, _joiner(tree) or _renderer(_TAME, tree), budget)
    except TemplateSyntaxError as error:
        raise TemplateRefused(_where(error)) from None
    except RecursionError:
        raise TemplateRefused("The template is nested too deeply.") from None


def compile_anyhow(source: str) -> Callable[[Mapping[str, Any]], str]:
    """A renderer for any template, tame or not; it raises `TemplateBroke`. Only for a process that is limited in time
    and memory. Raises `TemplateRefused`.
    """
    try:
        return _renderer(_LIMITLESS, _LIMITLESS.parse(source))
    except TemplateSyntaxError as error:
        raise TemplateRefused(_where(error)) from None
    except RecursionError:
        raise TemplateRefused("The template is nested too deeply.") from None


def _where(error: TemplateSyntaxError) -> str:
    return f"The template has an error in line {error.lineno}: {(error.message or '').rstrip('.')}."


def _why(error: Exception) -> str:
    return f"The template failed: {str(error).rstrip('.') or type(error).__name__}."


def _check_names(tree: nodes.Template) -> None:
    for node in tree.find_all((nodes.Filter, nodes.Test)):
        known = _LIMITLESS.filters if isinstance(node, nodes.Filter) else _LIMITLESS.tests
        if node.name not in known:
            word = type(node).__name__.lower()
            raise TemplateRefused(f"The template has an error in line {node.lineno}: no {word} named '{node.name}'.")


def _joiner(tree: nodes.Template) -> Callable[[Mapping[str, Any]], str] | None:
    """A renderer for templates of text and plain names, which most are; ten times as fast as Jinja's own."""
    pieces: list[tuple[bool, str]] = []
    for output in tree.body:
        for child in output.nodes if isinstance(output, nodes.Output) else (output,):
            if isinstance(child, nodes.TemplateData):
                pieces.append((False, child.data))
            elif isinstance(child, nodes.Name) and child.name not in _TAME.globals:
                pieces.append((True, child.name))
            else:
                return None

    def render(values: Mapping[str, Any]) -> str:
        try:
            return "".join([str(values.get(text, "")) if named else text for named, text in pieces])
        except (ValueError, RecursionError) as error:
            raise TemplateBroke(_why(error)) from None

    return render


def _renderer(sandbox: Environment, tree: nodes.Template) -> Callable[[Mapping[str, Any]], str]:
    template = sandbox.from_string(tree)
    root, blocks, context_class = template.root_render_func, template.blocks, sandbox.context_class
    # Not `template.new_context`: it copies a chain of maps, which costs more than the rest of a small render.
    common = dict(sandbox.globals)

    def render(values: Mapping[str, Any]) -> str:
        try:
            return "".join(root(context_class(sandbox, {**common, **values}, None, blocks)))
        except _FAILURES as error:
            raise TemplateBroke(_why(error)) from None

    return render


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, Missing):
        return None
    if isinstance(value, File):
        return {**value.wire(), "name": value.name}
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def _fits(values: Mapping[str, Any], budget: int) -> bool:
    pending = list(values.values())
    while pending:
        value = pending.pop()
        if isinstance(value, str):
            budget -= len(value)
        elif isinstance(value, dict):
            pending += value.keys()
            pending += value.values()
        elif isinstance(value, list | tuple):
            pending += value
        budget -= 8
        if budget < len(pending):
            return False
    return True


def _product_size(left: Any, right: Any) -> float:
    """How large `left * right` would be; repeating a list has no bound, since its items may be long."""
    if isinstance(left, int) and isinstance(right, int):
        return left.bit_length() + right.bit_length()
    for sequence, times in ((left, right), (right, left)):
        if isinstance(sequence, str) and isinstance(times, int):
            return len(sequence) * max(times, 0)
    numbers = isinstance(left, int | float) and isinstance(right, int | float)
    return 0 if numbers else float("inf")


@dataclass(slots=True)
class _Findings:
    count: int = 0
    mentions: int = 0
    assigns: bool = False
    grows: bool = False


def _study(tree: nodes.Template) -> _Findings | None:
    """None for a template that is not tame: harmless parts only, not too many, not deep, and growth that cannot be
    compounded, as assignments compound it (`{% set a = a ~ a %}`, forty times).
    """
    found = _Findings()
    tame = _walk(tree, found, 0) and not (found.assigns and found.grows)
    return found if tame else None


def _walk(node: nodes.Node, found: _Findings, depth: int) -> bool:
    found.count += 1
    if depth > MAX_TAME_DEPTH or found.count > MAX_TAME_NODES or type(node) not in _TAME_NODES:
        return False
    if isinstance(node, nodes.Assign) and not isinstance(node.target, nodes.Name):
        return False
    if isinstance(node, nodes.Filter) and not _tame_filter(node, found):
        return False
    if isinstance(node, nodes.Test) and (node.name not in _TAME_TESTS or node.kwargs):
        return False
    found.mentions += isinstance(node, nodes.Name)
    found.assigns = found.assigns or isinstance(node, nodes.Assign)
    found.grows = found.grows or isinstance(node, _GROWING_NODES)
    return all(_walk(child, found, depth + 1) for child in node.iter_child_nodes())


def _tame_filter(node: nodes.Filter, found: _Findings) -> bool:
    if node.name in _GROWING_FILTERS:
        # A second one around it would grow what has grown, and so on: `tojson` doubles every backslash.
        found.grows = True
        return _constants(node) == [] and not _grows_inside(node)
    arguments = _constants(node)
    if node.name in ("default", "d"):
        return not node.kwargs
    if arguments is None or node.name not in _TAME_FILTERS:
        return False
    if node.name == "replace":
        return len(arguments) == 2 and _shrinks(*arguments)
    if node.name == "join":
        found.grows = True
        return not arguments or (len(arguments) == 1 and isinstance(arguments[0], str) and len(arguments[0]) <= 16)
    if node.name == "round":
        # Rounding up to n places, or to a negative n, raises ten to that power first.
        return not arguments or (isinstance(arguments[0], int) and 0 <= arguments[0] <= 20)
    return True


def _constants(node: nodes.Filter) -> list[Any] | None:
    """The filter's arguments where all are constants given by place, else None."""
    if node.kwargs or node.dyn_args or node.dyn_kwargs:
        return None
    if not all(isinstance(argument, nodes.Const) for argument in node.args):
        return None
    return [argument.value for argument in node.args if isinstance(argument, nodes.Const)]


def _shrinks(old: Any, new: Any) -> bool:
    return isinstance(old, str) and isinstance(new, str) and 0 < len(old) >= len(new)


def _grows_inside(node: nodes.Filter) -> bool:
    if node.node is None:
        return False
    inner = [node.node, *node.node.find_all(nodes.Filter)]
    return any(isinstance(child, nodes.Filter) and child.name in _GROWING_FILTERS | {"join"} for child in inner)


_SCALARS = frozenset({str, int, float, bool})
_GROWING_NODES = (nodes.Add, nodes.Concat, nodes.Mul, nodes.List, nodes.Tuple, nodes.Dict)
_GROWING_FILTERS = frozenset({"tojson", "escape", "e", "upper"})
_TAME_FILTERS = frozenset(
    {
        "abs",
        "capitalize",
        "count",
        "first",
        "float",
        "int",
        "join",
        "last",
        "length",
        "list",
        "lower",
        "replace",
        "round",
        "string",
        "title",
        "trim",
        "truncate",
    }
)
_TAME_TESTS = frozenset(
    {
        "boolean",
        "defined",
        "divisibleby",
        "eq",
        "equalto",
        "even",
        "false",
        "float",
        "ge",
        "greaterthan",
        "gt",
        "in",
        "integer",
        "iterable",
        "le",
        "lessthan",
        "lower",
        "lt",
        "mapping",
        "ne",
        "none",
        "number",
        "odd",
        "sameas",
        "sequence",
        "string",
        "true",
        "undefined",
        "upper",
        "==",
        "!=",
        ">",
        ">=",
        "<",
        "<=",
    }
)
_TAME_NODES: frozenset[type[nodes.Node]] = frozenset(
    {
        nodes.Add,
        nodes.And,
        nodes.Assign,
        nodes.Compare,
        nodes.Concat,
        nodes.CondExpr,
        nodes.Const,
        nodes.Dict,
        nodes.Div,
        nodes.Filter,
        nodes.FloorDiv,
        nodes.Getattr,
        nodes.Getitem,
        nodes.If,
        nodes.List,
        nodes.Mul,
        nodes.Name,
        nodes.Neg,
        nodes.Not,
        nodes.Operand,
        nodes.Or,
        nodes.Output,
        nodes.Pair,
        nodes.Pos,
        nodes.Slice,
        nodes.Sub,
        nodes.Template,
        nodes.TemplateData,
        nodes.Test,
        nodes.Tuple,
    }
)


_FAILURES = (
    TemplateError,
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)
_TAME = _TameSandbox(cache_size=0)
_LIMITLESS = ImmutableSandboxedEnvironment(cache_size=0)
