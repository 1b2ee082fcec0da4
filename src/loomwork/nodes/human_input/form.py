"""The form as a person is shown it: its Markdown with the run's values in it, and its fields as JSON.

`{{#$output.name#}}` in the Markdown says where the field `name` stands. It is left there for whoever draws the form,
and once the form has been answered the field's value takes its place.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from loomwork.engine.ports import Binder, NodeError, View
from loomwork.engine.variables import MISSING, Ref, render_markdown, render_text
from loomwork.nodes.human_input.config import FILE_KINDS, KINDS, FieldConfig, HumanInputConfig
from loomwork.nodes.reading import Inputs, joined, shown, template_inputs

FIELD_PLACE = re.compile(r"\{\{#\$output\.([a-zA-Z_][a-zA-Z0-9_]{0,29})#\}\}")
MOST_OPTIONS = 1000


class BoundField:
    """A field, with the variables that it takes its default and its options from."""

    def __init__(self, config: FieldConfig, binder: Binder, place: int) -> None:
        self._config = config
        self._kind = config.type if config.type in KINDS else "paragraph"
        self._default = _bound(config.default, binder, f"inputs[{place}].default.selector")
        self._options = _bound(config.option_source, binder, f"inputs[{place}].option_source.selector")
        if config.type not in KINDS:
            message = f"The form has a field of type '{config.type[:50]}', which is not known; it is shown as a text."
            binder.problem("warning", "unknown_field_type", message, field_name=f"inputs[{place}].type")

    @property
    def refs(self) -> list[Ref]:
        return [ref for ref in (self._default, self._options) if ref is not None]

    def drawn(self, view: View) -> dict[str, Any]:
        """The field as JSON. Raises `NodeError` where a variable holds no options."""
        config = self._config
        field: dict[str, Any] = {"name": config.output_variable_name, "type": self._kind}
        if config.label:
            field["label"] = config.label
        if self._kind in FILE_KINDS:
            return field | _files_taken(config, one=self._kind == "file")
        field["default"] = self._first_value(view)
        if self._kind == "select":
            field["options"] = self._choices(view)
        return field

    def _first_value(self, view: View) -> str:
        if self._default is None:
            return self._config.default.value
        value = view.get(self._default)
        return "" if value is MISSING else render_text(value)

    def _choices(self, view: View) -> list[str]:
        value = MISSING if self._options is None else view.get(self._options)
        if value is MISSING or value is None:
            return list(self._config.option_source.value)
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            name = self._config.output_variable_name
            message = f"The options of the field '{name}' are to be a list of texts."
            raise NodeError(message, code="invalid_options", retryable=False)
        return value[:MOST_OPTIONS]


class BoundForm:
    """A node's form, ready to be drawn in any run."""

    def __init__(self, config: HumanInputConfig, binder: Binder) -> None:
        self._content = binder.template(config.form_content, field_name="form_content")
        self._fields = [BoundField(field, binder, place) for place, field in enumerate(config.inputs)]

    @property
    def inputs(self) -> Inputs:
        refs = [ref for field in self._fields for ref in field.refs]
        return joined(template_inputs(self._content), shown(refs))

    def drawn(self, view: View) -> dict[str, Any]:
        """The form of a question."""
        content = self._content.render(view.get, render_markdown)
        return {"content": content, "fields": [field.drawn(view) for field in self._fields]}


def filled(content: str, fields: Sequence[Mapping[str, Any]], values: Mapping[str, Any]) -> str:
    """The form's Markdown with what was answered in the places of the fields. Files are only counted."""
    kinds = {str(field["name"]): field["type"] for field in fields}

    def shown_value(place: re.Match[str]) -> str:
        value = values.get(place.group(1))
        match kinds.get(place.group(1)):
            case "file":
                return "[file]" if value is not None else ""
            case "file-list":
                return f"[{len(value or ())} files]"
            case _:
                return render_text(value)

    return FIELD_PLACE.sub(shown_value, content)


def _bound(source: Any, binder: Binder, field_name: str) -> Ref | None:
    if source.type != "variable" or not source.selector:
        return None
    return binder.ref(source.selector, field_name=field_name)


def _files_taken(config: FieldConfig, *, one: bool) -> dict[str, Any]:
    return {
        "default": None if one else [],
        "allowed_file_types": list(config.allowed_file_types),
        "allowed_file_extensions": list(config.allowed_file_extensions),
        "allowed_file_upload_methods": list(config.allowed_file_upload_methods),
        "number_limits": 1 if one else max(config.number_limits, 0),
    }
