"""How a value reads as text. Two ways, as app files expect: plain text in prompts, Markdown in answers.

The rules are those of Dify 1.17 (observed): text of an array of strings is JSON, of any other array Python's repr, and
the lines of a Markdown list are Python's `str` of the items.
"""

import json
from typing import Any

from loomwork.engine.variables.files import File
from loomwork.engine.variables.refs import Missing


def render_text(value: Any) -> str:
    """A value inside a prompt or a template."""
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, File | Missing):
        return ""
    if isinstance(value, dict):
        return json.dumps(plain(value), ensure_ascii=False)
    if isinstance(value, list):
        return _array_text(value)
    return str(value)


def render_markdown(value: Any) -> str:
    """A value inside an answer that people read."""
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
    return render_text(value)


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
