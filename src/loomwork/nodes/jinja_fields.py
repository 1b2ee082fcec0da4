"""Jinja fields of nodes: bound to their variables once, rendered here where harmless and by a worker where not."""

from collections.abc import Sequence
from typing import Any

from loomwork.engine.ports import Binder, NodeContext, NodeError
from loomwork.engine.variables import Ref
from loomwork.engine.variables.jinja import (
    TemplateBroke,
    TemplateRefused,
    WeighedTemplate,
    template_values,
    weigh_template,
)
from loomwork.nodes.config import NamedSelector
from loomwork.nodes.ports import TemplateFailed, TemplateWorker
from loomwork.nodes.reading import Inputs

MAX_OUTPUT = 400_000
"""Characters that one template may make, as in Dify."""


def weigh(source: str) -> WeighedTemplate:
    """Parse a Jinja template. Raises `NodeError` with code `invalid_config`."""
    try:
        return weigh_template(source)
    except TemplateRefused as error:
        raise NodeError(str(error), code="invalid_config", retryable=False) from None


def bind_variables(rows: Sequence[NamedSelector], binder: Binder, field_name: str) -> Inputs:
    """The variables of a template, by the names they have in it."""
    return tuple(
        (row.variable, binder.ref(row.value_selector, field_name=f"{field_name}[{place}].value_selector"))
        for place, row in enumerate(rows)
        if row.variable and row.value_selector
    )


def read_values(context: NodeContext, variables: Sequence[tuple[str, Ref]]) -> dict[str, Any]:
    """The variables' values as templates see them."""
    get = context.get
    return template_values({name: get(ref) for name, ref in variables})


def render_here(template: WeighedTemplate, values: dict[str, Any]) -> str:
    """Render a tame template. Raises `NodeError`."""
    if template.render is None or not template.runs_inline(values):
        message = "The values that the template was given are too large for it."
        raise NodeError(message, code="template_too_costly", retryable=False)
    try:
        text = template.render(values)
    except TemplateBroke as error:
        raise NodeError(str(error), code="template_failed", retryable=False) from None
    if len(text) > MAX_OUTPUT:
        message = f"The template made more than {MAX_OUTPUT} characters."
        raise NodeError(message, code="template_too_costly", retryable=False)
    return text


async def render_anywhere(template: WeighedTemplate, values: dict[str, Any], worker: TemplateWorker) -> str:
    """Render here what is harmless, and have the worker render the rest. Raises `NodeError`."""
    if template.runs_inline(values):
        return render_here(template, values)
    try:
        return await worker.render(template.source, values, limit=MAX_OUTPUT)
    except TemplateFailed as error:
        raise NodeError(error.message, code=error.code, retryable=False) from None
