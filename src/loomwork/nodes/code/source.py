"""What can be said of a program before it runs. It is only parsed: nothing of it is ever run here."""

import ast
import threading
import warnings

from loomwork.nodes.ports import CodeLanguage

LONGEST_PARSED = 20_000
"""Characters; the parser needs some microseconds for each."""

MOST_WORK = 20_000_000
"""Characters times braces. The parser goes through a whole text again for each brace in it, so that it would take
seconds for some programs; those are left unread.
"""

_parsing = threading.Lock()
"""The filters of warnings belong to the whole process."""


NETWORK = frozenset(
    {"aiohttp", "boto3", "ftplib", "http.client", "httpx", "imaplib", "poplib", "requests", "smtplib", "socket", "ssl"}
    | {"urllib.request", "urllib3", "websocket", "websockets"}
)


def imports_of(language: CodeLanguage, source: str) -> frozenset[str]:
    """The modules that Python code imports, by their full names. Empty where it cannot be read."""
    if language != "python3" or len(source) > LONGEST_PARSED or len(source) * source.count("{") > MOST_WORK:
        return frozenset()
    try:
        tree = parsed(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return frozenset()
    return frozenset(name for node in ast.walk(tree) for name in _imported(node))


def _imported(node: ast.AST) -> list[str]:
    match node:
        case ast.Import(names=names):
            return [alias.name for alias in names]
        case ast.ImportFrom(module=str(module), names=names, level=0):
            return [module, *(f"{module}.{alias.name}" for alias in names)]
        case _:
            return []


def fault_of(language: CodeLanguage, source: str) -> str | None:
    """Why the program cannot run, as the end of the sentence "The code ..."; None where nothing is known of that.

    Only Python is read. What this Python cannot parse, another one may.
    """
    if not source.strip():
        return "is empty"
    if language != "python3" or len(source) > LONGEST_PARSED or len(source) * source.count("{") > MOST_WORK:
        return None
    try:
        tree = parsed(source)
    except SyntaxError as error:
        where = f" (line {error.lineno})" if error.lineno is not None else ""
        return f"is not valid Python{where}: {error.msg}"
    except (ValueError, RecursionError, MemoryError):
        return "is not valid Python, or nested too deeply to tell"
    return None if _has_main(tree) else "has no function 'main', which is what is called"


def parsed(source: str) -> ast.Module:
    """The program as a tree. Raises `SyntaxError`, `ValueError`, `RecursionError` or `MemoryError`."""
    with _parsing, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(source)


def _has_main(tree: ast.Module) -> bool:
    """Whether anything is named so anywhere, since there are many ways to define a function."""
    return any(_names_main(node) for node in ast.walk(tree))


def _names_main(node: ast.AST) -> bool:
    match node:
        case ast.FunctionDef(name="main") | ast.AsyncFunctionDef(name="main") | ast.ClassDef(name="main"):
            return True
        case ast.Name(id="main", ctx=ast.Store()):
            return True
        case ast.alias(name=name, asname=other):
            return "main" in (name, other) or name == "*"
        case _:
            return False
