"""One value that a tool is given, bound to what it reads."""

import base64
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from loomwork.engine.ports import Binder, NodeContext, View
from loomwork.engine.variables import MISSING, File, Ref, Template
from loomwork.nodes.config import as_selector
from loomwork.nodes.file_bytes import bytes_of, is_elsewhere
from loomwork.nodes.ports import FileBytes
from loomwork.nodes.reading import Inputs, template_inputs

LARGEST_FILE = 15 * 1024 * 1024
"""Bytes of a file of this machine that is handed to a tool."""


class BoundValue:
    """A variable, a text with variables in it, or a constant."""

    def __init__(self, name: str, written: Any, binder: Binder, field_name: str) -> None:
        self.name = name
        kind, value = _read(written)
        self._constant: Any = None
        self._ref: Ref | None = None
        self._template: Template | None = None
        place = f"{field_name}.{name}"
        if kind == "variable" and as_selector(value):
            self._ref = binder.ref(as_selector(value), field_name=place)
        elif isinstance(value, str) and kind in ("mixed", "variable"):
            self._template = binder.template(value, field_name=place)
        else:
            self._constant = value

    @property
    def shown(self) -> Inputs:
        if self._template is not None:
            return template_inputs(self._template)
        return ((self.name, self._ref),) if self._ref is not None else ()

    def read(self, view: View) -> Any:
        """The value, or `MISSING`. A text that is one variable and nothing else is the variable's value."""
        if self._ref is not None:
            return view.get(self._ref)
        if self._template is None:
            return MISSING if self._constant is None else self._constant
        segments = self._template.segments
        if len(segments) == 1 and not isinstance(segments[0], str) and not _is_text(value := view.get(segments[0])):
            return value
        return view.render(self._template)


def _is_text(value: Any) -> bool:
    return value is MISSING or isinstance(value, str)


def _read(written: Any) -> tuple[str, Any]:
    if isinstance(written, Mapping) and "value" in written and set(written) <= {"type", "value"}:
        kind = str(written.get("type") or "mixed")
        return kind, written["value"]
    return "mixed", written


async def portable(value: Any, context: NodeContext, files: FileBytes) -> Any:
    """The value with the bytes of files of this machine in their URLs: a tool reads none of it by itself. Raises
    `NodeError` for a file that was not given to this run.
    """
    if isinstance(value, File) and not is_elsewhere(value):
        content = await bytes_of(value, context, files, limit=LARGEST_FILE)
        mime_type = value.mime_type or "application/octet-stream"
        return replace(value, url=f"data:{mime_type};base64,{base64.b64encode(content).decode('ascii')}")
    if isinstance(value, list | tuple):
        return [await portable(each, context, files) for each in value]
    if isinstance(value, Mapping):
        return {name: await portable(each, context, files) for name, each in value.items()}
    return value
