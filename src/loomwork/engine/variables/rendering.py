"""How a value reads as text. Two ways, as app files expect: plain text in prompts, Markdown in answers.

The rules are those of Dify 1.17 (observed): text of an array of strings is JSON, of any other array Python's repr, and
the lines of a Markdown list are Python's `str` of the items. A value nested so deep that no encoder writes it is cut.
"""

import json
from collections.abc import Callable
from typing import Any

from loomwork.engine.variables.files import File
from loomwork.engine.variables.refs import Missing

SHOWN_LEVELS = 100
"""Of lists and objects, where a value has to be cut."""
CUT = "..."
"""Stands for what lies deeper."""


def render_text(value: Any) -> str:
    """A value inside a prompt or a template."""
    return _rendered(_text, value)


def render_markdown(value: Any) -> str:
    """A value inside an answer that people read."""
    return _rendered(_markdown, value)


def _rendered(render: Callable[[Any], str], value: Any) -> str:
    try:
        return render(value)
    except RecursionError:
        return render(_cut(value, SHOWN_LEVELS))


def _cut(value: Any, levels: int) -> Any:
    if not isinstance(value, dict | list | tuple):
        return value
    if levels == 0:
        return CUT
    if isinstance(value, dict):
        return {key: _cut(item, levels - 1) for key, item in value.items()}
    return [_cut(item, levels - 1) for item in value]


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, File | Missing):
        return ""
    if isinstance(value, dict):
        return json.dumps(plain(value), ensure_ascii=False)
    if isinstance(value, list):
        return _array_text(value)
    return str(value)


def _markdown(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        if value and all(isinstance(item, File) for item in value):
            return "\n".join(_file_markdown(item) for item in value)
        return "\n".join(f"- {_file_markdown(item) if isinstance(item, File) else item}" for item in value)
    if isinstance(value, dict):
        return json.dumps(plain(value), ensure_ascii=False, indent=2)
    if isinstance(value, File):
        return _file_markdown(value)
    return _text(value)


def plain(value: Any) -> Any:
    """The value as JSON can hold it: files become their wire objects."""
    if isinstance(value, File):
        return value.wire()
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def _array_text(items: list[Any]) -> str:
    if not items or any(isinstance(item, File) for item in items):
        return ""
    if all(isinstance(item, str) for item in items):
        return json.dumps(items, ensure_ascii=False)
    return repr(items)


def _file_markdown(file: File) -> str:
    mark = "!" if file.type == "image" else ""
    return f"{mark}[{file.name}]({file.url or ''})"
