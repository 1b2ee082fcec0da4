"""The form that starts a run, from the start node's variables or, in apps without a graph, from `user_input_form`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from loomwork.dsl.values import as_count, as_flag, as_list, as_mapping, as_text, mappings, plain
from loomwork.engine.ports import Problem


@dataclass(frozen=True, slots=True)
class FormField:
    """One field. `type` is one of Dify's: text-input, paragraph, select, number, checkbox, file, file-list,
    json_object. `max_length` counts characters, or files in a list of files. A field of files takes those of
    `file_types` (image, document, audio, video; custom: those that end as `file_extensions` say), in the ways of
    `file_methods` (local_file, remote_url); where there are none, all.
    """

    variable: str
    label: str
    type: str
    required: bool
    default: Any = None
    options: tuple[str, ...] = ()
    max_length: int | None = None
    description: str = ""
    hide: bool = False
    file_types: tuple[str, ...] = ()
    file_extensions: tuple[str, ...] = ()
    file_methods: tuple[str, ...] = ()


def start_form(start_config: Mapping[str, Any], problems: list[Problem]) -> tuple[FormField, ...]:
    """The form of a graph app."""
    fields = (_field(item) for _, item in mappings(start_config.get("variables"), "start.variables", problems))
    return tuple(field for field in fields if field is not None)


def basic_form(model_config: Mapping[Any, Any], problems: list[Problem]) -> tuple[FormField, ...]:
    """The form of an app without a graph: a list of one-key mappings from type to field."""
    place = "model_config.user_input_form"
    fields = []
    for _, item in mappings(model_config.get("user_input_form"), place, problems):
        for field_type, settings in item.items():
            field = _field({"type": as_text(field_type), **as_mapping(settings)})
            if field is not None:
                fields.append(field)
    return tuple(fields)


def _field(item: Mapping[Any, Any]) -> FormField | None:
    variable = as_text(item.get("variable"))
    if not variable:
        return None
    return FormField(
        variable=variable,
        label=as_text(item.get("label")) or variable,
        type=as_text(item.get("type")) or "text-input",
        required=as_flag(item.get("required")),
        default=plain(item.get("default")),
        options=tuple(filter(None, map(_option, as_list(item.get("options"))))),
        max_length=as_count(item.get("max_length")),
        description=as_text(item.get("description")),
        hide=as_flag(item.get("hide")),
        file_types=_texts(item.get("allowed_file_types")),
        file_extensions=_texts(item.get("allowed_file_extensions")),
        file_methods=_texts(item.get("allowed_file_upload_methods")),
    )


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(filter(None, map(as_text, as_list(value))))


def _option(value: Any) -> str:
    """Options are text; some files write them as `{value, label}`."""
    if isinstance(value, dict):
        return as_text(value.get("value")) or as_text(value.get("label"))
    return as_text(value)
