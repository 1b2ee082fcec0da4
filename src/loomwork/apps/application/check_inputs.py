"""What people fill into an app's form, checked before a run is made of it, by the rules that the start node goes by."""

from collections.abc import Mapping, Sequence
from typing import Any

from loomwork.apps.api import FormField
from loomwork.kernel.errors import InvalidInput
from loomwork.nodes.api import FieldReader, FieldRefused


def checked_inputs(form: Sequence[FormField], inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs as the graph gets them: numbers given as text are numbers, JSON given as text is an object. What is
    left empty stays as it was sent. Names that the form does not have are dropped, as the start node would do. Raises
    `InvalidInput` naming the field.
    """
    return {item.variable: _checked(item, inputs) for item in form if item.required or item.variable in inputs}


def missing_fields(form: Sequence[FormField], inputs: Mapping[str, Any]) -> list[FormField]:
    """What still has to be filled in before a run can begin."""
    return [item for item in form if FieldReader(item).lacks(inputs)]


def _checked(item: FormField, inputs: Mapping[str, Any]) -> Any:
    try:
        read = FieldReader(item).read(inputs)
    except FieldRefused as refused:
        raise InvalidInput(f"'{item.label or item.variable}' {refused}.", field=item.variable) from None
    return read if read is not None else inputs.get(item.variable)
